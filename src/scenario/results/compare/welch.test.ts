import { array, assert, double, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { twoSidedP, welch } from "./welch.ts";

const far = double({ min: 0, max: 1000, noNaN: true });

describe("the distribution of t", () => {
  test("has its closed forms for one and two degrees of freedom", () => {
    assert(
      property(far, (t) => {
        expect(twoSidedP(t, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(t), 10);
        expect(twoSidedP(t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 10);
      }),
    );
  });

  test("has the critical values of the tables at 5 %", () => {
    for (const [freedom, t] of [
      [1, 12.706_204_736],
      [4, 2.776_445_105],
      [10, 2.228_138_852],
      [30, 2.042_272_456],
      [1e6, 1.959_966_4],
    ] as const)
      expect(twoSidedP(t, freedom)).toBeCloseTo(0.05, 7);
  });

  test("falls as t grows, from 1", () => {
    assert(
      property(far, far, integer({ min: 1, max: 200 }), (a, b, freedom) => {
        expect(twoSidedP(0, freedom)).toBe(1);
        expect(twoSidedP(Math.max(a, b), freedom)).toBeLessThanOrEqual(twoSidedP(Math.min(a, b), freedom) + 1e-12);
      }),
    );
  });
});

describe("Welch's test", () => {
  test("of two small samples, by hand", () => {
    // Means 2 and 5, variances 1 and 4, so t = 3 / sqrt(1/3 + 4/3) and ν = (5/3)² / (1/18 + 16/18).
    const found = welch([1, 2, 3], [3, 5, 7]);
    expect(found?.t).toBeCloseTo(3 / Math.sqrt(5 / 3), 12);
    expect(found?.freedom).toBeCloseTo((25 / 9 / 17) * 18, 12);
    expect(found?.p).toBeCloseTo(twoSidedP(2.323_790_007_7, 2.941_176_470_6), 9);
  });

  test("turns round when the sides do, and is not moved by a shift of both", () => {
    const sample = array(integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 10 });
    assert(
      property(sample, sample, integer({ min: -100, max: 100 }), (a, b, shift) => {
        const [there, back] = [welch(a, b), welch(b, a)];
        const moved = welch(
          a.map((x) => x + shift),
          b.map((x) => x + shift),
        );
        expect(there?.p).toBeCloseTo(back?.p ?? -1, 9);
        expect(there?.p).toBeCloseTo(moved?.p ?? -1, 6);
      }),
    );
  });

  test("without variance the means are the same or not, and with one value there is no test", () => {
    expect(welch([1, 1], [1, 1])?.p).toBe(1);
    expect(welch([1, 1], [2, 2])?.p).toBe(0);
    expect(welch([1], [2, 3])).toBeNull();
  });
});
