import { expect, test } from "vitest";
import { LatencyTable } from "../latencies/index.ts";
import type { Interval } from "../model/index.ts";
import { FleetSeries } from "./fleet-series.ts";
import { seriesColumns, seriesLine } from "./series.ts";

/** A span in which so many reads of 1024 bytes took so long each. */
function span(fromMs: number, toMs: number, count: number, us = 100): Interval {
  const table = new LatencyTable();
  for (let at = 0; at < count; at += 1) table.record("get", 1024, us);
  return { fromMs, toMs, errors: 1n, cpu: null, cells: table.toCells() };
}

test("a point has thirty columns, figures of its own span, and an empty cell for what was not measured", () => {
  expect(seriesColumns).toHaveLength(30);
  const { cells } = span(1000, 1500, 50, 2000);
  const line = seriesLine({
    ...{ agentId: "a", stage: "fill", atMs: 1_800_000_001_500.4, elapsedMs: 1500, lastsMs: 500, errors: 3n },
    table: LatencyTable.of(cells),
    cpu: { userPercent: 12.34, systemPercent: 5, iowaitPercent: 0.06 },
  });
  const byName = Object.fromEntries(
    line
      .trimEnd()
      .split("\t")
      .map((cell, at) => [seriesColumns[at], cell]),
  );
  expect(byName).toMatchObject({
    agent_id: "a",
    timestamp_epoch_ms: "1800000001500",
    elapsed_s: "1.500",
    stage: "fill",
    get_ops: "50",
    get_bytes: "51200",
    get_iops: "100.0",
    get_mbps: "0.10",
    get_p99_us: "2000.00",
    put_ops: "0",
    put_p99_us: "",
    meta_iops: "0.0",
    cpu_user_pct: "12.3",
    cpu_iowait_pct: "0.1",
    errors: "3",
  });
  expect(line.split("\t")).toHaveLength(30);
});

const add = (series: FleetSeries, interval: Interval): void => series.add(interval, LatencyTable.of(interval.cells));

const sums = (series: FleetSeries, all: boolean) =>
  series
    .take({ startMs: 0, stage: "workload", all })
    .map(({ elapsedMs, table, errors }) => [elapsedMs, table.sum().latencies.count, Number(errors)]);

test("seconds of all agents are sums, told once the next five have begun", () => {
  const series = new FleetSeries();
  add(series, span(0, 1000, 2));
  add(series, span(0, 1020, 3));
  expect(sums(series, false)).toEqual([]);
  for (let second = 1; second < 6; second += 1) add(series, span(second * 1000, second * 1000 + 1000, 1));
  expect(sums(series, false)).toEqual([[1000, 5, 2]]);
  expect(sums(series, true).map(([elapsedMs]) => elapsedMs)).toEqual([2000, 3000, 4000, 5000, 6000]);
});

test("reports that drift have a second each, and what is left at the end belongs to the last one", () => {
  const series = new FleetSeries();
  const ends = [0, 1015, 2015, 3015, 4000, 4001];
  for (let at = 1; at < ends.length; at += 1) add(series, span(ends[at - 1] ?? 0, ends[at] ?? 0, at));
  expect(sums(series, true).map(([elapsedMs, count]) => [elapsedMs, count])).toEqual([
    [1000, 1],
    [2000, 2],
    [3000, 3],
    [4000, 9],
  ]);
});

test("a span of some milliseconds has operations and no rate", () => {
  const { cells } = span(4000, 4001, 17);
  const line = seriesLine({
    ...{ agentId: "a", stage: "workload", atMs: 0, elapsedMs: 4001, lastsMs: 1, errors: 0n, cpu: null },
    table: LatencyTable.of(cells),
  });
  const [ops, iops] = ["get_ops", "get_iops"].map((name) => line.split("\t")[seriesColumns.indexOf(name)]);
  expect([ops, iops]).toEqual(["17", ""]);
});

test("what comes too late is counted all the same, so that a series adds up to everything", () => {
  const series = new FleetSeries();
  for (let second = 0; second < 10; second += 1) add(series, span(second * 1000, second * 1000 + 1000, 1));
  const told = sums(series, false);
  add(series, span(0, 2000, 7));
  const rest = sums(series, true);
  expect(told).toHaveLength(5);
  expect([...told, ...rest].reduce((sum, [, count = 0]) => sum + count, 0)).toBe(17);
  expect(rest[0]).toEqual([6000, 8, 2]);
});
