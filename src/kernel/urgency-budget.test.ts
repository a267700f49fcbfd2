import { expect, test } from "vitest";
import { UrgencyBudget } from "./urgency-budget.ts";

/** What is answered each quarter of a second, to these parts of a CPU in each. */
function answers(shares: readonly number[]): boolean[] {
  const budget = new UrgencyBudget(0, 0);
  let cpuUs = 0;
  return shares.map((share, index) => {
    cpuUs += share * 250_000;
    return budget.note(cpuUs, (index + 1) * 250_000_000);
  });
}

const second = (share: number): number[] => Array.from({ length: 4 }, () => share);
const last = (shares: readonly number[]): boolean | undefined => answers(shares).at(-1);

test("a process that needs up to three quarters of a CPU may be urgent, one that needs more for a second may not", () => {
  expect([second(0.1), second(0.75), second(0.76), second(1.5)].map(last)).toEqual([true, true, false, false]);
});

test("a moment of work is none of trouble", () => {
  expect(answers([1.5, 0.5, 0.1, 0.1, 0.1])).toEqual([true, true, true, true, true]);
});

test("it may be urgent again after a second at half a CPU or less", () => {
  expect(answers([...second(0.8), ...second(0.6), ...second(0.5), ...second(0.7)])).toEqual(
    [
      ...[true, true, true, false],
      ...[false, false, false, false],
      ...[false, false, false, true],
      ...[true, true, true, true],
    ].flat(),
  );
});
