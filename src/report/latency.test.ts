import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LatencyHistogram } from "./latency.ts";

test.each([2, 3] as const)(
  "a percentile is the duration to %i significant digits, and the count is exact",
  (digits) => {
    const tolerance = 10 ** -digits;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10 ** 10 }), { minLength: 1, maxLength: 100 }), (ns) => {
        const histogram = new LatencyHistogram(digits);
        for (const value of ns) histogram.record(value);
        const sorted = ns.toSorted((a, b) => a - b);
        const { figures } = histogram;
        for (const [percentile, found] of [
          [50, figures.p50_us],
          [90, figures.p90_us],
          [99, figures.p99_us],
        ] as const) {
          // The nearest rank, as HDR histograms count.
          const rank = Math.max(1, Math.floor((percentile / 100) * ns.length + 0.5));
          const exactUs = (sorted[rank - 1] ?? 0) / 1000;
          expect(Math.abs((found ?? 0) - exactUs)).toBeLessThanOrEqual(exactUs * tolerance);
        }
        expect(figures.count).toBe(ns.length);
        const longestUs = (sorted.at(-1) ?? 0) / 1000;
        expect(Math.abs((figures.max_us ?? 0) - longestUs)).toBeLessThanOrEqual(longestUs * tolerance);
      }),
    );
  },
);

test("what is shorter than a nanosecond counts as one, what is longer than an hour as an hour", () => {
  const histogram = new LatencyHistogram();
  for (const ns of [-5, 0, 1e15]) histogram.record(ns);
  const { count, p50_us: median, max_us: longest } = histogram.figures;
  expect([count, median]).toEqual([3, 0.001]);
  expect(Math.abs((longest ?? 0) - 3.6e9)).toBeLessThanOrEqual(3.6e6);
});

test("nothing recorded is no latency", () => {
  expect(new LatencyHistogram().figures).toEqual({
    count: 0,
    p50_us: null,
    p90_us: null,
    p99_us: null,
    p999_us: null,
    max_us: null,
    mean_us: null,
  });
});
