import { expect, test } from "vitest";
import type { FleetResults } from "../results/index.ts";
import { compareRuns } from "./compare-runs.ts";
import { runsPage } from "./html.ts";
import type { StoredRun } from "./read-run.ts";
import { comparisonText } from "./text.ts";

const row = (change: Partial<FleetResults["rows"][number]> = {}): FleetResults["rows"][number] => ({
  ...{ operation: "GET", size_bucket: "ALL", bucket_idx: 98, avg_bytes: 100, count: 1000 },
  ...{ mean_us: 10, p50_us: 10, p90_us: 20, p95_us: 30, p99_us: 100, max_us: 200 },
  ...{ ops_per_sec: 1000, throughput_mibps: 0, ...change },
});

const agent = (agentId: string) =>
  ({
    ...{ agent_id: agentId, address: "a", state: "completed", failure: null, operations: 0, bytes: 0, errors: 0 },
    ...{ clock_offset_ms: null, clock_error_ms: null, start_late_us: null },
  }) as StoredRun["status"]["agents"][number];
const completed: Partial<StoredRun["status"]> = {
  ...{ outcome: "completed", why: "1 of 1 agent completed", agents_total: 1, agents_completed: 1 },
  ...{ operations: 1000, errors: 0, agents: [agent("a")] },
  ...{ start_skew: null, thresholds: [], warnings: [], stages: [], ended_at: null, duration_sec: null },
};

const stageOf = (name: string | null, rows: FleetResults["rows"]): StoredRun["stages"][number] => ({
  name,
  workload: {
    ...{ schema: "corral.fleet-results/1", run: "r", stage: "workload", agents: ["a"], partial: false },
    ...{ stage_number: null, stage_name: name, wall_sec: 10, errors: 0, retries: 0, rows },
  },
  prepare: null,
  agents: [],
});

const runOf = (directory: string, rows: FleetResults["rows"], rest: Partial<StoredRun> = {}): StoredRun => ({
  directory,
  name: directory,
  status: completed as StoredRun["status"],
  stages: [stageOf(null, rows)],
  series: [],
  configs: [new Map([["load.rate", "100"]])],
  ...rest,
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
      "run     outcome    completed  seconds  operations  errors",
      "before  completed  1 of 1     10.00    1000        0",
      "now     completed  1 of 1     10.00    1000        0",
      "compared with before: 5 figures, 3 changed by 5 % or more",
      "run  operations  figure       before   now      change",
      "now  GET ALL     ops_per_sec  1000.00  1051.00  +5.1 %   better",
      "now  GET ALL     p50_us       10.00    9.00     -10.0 %  better",
      "now  GET ALL     p99_us       100.00   106.00   +6.0 %   worse",
      "",
    ].join("\n"),
  );
});

test("what only one of the runs did is not compared, and told", () => {
  const puts = row({ operation: "PUT", bucket_idx: 99 });
  const { rows, notes } = compareRuns([runOf("before", [row()]), runOf("now", [puts])]);
  expect([rows, notes]).toEqual([
    [],
    [
      { run: "now", note: "it did no GET ALL" },
      { run: "now", note: "the first run did no PUT ALL" },
    ],
  ]);
});

test("stages are compared with those of their names", () => {
  const before = runOf("before", [], { stages: [stageOf("fill", [row()]), stageOf("read", [row({ p50_us: 5 })])] });
  const now = runOf("now", [], { stages: [stageOf("read", [row({ p50_us: 6 })])] });
  const { rows, notes } = compareRuns([before, now]);
  expect(rows.filter(({ verdict }) => verdict !== "same").map(({ stage, figure }) => [stage, figure])).toEqual([
    ["read", "p50_us"],
  ]);
  expect(notes).toEqual([{ run: "now", note: "it did no fill: GET ALL" }]);
});

test("a run that failed, or was another one, is told as that", () => {
  const failed = {
    ...completed,
    ...{ outcome: "partial", why: "1 of 2 agents completed", agents_total: 2, agents: [agent("a"), agent("b")] },
  } as StoredRun["status"];
  const other = runOf("now", [row()], { status: failed, configs: [new Map([["load.rate", "200"]]), null] });
  const comparison = compareRuns([runOf("before", [row()]), other]);
  expect(comparison.notes).toEqual([
    { run: "now", note: "it ended as partial: 1 of 2 agents completed; 1 of 2 agents completed" },
    { run: "now", note: "it had 2 agents, the first run 1" },
    { run: "now", note: "it ran something else: load.rate: 100 -> 200" },
  ]);
  expect(runsPage([other], comparison)).toContain("<li>now: it ran something else: load.rate: 100 -&gt; 200</li>");
  expect(comparisonText(comparison)).toContain("NOTE: now: it had 2 agents, the first run 1\n");
});
