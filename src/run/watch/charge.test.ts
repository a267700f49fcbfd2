import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { toPid } from "../../kernel/index.ts";
import type { Charge } from "./charge.ts";
import { Charges } from "./charge.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const charge = (pid: number, startTicks: number, more: Partial<Charge> = {}): Charge => ({
  identity: { bootId: "boot", pid: toPid(pid), startTicks },
  ruleName: "r",
  rule: null,
  match: "",
  state: "due",
  job: null,
  attempts: 0,
  timer: null,
  execNs: null,
  matchedNs: 0n,
  ...more,
});

test("a process is in care once, by pid and start time; a reused pid is another process", () => {
  const charges = new Charges();
  const [first, later, reused] = [charge(7, 100), charge(7, 100, { attempts: 1 }), charge(7, 200)];
  for (const one of [first, later, reused]) charges.set(one);
  expect(charges.all()).toEqual([later, reused]);
  expect([first, later, reused].map((one) => charges.isCurrent(one))).toEqual([false, true, true]);
  charges.delete(first.identity);
  expect([charges.get(first.identity), charges.get(reused.identity)]).toEqual([null, reused]);
});

test("they are counted by state", () => {
  const charges = new Charges();
  for (const [index, state] of (["due", "governed", "governed", "refused"] as const).entries())
    charges.set(charge(index + 1, 1, { state }));
  expect((["due", "governed", "refused"] as const).map((state) => charges.count(state))).toEqual([1, 2, 1]);
});

test("forgetting a process calls its next attempt off", () => {
  const charges = new Charges();
  const attempt = vi.fn();
  for (const pid of [7, 8]) charges.set(charge(pid, 100, { timer: setTimeout(attempt, 10, pid) }));
  charges.delete(charge(7, 100).identity);
  vi.advanceTimersByTime(20);
  expect(attempt.mock.calls).toEqual([[8]]);
});
