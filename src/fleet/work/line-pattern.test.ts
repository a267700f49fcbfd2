import * as fc from "fast-check";
import { expect, test } from "vitest";
import { linePattern } from "./line-pattern.ts";

/** [pattern, line, the number in it] */
test.each<[string, string, number | null]>([
  ["requests/sec: {}", "requests/sec: 1234.5", 1234.5],
  ["requests/sec: {}", "  requests/sec: 7 of 9", 7],
  ["{} requests", "in all 12 requests", 12],
  ["{}", "a-3b", -3],
  ["IOPS={}k,", "read: IOPS=2.5k, BW=1MiB/s", 2.5],
  ["IOPS={}k,", "read: IOPS=2500, BW=1MiB/s", null],
  ["read*lat*avg={}", "read : slat avg= 1, clat (usec) avg=33.25", 33.25],
  ["write*avg={}", "read avg=1", null],
  ["x {} y", "x 1 z x 2 y", 2],
  ["x {}", "x 1e3", 1000],
  ["x {}", "x .5", 0.5],
  ["x {}", "x", null],
  ["x {}", "", null],
])("the pattern %j in %j finds %j", (pattern, line, value) => {
  expect(linePattern(pattern)(line)).toBe(value);
});

test.each(["", "no number", "{} and {}"])("%j is no pattern", (pattern) => {
  expect(() => linePattern(pattern)).toThrow("needs one {} where the number stands");
});

test("a number between any two texts without digits is found", () => {
  const words = fc.stringMatching(/^[a-z =:]{1,9}$/);
  fc.assert(
    fc.property(words, fc.integer(), words, (before, value, after) => {
      expect(linePattern(`${before}{}${after}`)(`${before}${value}${after}`)).toBe(value);
    }),
  );
});

test("a line that nearly fits everywhere does not take long", () => {
  const find = linePattern("aab{}aab*aab{0}aab".replace("{0}", "a"));
  const before = performance.now();
  expect(find("aab1aa".repeat(700))).toBeNull();
  expect(performance.now() - before).toBeLessThan(200);
});
