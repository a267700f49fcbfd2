import { array, assert, double, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { aGroup, aRecord } from "../../../../test/shared/scenario-record.ts";
import type { Finding } from "../result.ts";
import { everywhere } from "../result.ts";
import type { Series } from "./index.ts";
import {
  alwaysTrue,
  convergesTo,
  each,
  groupSeries,
  nondecreasing,
  rateSeries,
  rateWithin,
  ratioWithin,
  steadyWithin,
  strictlyIncreasing,
} from "./index.ts";

/** A sample every 100 ms. */
const series = (...values: (number | null)[]): Series => ({
  label: "x",
  points: values.map((value, at) => ({ atMs: at * 100, value })),
  where: everywhere,
});
const said = ({ outcome, message }: Finding): string => `${outcome}: ${message}`;

describe("growing", () => {
  test("nondecreasing allows equal neighbours, strictly_increasing does not", () => {
    expect(said(nondecreasing(series(1, 1, 2)))).toBe("pass: x never falls, in 3 samples");
    expect(said(nondecreasing(series(1, 3, 2)))).toBe("fail: x goes from 3 to 2 at +200 ms");
    expect(said(strictlyIncreasing(series(1, 2, 3)))).toBe("pass: x grows with every sample, in 3 samples");
    expect(said(strictlyIncreasing(series(1, 1)))).toBe("fail: x goes from 1 to 1 at +100 ms");
  });
  test("a missing sample is left out and told; fewer than two speak against nothing", () => {
    expect(said(nondecreasing(series(1, null, 2)))).toBe("pass: x never falls, in 2 samples; 1 samples are missing");
    expect(said(nondecreasing(series(1)))).toBe("pass: x has 1 samples, too few to speak against it");
  });
  test("what is no number fails", () => {
    expect(said(nondecreasing(series(1, Number.NaN)))).toBe("fail: x is no number at +100 ms");
  });
  test("sorted numbers never fall", () => {
    assert(
      property(array(double({ noNaN: true })), (values) => {
        expect(nondecreasing(series(...values.toSorted((a, b) => a - b))).outcome).toBe("pass");
      }),
    );
  });
});

test("rate_within is change per millisecond", () => {
  expect(rateWithin(series(0, 100, 300), 1, 2).outcome).toBe("pass");
  expect(said(rateWithin(series(0, 100, 350), 1, 2))).toBe(
    "fail: x changes by 2.5 per ms at +200 ms, not by 1 to 2 per ms",
  );
  const twice = {
    ...series(),
    points: [
      { atMs: 5, value: 1 },
      { atMs: 5, value: 2 },
    ],
  };
  expect(said(rateWithin(twice, 0, 1))).toBe("inconclusive: x has two samples at +5 ms");
});

describe("steady_within", () => {
  test("the warm-up is left out; the tolerance is a share of the mean", () => {
    expect(steadyWithin(series(900, 90, 100, 110), 100, 0.1).outcome).toBe("pass");
    expect(said(steadyWithin(series(900, 90, 100, 110), 100, 0.09))).toBe(
      "fail: x is 90 at +100 ms, 10 % off its mean 100; 9 % is allowed",
    );
  });
  test("fewer than three samples speak against nothing, a mean of 0 tells nothing", () => {
    expect(steadyWithin(series(1, 100), 0, 0.1).outcome).toBe("pass");
    expect(said(steadyWithin(series(0, 0, 0), 0, 0.1))).toBe("inconclusive: x has a mean of 0");
  });
});

describe("converges_to", () => {
  test("three samples in a row in the band are an arrival, two are not", () => {
    expect(said(convergesTo(series(0, 9, 10, 11), 10, 1, 300))).toBe("pass: x is at 10 ± 1 at +300 ms");
    expect(said(convergesTo(series(0, 9, 10, 12), 10, 1, 300))).toBe(
      "fail: x is 12 at +300 ms, not at 10 ± 1 for 3 samples",
    );
    expect(convergesTo(series(9, 10, 0, 10, 10, 0, 10), 10, 1, 600).outcome).toBe("fail");
  });
  test("after the deadline it is too late", () => {
    expect(convergesTo(series(0, 9, 10, 11), 10, 1, 299).outcome).toBe("fail");
  });
});

describe("each and always_true", () => {
  test("are strict about missing samples", () => {
    expect(said(each(series(1, null, 2), { atMost: 5 }))).toBe("fail: x lacks 1 of 3 samples");
    expect(said(each(series(1, 6), { atLeast: 1, atMost: 5 }))).toBe(
      "fail: x is 6 at +100 ms, not at least 1 and at most 5",
    );
    expect(said(each(series(1, 5), { atLeast: 1, atMost: 5 }))).toBe(
      "pass: x is at least 1 and at most 5 in 2 samples",
    );
    expect(said(alwaysTrue(series(2, 3), (value) => value % 2 === 0, "even"))).toBe(
      "fail: x is 3 at +100 ms, not even",
    );
  });
});

describe("ratio_within", () => {
  test("compares sample by sample; moments that one lacks are left out", () => {
    expect(ratioWithin(series(2, 4, 9), series(1, 2, null), 2, 2).outcome).toBe("pass");
    expect(said(ratioWithin(series(2, 6), series(1, 2), 1, 2))).toBe("fail: x over x is 3 at +100 ms, not 1 to 2");
  });
  test("a base of 0 tells nothing", () => {
    expect(said(ratioWithin(series(2), series(0), 1, 2))).toBe("inconclusive: x over x has a base of 0 at +0 ms");
  });
});

describe("a rate", () => {
  const ratesOf = (changes: Partial<Series>): (number | null)[] =>
    rateSeries({ ...series(0, 10, 5, null, 7), ...changes }).points.map(({ value }) => value);

  test("is growth per second; a counter that begins anew has none, a gauge that falls has its fall", () => {
    expect(ratesOf({ isCounter: true })).toEqual([100, null, null, null]);
    expect(ratesOf({})).toEqual([100, -50, null, null]);
  });

  test("is nothing from one group to the next of its name", () => {
    expect(ratesOf({ beginsMs: [200] })).toEqual([100, null, null]);
  });

  test("of a gauge that falls too fast fails", () => {
    const record = aRecord({ groups: [aGroup("memory_current_bytes", [1000, 400, 390])] });
    const rate = rateSeries(groupSeries(record, "web", "memory_current_bytes"));
    expect(said(each(rate, { atLeast: -1000 }))).toBe(
      "fail: memory_current_bytes of web per second is -6000 at +200 ms, not at least -1000",
    );
  });
});

describe("from one group to the next of its name", () => {
  /** The group ended before the fourth sample and was made again. */
  const seam = (...values: (number | null)[]): Series => ({ ...series(...values), beginsMs: [300] });
  test("a fall is none, and a step is no rate", () => {
    expect(said(nondecreasing(seam(1, 5, 9, 0, 4)))).toBe("pass: x never falls, in 5 samples");
    expect(said(nondecreasing(seam(1, 5, 4, 0, 4)))).toBe("fail: x goes from 5 to 4 at +200 ms");
    expect(rateWithin(seam(0, 100, 200, 0, 100), 1, 1).outcome).toBe("pass");
    expect(nondecreasing(seam(1, 5, 9, null, 4)).outcome).toBe("pass");
  });
  test("the samples that show an arrival are of one group", () => {
    expect(convergesTo(seam(0, 5, 5, 5, 0), 5, 1, 1000).outcome).toBe("fail");
    expect(convergesTo(seam(0, 0, 5, 5, 5, 5), 5, 1, 1000).outcome).toBe("pass");
  });
});
