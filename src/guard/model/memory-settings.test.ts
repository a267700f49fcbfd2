import { expect, test } from "vitest";
import { memoryThresholds, plainMemory } from "./memory-settings.ts";

const mebibyte = 1024 * 1024;
const inMib = (limitMib: number) =>
  Object.values(memoryThresholds(plainMemory, limitMib * mebibyte)).map((bytes) => Math.round(bytes / mebibyte));

test.each([
  // clamp, freeze, kill, release, attend
  [16_384, [1966, 655, 164, 3277, 4915]],
  [1100, [132, 44, 11, 220, 330]],
  [500, [96, 32, 5, 136, 204]],
  [100, [36, 12, 1, 44, 66]],
])("of %i MiB the thresholds are shares, with a least part that does not swallow a small root", (limitMib, wanted) => {
  expect(inMib(limitMib)).toEqual(wanted);
});

test("whatever the limit, each threshold is above the one before", () => {
  for (let limitMib = 16; limitMib < 100_000; limitMib *= 1.7) {
    const { killBytes, freezeBytes, clampBytes, releaseBytes, attendBytes } = memoryThresholds(
      plainMemory,
      Math.floor(limitMib * mebibyte),
    );
    const ordered = [killBytes, freezeBytes, clampBytes, releaseBytes, attendBytes];
    expect(ordered.toSorted((a, b) => a - b)).toEqual(ordered);
    expect(new Set(ordered).size).toBe(5);
  }
});
