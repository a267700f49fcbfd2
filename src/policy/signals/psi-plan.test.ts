import { expect, test } from "vitest";
import { triggerAttempts } from "./psi-plan.ts";

const asked = (stallUs: number, windowUs: number) =>
  triggerAttempts({ stallUs, windowUs }).map((attempt) => [
    attempt.stallUs,
    attempt.windowUs,
    attempt.adjusted !== null,
  ]);

test("what is asked for is tried first, then what older kernels and other users may have, at the same share of stall", () => {
  expect(asked(20_000, 200_000)).toEqual([
    [20_000, 200_000, false],
    [50_000, 500_000, true],
    [200_000, 2_000_000, true],
  ]);
  expect(asked(100_000, 1_000_000)).toEqual([
    [100_000, 1_000_000, false],
    [200_000, 2_000_000, true],
  ]);
});

test("a window that everybody may have is tried alone", () => {
  expect(asked(100_000, 2_000_000)).toEqual([[100_000, 2_000_000, false]]);
  expect(asked(1, 10_000_000)).toEqual([[1, 10_000_000, false]]);
});

test("a longer window than there is becomes the longest, and stall is never more than the window", () => {
  expect(asked(200_000, 20_000_000)).toEqual([[100_000, 10_000_000, true]]);
  expect(asked(9, 3)).toEqual([
    [3, 3, false],
    [500_000, 500_000, true],
    [2_000_000, 2_000_000, true],
  ]);
});
