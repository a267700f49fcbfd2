import { expect, test } from "vitest";
import type { FleetResults } from "../results/index.ts";
import { compareRuns } from "./compare-runs.ts";
import type { StoredRun } from "./read-run.ts";
import { comparisonText } from "./text.ts";

const row = (change: Partial<FleetResults["rows"][number]> = {}): FleetResults["rows"][number] => ({
  ...{ operation: "GET", size_bucket: "ALL", bucket_idx: 98, avg_bytes: 100, count: 1000 },
  ...{ mean_us: 10, p50_us: 10, p90_us: 20, p95_us: 30, p99_us: 100, max_us: 200 },
  ...{ ops_per_sec: 1000, throughput_mibps: 0, ...change },
});

const runOf = (directory: string, rows: FleetResults["rows"]): StoredRun => ({
  directory,
  name: directory,
  status: {} as StoredRun["status"],
  workload: {
    ...{ schema: "corral.fleet-results/1", run: "r", stage: "workload", agents: ["a"], partial: false },
    ...{ wall_sec: 10, errors: 0, retries: 0, rows },
  },
  prepare: null,
  series: [],
  agents: [],
});

test("more operations are better and longer latencies worse, and a change of 5 % is none", () => {
  const comparison = compareRuns([
    runOf("before", [row()]),
    runOf("now", [row({ ops_per_sec: 1051, p99_us: 106, mean_us: 10.5, p50_us: 9 })]),
  ]);
  expect(comparison.rows.map(({ figure, verdict, change_pct }) => [figure, verdict, change_pct])).toEqual([
    ["ops_per_sec", "better", expect.closeTo(5.1)],
    ["mean_us", "same", expect.closeTo(5)],
    ["p50_us", "better", expect.closeTo(-10)],
    ["p99_us", "worse", expect.closeTo(6)],
    ["max_us", "same", 0],
  ]);
  expect(comparisonText(comparison)).toBe(
    [
      "compared with before: 5 figures, 3 changed by 5 % or more",
      "run  operations  figure       before   now      change",
      "now  GET ALL     ops_per_sec  1000.00  1051.00  +5.1 %   better",
      "now  GET ALL     p50_us       10.00    9.00     -10.0 %  better",
      "now  GET ALL     p99_us       100.00   106.00   +6.0 %   worse",
      "",
    ].join("\n"),
  );
});

test("what only one of the runs did is not compared", () => {
  const puts = row({ operation: "PUT", bucket_idx: 99 });
  expect(compareRuns([runOf("before", [row()]), runOf("now", [puts])]).rows).toEqual([]);
});
