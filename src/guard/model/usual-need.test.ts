import { expect, test } from "vitest";
import { commandClassNames } from "./command-class.ts";
import { usualBytes } from "./usual-need.ts";

const mib = 2 ** 20;

test("without twenty calls a class usually needs what the rule of thumb says", () => {
  expect(commandClassNames.map((of) => [of, usualBytes(of, Array<number>(19).fill(1)) / mib])).toEqual([
    ["tests", 512],
    ["install", 256],
    ["git", 64],
    ["explore", 32],
  ]);
});

test("with them it is one and a half times what 95 of 100 did not exceed, however the others are", () => {
  const peaks = [...Array.from({ length: 95 }, (_, index) => (index + 1) * mib), ...Array<number>(5).fill(4096 * mib)];
  expect(usualBytes("tests", peaks) / mib).toBe(142.5);
  expect(usualBytes("tests", peaks.toReversed()) / mib).toBe(142.5);
});

test("it is never so little that a program's own file would be too much", () => {
  expect(usualBytes("explore", Array<number>(50).fill(mib)) / mib).toBe(16);
});
