import { expect, test } from "vitest";
import { median, medianRatio, percentile, shareOf } from "./statistics.ts";

test("a share has Wilson's interval and the exact bound from below", () => {
  // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
  for (const [count, of, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const found = shareOf(count, of);
    expect(found?.low).toBeCloseTo(low, 4);
    expect(found?.high).toBeCloseTo(high, 4);
  }
  // Without a failure it is 0.05 to the power of 1/n: 59 runs show 95 %, 58 do not.
  expect(shareOf(59, 59)?.atLeast).toBeGreaterThan(0.95);
  expect(shareOf(58, 58)?.atLeast).toBeLessThan(0.95);
  expect(shareOf(20, 20)?.atLeast).toBeCloseTo(0.8609, 4);
  // Clopper and Pearson for 19 of 20: the 5 % point of Beta(19, 2).
  expect(shareOf(19, 20)?.atLeast).toBeCloseTo(0.7839, 4);
  expect(shareOf(0, 20)?.atLeast).toBe(0);
  expect(shareOf(0, 0)).toBe(null);
});

test("percentiles lie between the values next to them", () => {
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(median([3, 1, 2])).toBe(2);
  expect(percentile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8, 9);
  expect(median([])).toBeNaN();
});

test("the ratio of two medians has an interval that holds it, and is the same each time", () => {
  const values = [11, 12, 13, 10, 12, 12];
  const base = [10, 11, 10, 9, 10, 10];
  const found = medianRatio(values, base);
  expect(found?.value).toBe(1.2);
  expect(found?.low).toBeLessThanOrEqual(1.2);
  expect(found?.high).toBeGreaterThanOrEqual(1.2);
  expect(medianRatio(values, base)).toEqual(found);
  expect(medianRatio([], base)).toBe(null);
});

test("of few values a ratio has no interval, rather than one without width", () => {
  expect(medianRatio([12], [10])).toEqual({ value: 1.2, low: null, high: null });
  expect(medianRatio([12, 12, 12, 12, 12, 12], [10, 10, 10, 10, 10])).toEqual({ value: 1.2, low: null, high: null });
});
