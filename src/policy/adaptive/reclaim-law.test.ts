import { expect, test } from "vitest";
import type { ReclaimLook, ReclaimState, ReclaimTuning } from "./reclaim-law.ts";
import { decideReclaim, firstState, lawBytes, reclaimDefaults } from "./reclaim-law.ts";

const gib = 2 ** 30;
const page = 4096;
const calm: ReclaimLook = {
  currentBytes: gib,
  stallShare: 0,
  swapoutBytesPerSec: 0,
  freeSwapShare: 1,
  swapInMemory: false,
};
const decide = (change: Partial<ReclaimLook>, state: ReclaimState = firstState, tuning: Partial<ReclaimTuning> = {}) =>
  decideReclaim(state, { ...calm, ...change }, { ...reclaimDefaults, ...tuning });

test("a calm group gives the ratio of what it uses, a stalled one less, in proportion", () => {
  const whole = Math.floor((gib * 0.0005) / page) * page;
  expect(decide({}).decision).toEqual({ decision: "reclaim", bytes: whole, cacheOnly: null });
  expect(decide({ stallShare: 0.0005 }).decision).toEqual({
    decision: "reclaim",
    bytes: Math.floor((gib * 0.00025) / page) * page,
    cacheOnly: null,
  });
});

test("more is never asked for than the cap, nor than lies above the least", () => {
  const tuning = { ...reclaimDefaults, ratio: 0.5 };
  expect(lawBytes(calm, tuning)).toBe(Math.floor((gib * 0.01) / page) * page);
  expect(lawBytes({ ...calm, currentBytes: 100 * 2 ** 20 + 3 * page }, tuning)).toBe(3 * page);
  expect(decide({ currentBytes: 100 * 2 ** 20 }).decision).toEqual({ decision: "wait", why: "small" });
  expect(decide({ currentBytes: 2 ** 20 }, firstState, { leastBytes: 0 }).decision).toEqual({
    decision: "wait",
    why: "too_little",
  });
});

test("at the target nothing is taken, above it the pause doubles up to its most, and calm halves it again", () => {
  expect(decide({ stallShare: 0.001 }).decision).toEqual({ decision: "wait", why: "too_little" });
  const above = { stallShare: 0.002 };
  const pauses: number[] = [];
  let state = firstState;
  for (let round = 0; round < 6; round += 1) {
    const next = decide(above, state);
    expect(next.decision).toEqual({ decision: "wait", why: "above_target" });
    state = next.state;
    pauses.push(state.pause);
  }
  expect(pauses).toEqual([1, 2, 4, 8, 8, 8]);
  for (let left = 7; left >= 0; left -= 1) {
    const next = decide({}, state);
    expect([next.decision, next.state.pause]).toEqual([{ decision: "wait", why: "backing_off" }, left]);
    state = next.state;
  }
  const again = decide({}, state);
  expect([again.decision.decision, again.state]).toEqual(["reclaim", { pause: 0, penalty: 4 }]);
});

const cacheCases = [
  [{ freeSwapShare: 0 }, "no_swap"],
  [{ freeSwapShare: 0.19 }, "swap_full"],
  [{ freeSwapShare: 0.2 }, null],
  [{ swapoutBytesPerSec: 2 ** 20 + 1 }, "write_rate"],
  [{ swapoutBytesPerSec: 2 ** 20 + 1, swapInMemory: true }, null],
] as const;

test.each(cacheCases)("with %o only page cache is taken: %s", (change, cacheOnly) => {
  expect(decide(change).decision).toMatchObject({ decision: "reclaim", cacheOnly });
});

test("without a rate any amount may go out to disk", () => {
  const free = decide({ swapoutBytesPerSec: 1e12 }, firstState, { swapoutBytesPerSec: null });
  expect(free.decision).toMatchObject({ decision: "reclaim", cacheOnly: null });
});
