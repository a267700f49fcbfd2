import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { highestUs, indexCount, indexOf, Latencies, LatencyTable, lowestOf, midOf } from "./index.ts";

const us = fc.oneof(fc.integer({ min: 1, max: highestUs }), fc.integer({ min: 1, max: 5000 }));

describe("the layout", () => {
  test("has the indexes of an HDR histogram with three digits", () => {
    const known = [
      [1, 1],
      [2047, 2047],
      [2048, 2048],
      [2049, 2048],
      [4095, 3071],
      [4096, 3072],
      [highestUs, 23_220],
    ] as const;
    for (const [value, index] of known) expect([value, indexOf(value)]).toEqual([value, index]);
    expect(indexCount).toBe(23_221);
  });

  test("puts what is too short or too long into the first and the last bucket", () => {
    expect([indexOf(0), indexOf(0.4), indexOf(-1), indexOf(Number.NaN)]).toEqual([1, 1, 1, 1]);
    expect(indexOf(highestUs * 2)).toBe(indexCount - 1);
  });

  test("has every value in a bucket that is no wider than a thousandth of it", () => {
    fc.assert(
      fc.property(us, (value) => {
        const index = indexOf(value);
        expect(lowestOf(index)).toBeLessThanOrEqual(value);
        expect(lowestOf(index + 1)).toBeGreaterThan(value);
        expect(lowestOf(index + 1) - lowestOf(index)).toBeLessThanOrEqual(Math.max(1, value / 1000));
        expect(indexOf(midOf(index))).toBe(index);
      }),
    );
  });
});

const of = (values: readonly number[]): Latencies => {
  const latencies = new Latencies();
  for (const value of values) latencies.record(value);
  return latencies;
};

describe("latencies", () => {
  test("without any have no figures", () => {
    const none = new Latencies();
    expect([none.count, none.meanUs, none.maxUs, none.percentileUs(50)]).toEqual([0, null, null, null]);
  });

  test("have the percentiles of the sorted values, within their bucket", () => {
    fc.assert(
      fc.property(fc.array(us, { minLength: 1, maxLength: 300 }), fc.constantFrom(50, 90, 95, 99, 100), (values, p) => {
        const sorted = values.toSorted((one, other) => one - other);
        const exact = sorted[Math.ceil((p / 100) * sorted.length) - 1] ?? 0;
        expect(indexOf(of(values).percentileUs(p) ?? 0)).toBe(indexOf(exact));
      }),
    );
  });

  test("that are added up are those of all values together, which no average of percentiles is", () => {
    const [quick, slow] = [Array.from({ length: 990 }, () => 10), Array.from({ length: 10 }, () => 1000)];
    const merged = of(quick);
    merged.merge(of(slow));
    expect([merged.count, merged.percentileUs(99), merged.percentileUs(99.1)]).toEqual([1000, 10, 1000]);
    fc.assert(
      fc.property(fc.array(fc.array(us, { maxLength: 50 }), { minLength: 1, maxLength: 5 }), (parts) => {
        const sum = new Latencies();
        for (const part of parts) sum.merge(of(part));
        const pooled = of(parts.flat());
        expect([...sum.buckets()]).toEqual([...pooled.buckets()]);
        expect(sum.meanUs).toBe(pooled.meanUs);
      }),
    );
  });
});

test("counts above 32 bits are told in several entries of one bucket, and come back", () => {
  const many = new Latencies();
  many.add(3000, 2 ** 34 + 5);
  many.add(7, 1);
  const told = many.toBuckets();
  expect([...told.indexes]).toEqual([7, 3000, 3000, 3000, 3000, 3000]);
  const back = new Latencies();
  back.addAll(told);
  expect([...back.buckets()]).toEqual([
    [7, 1],
    [3000, 2 ** 34 + 5],
  ]);
  expect([back.count, back.percentileUs(100)]).toEqual([many.count, many.percentileUs(100)]);
});

test("latencies that were cleared have nothing, and are used again as if they were new", () => {
  const used = of([1, 70, 5000, highestUs]);
  used.clear();
  expect([used.count, used.meanUs, used.maxUs, [...used.buckets()], used.toBuckets().indexes.length]).toEqual([
    ...[0, null, null, [], 0],
  ]);
  used.record(90);
  expect([used.count, used.meanUs, used.percentileUs(50), [...used.buckets()]]).toEqual([1, 90, 90, [[90, 1]]]);
});

describe("a table of latencies", () => {
  test("keeps kinds and sizes apart, and their bytes", () => {
    const table = new LatencyTable();
    table.record("put", 9000, 40);
    table.record("get", 0, 10);
    table.record("get", 8192, 20);
    table.record("get", 8193, 30);
    const cells = table
      .cells()
      .map(({ operation, sizeBucket, bytes, latencies }) => [...[operation, sizeBucket, bytes, latencies.maxUs]]);
    expect(cells).toEqual([
      ["get", 0, 0n, 10],
      ["get", 1, 8192n, 20],
      ["get", 2, 8193n, 30],
      ["put", 2, 9000n, 40],
    ]);
    const { latencies, bytes } = table.sum(["get"]);
    expect([latencies.count, bytes]).toEqual([3, 16_385n]);
    expect(table.sum().latencies.count).toBe(4);
  });

  test("that was cleared has no cells, and keeps none of what it had", () => {
    const table = new LatencyTable();
    table.record("get", 9000, 10);
    table.record("put", 1, 10);
    table.clear();
    expect([table.cells(), table.sum().latencies.count, table.sum().bytes]).toEqual([[], 0, 0n]);
    table.record("put", 2, 20);
    expect(table.toCells()).toMatchObject([{ operation: "put", bytes: 2n }]);
  });

  test("comes back from what messages carry, and adds up", () => {
    const table = new LatencyTable();
    for (const value of [1, 1, 5000, 123_456]) table.record("meta", 0, value);
    const twice = LatencyTable.of(table.toCells());
    expect(twice.toCells()).toEqual(table.toCells());
    twice.merge(table);
    expect(twice.toCells().map(({ counts }) => [...counts])).toEqual([[4, 2, 2]]);
  });
});
