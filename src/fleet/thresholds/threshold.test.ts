import { expect, test } from "vitest";
import type { ThresholdFigures } from "./index.ts";
import { judgeThreshold, parseThreshold, thresholdMetrics } from "./index.ts";

const nothing = Object.fromEntries(thresholdMetrics.map((name) => [name, null])) as ThresholdFigures;
const passes = (text: string, figures: Partial<ThresholdFigures>, operation: string | null = null): boolean =>
  judgeThreshold(parseThreshold(text), (asked) => (asked === operation ? { ...nothing, ...figures } : nothing)).passed;

test("every comparison holds up to its bound, and including it where it says so", () => {
  const verdicts = (text: string) => [4, 5, 6].map((p99_us) => passes(text, { p99_us }));
  expect(verdicts("p99_us < 5")).toEqual([true, false, false]);
  expect(verdicts("p99_us<=5")).toEqual([true, true, false]);
  expect(verdicts("p99_us > 5.0")).toEqual([false, false, true]);
  expect(verdicts(" p99_us >= 5 ")).toEqual([false, true, true]);
});

test("a percentage is a part", () => {
  expect(passes("error_rate < 0.1%", { error_rate: 0.0009 })).toBe(true);
  expect(passes("error_rate < 0.1%", { error_rate: 0.001 })).toBe(false);
});

test("a kind of operations is judged by its own figures", () => {
  expect(passes("get.p99_us < 5", { p99_us: 4 }, "get")).toBe(true);
  expect(passes("get.p99_us < 5", { p99_us: 4 }, "put")).toBe(false);
});

test("what was not measured is no pass", () => {
  expect(judgeThreshold(parseThreshold("p99_us < 5"), () => nothing)).toEqual({
    threshold: "p99_us < 5",
    value: null,
    passed: false,
  });
});

test("mistakes are told", () => {
  const wrong = (text: string) => () => parseThreshold(text);
  expect(wrong("p99 below 5")).toThrow('expects a threshold such as p99_us < 5000, not "p99 below 5"');
  expect(wrong("p98_us < 5")).toThrow(/^has no metric "p98_us"; these are: mean_us, p50_us/);
  expect(wrong("get.errors < 5")).toThrow("has errors of get alone, which is counted for all operations only");
  expect(wrong("p99_us < 5%")).toThrow("has a percentage; only error_rate is a part of something");
});
