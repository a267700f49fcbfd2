import { expect, test } from "vitest";
import { systemClock } from "./fleet-clock.ts";

/** Clocks that go on by so much each time they are asked. */
function madeSource(stepNs: bigint) {
  const made = { monotonicNs: 5_000_000_000n, offsetNs: 1_800_000_000_000_123_456n };
  const tick = (): bigint => {
    made.monotonicNs += stepNs;
    return made.monotonicNs;
  };
  const source = { monotonicNs: tick, wallMs: () => Number((tick() + made.offsetNs) / 1_000_000n) };
  return { made, source };
}

const off = (a: bigint, b: bigint): number => Math.abs(Number(a - b));

test("the wall clock is known to less than what one look takes, though it is told in milliseconds", () => {
  const { made, source } = madeSource(700n);
  const clock = systemClock(0, source);
  expect(off(clock.wallNs(), made.monotonicNs + made.offsetNs)).toBeLessThan(5000);
});

test("a clock that is set is followed", () => {
  const { made, source } = madeSource(700n);
  const clock = systemClock(0, source);
  for (const stepNs of [10_000_000_000n, -20_000_000_000n, 3_000_000n]) {
    made.offsetNs += stepNs;
    expect(off(clock.wallNs(), made.monotonicNs + made.offsetNs)).toBeLessThan(5000);
  }
});

test("moments go from one clock to the other and back", () => {
  const { source } = madeSource(700n);
  const clock = systemClock(-10_000, source);
  const wallNs = clock.wallNs() + 3_000_000_000n;
  expect(clock.wallOf(clock.monotonicOf(wallNs))).toBe(wallNs);
});

test("a clock that pretends is so far off in all that it says", () => {
  const { made, source } = madeSource(700n);
  const clock = systemClock(10_000, source);
  expect(off(clock.wallNs(), made.monotonicNs + made.offsetNs + 10_000_000_000n)).toBeLessThan(5000);
  expect(off(clock.wallOf(made.monotonicNs), made.monotonicNs + made.offsetNs + 10_000_000_000n)).toBeLessThan(5000);
});

test("the real clock agrees with the system's", () => {
  const ms = Number(systemClock().wallNs() / 1_000_000n);
  expect(Math.abs(ms - Date.now())).toBeLessThan(50);
});
