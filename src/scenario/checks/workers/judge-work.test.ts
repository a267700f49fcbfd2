import { describe, expect, test } from "vitest";
import { aWork, aWorker, latenciesOf } from "../../../../test/shared/scenario-record.ts";
import type { Checks } from "../../model/index.ts";
import type { WorkRecord } from "../../record/index.ts";
import { judgeWork } from "./judge-work.ts";
import { workerLimits } from "./limits.ts";

/** Check, outcome and kind of every result. */
const judged = (checks: Checks, work: WorkRecord, dilation = 1): string[] =>
  judgeWork(work, workerLimits(checks, dilation)).map(({ check, outcome, kind }) => `${check} ${outcome} ${kind}`);
const messages = (checks: Checks, work: WorkRecord): string[] =>
  judgeWork(work, workerLimits(checks, 1)).map(({ message }) => message);
const two = (a: Parameters<typeof aWorker>[0], b: Parameters<typeof aWorker>[0] = {}): WorkRecord =>
  aWork({ reports: [aWorker(a), aWorker({ pid: 101, index: 1, ...b })] });

test("nothing is judged that is not asked for, and false asks for nothing", () => {
  const dead = two({ workUnits: 0, completed: false });
  expect(judged({}, dead)).toEqual([]);
  expect(judged({ notStuck: false, isolation: false }, dead)).toEqual([]);
});

describe("not_stuck", () => {
  test("a worker without work units made no progress", () => {
    const work = two({ workUnits: 0 });
    expect(judged({ notStuck: true }, work)[0]).toBe("not_stuck fail no_progress");
    expect(messages({ notStuck: true }, work)[0]).toBe(
      "SpinWait in web: worker 100 made no progress: 0 work units, exit status 0",
    );
  });

  test("a worker that died is told, unless the scenario killed it", () => {
    const end = { completed: false, end: { kind: "signaled", signal: 9 } } as const;
    expect(messages({ notStuck: true }, two(end))[0]).toBe(
      "SpinWait in web: worker 100 ended before it was stopped, after 2000 work units: killed by signal 9",
    );
    expect(judged({ notStuck: true }, { ...two(end), killedByOp: true })[0]).toBe("not_stuck pass no_progress");
  });

  test("it also judges gap and spread by the built-in limits", () => {
    expect(judged({ notStuck: true }, two({}))).toEqual([
      "not_stuck pass no_progress",
      "max_gap_ms pass stuck",
      "max_spread_pct pass unfair",
    ]);
  });

  test("the built-in gap is 2000 ms, and 3000 ms where time is dilated", () => {
    const gap = (ms: number) => two({ maxGapNs: ms * 1e6 });
    expect(judged({ notStuck: true }, gap(2000))[1]).toBe("max_gap_ms pass stuck");
    expect(judged({ notStuck: true }, gap(2000.1))[1]).toBe("max_gap_ms fail stuck");
    expect(judged({ notStuck: true }, gap(3000), 1.2)[1]).toBe("max_gap_ms pass stuck");
    expect(judged({ notStuck: true }, gap(3000.1), 1.2)[1]).toBe("max_gap_ms fail stuck");
  });

  test("the built-in spread is 15 points, and 35 where time is dilated", () => {
    const spread = (points: number) => two({ offCpuNs: 0 }, { offCpuNs: points * 1e7 });
    expect(judged({ notStuck: true }, spread(15))[2]).toBe("max_spread_pct pass unfair");
    expect(judged({ notStuck: true }, spread(15.1))[2]).toBe("max_spread_pct fail unfair");
    expect(judged({ notStuck: true }, spread(35), 2)[2]).toBe("max_spread_pct pass unfair");
    expect(judged({ notStuck: true }, spread(35.1), 2)[2]).toBe("max_spread_pct fail unfair");
  });
});

describe("max_gap_ms", () => {
  test("a longer gap says which worker, where and when; limits of one's own replace the built-in one", () => {
    const work = two({ maxGapNs: 2.5e9, maxGapCpu: 3, maxGapAtNs: 4e9 });
    expect(judgeWork(work, workerLimits({ notStuck: true, maxGapMs: 2400 }, 1))[1]).toEqual({
      check: "max_gap_ms",
      advisory: false,
      outcome: "fail",
      kind: "stuck",
      message: "SpinWait in web: longest gap of worker 100 on CPU 3 at +4000 ms: 2500 ms, at most 2400 is allowed",
      found: 2500,
      limit: 2400,
      where: { cgroup: "web", work: 0, pid: 100, cpu: 3, payload: null, phase: null, atMs: null },
    });
    expect(judged({ maxGapMs: 2600 }, work)).toEqual(["max_gap_ms pass stuck"]);
  });
});

describe("max_spread_pct", () => {
  test("one worker has nobody to be compared with", () => {
    expect(judged({ maxSpreadPct: 1 }, aWork({ reports: [aWorker()] }))).toEqual(["max_spread_pct skip unfair"]);
  });
  test("workers that never ran tell nothing", () => {
    expect(judged({ maxSpreadPct: 1 }, two({ wallTimeNs: 0 }))).toEqual(["max_spread_pct inconclusive unfair"]);
  });
  test("the message has both ends", () => {
    expect(messages({ maxSpreadPct: 10 }, two({ offCpuNs: 1e8 }, { offCpuNs: 5e8 }))).toEqual([
      "SpinWait in web: time off CPU of 2 workers on 1 CPUs is 10 to 50 %, spread: 40 points, at most 10 is allowed",
    ]);
  });
});

describe("isolation", () => {
  test("a CPU outside the cpuset fails", () => {
    expect(messages({ isolation: true }, two({ cpusByCpuset: [[0, 2, 3]] }))).toEqual([
      "SpinWait in web: worker 100 ran on CPU 2,3 outside its cpuset 0,1, which holds since +100 ms",
    ]);
  });
  test("every cpuset is judged by itself", () => {
    const epochs = [
      { fromMs: 100, cgroup: "web", cpus: [0, 1], nodes: [0] },
      { fromMs: 500, cgroup: "web", cpus: [2], nodes: [1] },
    ];
    const moved = (cpusByCpuset: number[][]) => aWork({ epochs, reports: [aWorker({ cpusByCpuset })] });
    expect(judged({ isolation: true }, moved([[0, 1], [2]]))).toEqual(["isolation pass isolation"]);
    expect(messages({ isolation: true }, moved([[0], [0, 2]]))).toEqual([
      "SpinWait in web: worker 100 ran on CPU 0 outside its cpuset 2, which holds since +500 ms",
    ]);
  });
  test("of more than eight cpusets the last eight are judged", () => {
    const epochs = Array.from({ length: 10 }, (_, at) => ({ fromMs: at, cgroup: "web", cpus: [at], nodes: [0] }));
    const cpusByCpuset = [2, 3, 4, 5, 6, 7, 8, 9].map((cpu) => [cpu]);
    expect(judged({ isolation: true }, aWork({ epochs, reports: [aWorker({ cpusByCpuset })] }))).toEqual([
      "isolation pass isolation",
    ]);
  });
  test("without a cpuset it does not apply; of workers that were seen nowhere it tells nothing", () => {
    const none = [{ fromMs: 0, cgroup: "web", cpus: null, nodes: null }];
    expect(judged({ isolation: true }, aWork({ epochs: none }))).toEqual(["isolation skip isolation"]);
    expect(judged({ isolation: true }, aWork({ reports: [aWorker({ cpusByCpuset: [[]] })] }))).toEqual([
      "isolation inconclusive isolation",
    ]);
  });
});

describe("rates", () => {
  test("max_throughput_cv is the deviation of work per CPU second over its mean", () => {
    // 2000 and 6000 units per CPU second: mean 4000, deviation 2000.
    const work = two({ workUnits: 1000 }, { workUnits: 3000 });
    expect(judged({ maxThroughputCv: 0.5 }, work)).toEqual(["max_throughput_cv pass benchmark"]);
    expect(judged({ maxThroughputCv: 0.49 }, work)).toEqual(["max_throughput_cv fail benchmark"]);
    expect(judged({ maxThroughputCv: 1 }, aWork({ reports: [aWorker()] }))).toEqual([
      "max_throughput_cv skip benchmark",
    ]);
    expect(judged({ maxThroughputCv: 1 }, two({ cpuTimeNs: 0 }))).toEqual(["max_throughput_cv inconclusive benchmark"]);
    expect(judged({ maxThroughputCv: 1 }, two({ workUnits: 0 }, { workUnits: 0 }))).toEqual([
      "max_throughput_cv inconclusive benchmark",
    ]);
  });

  test("min_work_rate is asked of every worker", () => {
    expect(judged({ minWorkRate: 4000 }, two({}))).toEqual(["min_work_rate pass benchmark"]);
    expect(messages({ minWorkRate: 4001 }, two({ workUnits: 9000 }))).toEqual([
      "SpinWait in web: work rate of worker 101: 4000 units per CPU second, at least 4001 is asked for",
    ]);
    expect(judged({ minWorkRate: 1 }, two({ cpuTimeNs: 0 }))).toEqual(["min_work_rate inconclusive benchmark"]);
  });

  test("min_iteration_rate is asked of every worker's time", () => {
    expect(judged({ minIterationRate: 1000 }, two({}))).toEqual(["min_iteration_rate pass benchmark"]);
    expect(judged({ minIterationRate: 1001 }, two({}))).toEqual([
      "min_iteration_rate fail benchmark",
      "min_iteration_rate fail benchmark",
    ]);
    expect(judged({ minIterationRate: 1 }, two({ wallTimeNs: 0 }))).toEqual([
      "min_iteration_rate inconclusive benchmark",
    ]);
  });

  test("max_migration_ratio is of all workers together", () => {
    const work = two({ migrations: 30 }, { migrations: 10 });
    expect(judged({ maxMigrationRatio: 0.02 }, work)).toEqual(["max_migration_ratio pass migration"]);
    expect(messages({ maxMigrationRatio: 0.01 }, work)).toEqual([
      "SpinWait in web: 40 migrations in 2000 iterations, ratio: 0.02, at most 0.01 is allowed",
    ]);
    expect(judged({ maxMigrationRatio: 1 }, two({ iterations: 0 }, { iterations: 0 }))).toEqual([
      "max_migration_ratio inconclusive migration",
    ]);
  });

  test("where time is slower limits in time grow and rates shrink; ratios stay", () => {
    const limits = workerLimits(
      {
        maxGapMs: 100,
        minIterationRate: 100,
        minWorkRate: 100,
        maxP99WakeLatencyNs: 100,
        maxMigrationRatio: 1,
        maxSpreadPct: 5,
      },
      4,
    );
    expect(limits).toMatchObject({
      maxGapMs: 400,
      minIterationRate: 25,
      minWorkRate: 25,
      maxP99WakeLatencyNs: 400,
      maxMigrationRatio: 1,
      maxSpreadPct: 5,
    });
  });
});

describe("wake-up latencies", () => {
  const waking = (samples: readonly number[], more: readonly number[] = []): WorkRecord =>
    two(
      { latencyKind: "wake", latencies: latenciesOf(samples) },
      { latencyKind: "wake", latencies: latenciesOf(more) },
    );
  test("the 99th percentile of 100 samples is the 99th of them in order", () => {
    const samples = Array.from({ length: 100 }, (_, at) => at + 1);
    expect(judged({ maxP99WakeLatencyNs: 99 }, waking(samples))).toEqual(["max_p99_wake_latency_ns pass benchmark"]);
    expect(judged({ maxP99WakeLatencyNs: 98 }, waking(samples))).toEqual(["max_p99_wake_latency_ns fail benchmark"]);
  });
  test("samples of all workers are one pool", () => {
    expect(messages({ maxP99WakeLatencyNs: 10 }, waking([1, 2], [50]))).toEqual([
      "SpinWait in web: 99th percentile of 3 wake-up latencies: 50 ns, at most 10 is allowed",
    ]);
    expect(judged({ maxWakeLatencyCv: 0.5 }, waking([100], [300]))).toEqual(["max_wake_latency_cv pass benchmark"]);
    expect(judged({ maxWakeLatencyCv: 0.49 }, waking([100], [300]))).toEqual(["max_wake_latency_cv fail benchmark"]);
  });
  test("no samples tell nothing; work that has none is not asked", () => {
    expect(judged({ maxP99WakeLatencyNs: 1, maxWakeLatencyCv: 1 }, waking([]))).toEqual([
      "max_p99_wake_latency_ns inconclusive benchmark",
      "max_wake_latency_cv inconclusive benchmark",
    ]);
    expect(judged({ maxP99WakeLatencyNs: 1 }, two({}))).toEqual(["max_p99_wake_latency_ns skip benchmark"]);
  });
});

describe("pages", () => {
  test("min_page_locality is each worker's share on the nodes of its cpuset", () => {
    const work = two({ numaPages: { 0: 80, 1: 20 } });
    expect(judged({ minPageLocality: 0.8 }, work)).toEqual(["min_page_locality pass page_locality"]);
    expect(messages({ minPageLocality: 0.81 }, work)).toEqual([
      "SpinWait in web: share of the 100 pages of worker 100 that is on node 0: 0.8, at least 0.81 is asked for",
    ]);
  });
  test("no pages tell nothing, but break the promise of a policy that names nodes", () => {
    const none = { numaPages: {} };
    expect(judged({ minPageLocality: 0.5 }, two(none))).toEqual(["min_page_locality inconclusive page_locality"]);
    expect(judged({ minPageLocality: 0.5 }, { ...two(none), memPolicy: { bind: "0" } })).toEqual([
      "min_page_locality fail page_locality",
    ]);
    expect(judged({ minPageLocality: 0.5 }, two({ numaPages: null }))).toEqual([
      "min_page_locality inconclusive page_locality",
    ]);
  });
  test("max_cross_node_migration_ratio is pages moved per page, the host's counter taken once", () => {
    const work = two({ numaPagesMigrated: 20 }, { numaPagesMigrated: 10 });
    expect(judged({ maxCrossNodeMigrationRatio: 0.1 }, work)).toEqual([
      "max_cross_node_migration_ratio pass cross_node_migration",
    ]);
    expect(judged({ maxCrossNodeMigrationRatio: 0.09 }, work)).toEqual([
      "max_cross_node_migration_ratio fail cross_node_migration",
    ]);
    expect(judged({ maxCrossNodeMigrationRatio: 1 }, two({ numaPages: {} }, { numaPages: {} }))).toEqual([
      "max_cross_node_migration_ratio inconclusive cross_node_migration",
    ]);
  });
  test("of threads of one process they are counted once", () => {
    const threads = two({ threadOf: 7, numaPagesMigrated: 20 }, { threadOf: 7, numaPagesMigrated: 20 });
    expect(messages({ maxCrossNodeMigrationRatio: 1, maxSlowTierRatio: 1 }, threads)).toEqual([
      "SpinWait in web: 20 pages moved between nodes, per page of 100: 0.2, at most 1 is allowed",
      "SpinWait in web: share of 100 pages that is outside node 0: 0, at most 1 is allowed",
    ]);
  });
  test("max_slow_tier_ratio is the share outside the nodes of the cpuset", () => {
    const work = two({ numaPages: { 0: 50, 1: 50 } });
    expect(judged({ maxSlowTierRatio: 0.25 }, work)).toEqual(["max_slow_tier_ratio pass slow_tier"]);
    expect(judged({ maxSlowTierRatio: 0.24 }, work)).toEqual(["max_slow_tier_ratio fail slow_tier"]);
    const free = { ...work, epochs: [{ fromMs: 0, cgroup: "web", cpus: null, nodes: null }] };
    expect(judged({ maxSlowTierRatio: 0, minPageLocality: 1 }, free)).toEqual([
      "min_page_locality skip page_locality",
      "max_slow_tier_ratio skip slow_tier",
    ]);
  });
});
