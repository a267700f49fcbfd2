import { array, assert, double, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { latenciesOf } from "../../../test/shared/scenario-record.ts";
import {
  addLatencies,
  bucketLowestNs,
  bucketOf,
  latenciesSince,
  meanNs,
  noLatencies,
  percentileNs,
  variation,
} from "./latencies.ts";

const durations = array(integer({ min: 0, max: 2 ** 40 - 1 }), { minLength: 1, maxLength: 50 });

describe("latencies", () => {
  test("a percentile is the sample of its rank, off by less than a 256th", () => {
    assert(
      property(durations, double({ min: 0.01, max: 1, noNaN: true }), (samples, share) => {
        const exact = samples.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(samples.length * share)) - 1] ?? 0;
        const found = percentileNs(latenciesOf(samples), share) ?? Number.NaN;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact / 256);
      }),
    );
  });

  test("what a phase adds is what it adds to what was before", () => {
    assert(
      property(durations, durations, (before, phase) => {
        const total = latenciesOf([...before, ...phase]);
        expect(latenciesSince(total, latenciesOf(before)).buckets).toEqual(latenciesOf(phase).buckets);
        expect(addLatencies([latenciesOf(before), latenciesOf(phase)]).buckets).toEqual(total.buckets);
      }),
    );
  });

  test("a duration is in the bucket that begins at it or before, and the next begins after it", () => {
    assert(
      property(integer({ min: 0, max: 2 ** 40 - 1 }), (ns) => {
        const bucket = bucketOf(ns);
        expect(bucketLowestNs(bucket)).toBeLessThanOrEqual(ns);
        expect(bucketLowestNs(bucket + 1)).toBeGreaterThan(ns);
      }),
    );
    expect(bucketOf(2 ** 41)).toBe(bucketOf(2 ** 40 - 1));
  });

  test("mean and variation are those of the samples", () => {
    const latencies = latenciesOf([100, 200, 300]);
    expect(meanNs(latencies)).toBe(200);
    expect(variation(latencies)).toBeCloseTo(Math.sqrt(20_000 / 3) / 200, 9);
  });

  test("without samples there is no figure", () => {
    expect([percentileNs(noLatencies(), 0.5), meanNs(noLatencies()), variation(latenciesOf([5]))]).toEqual([
      null,
      null,
      null,
    ]);
  });
});
