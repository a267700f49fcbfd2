/**
 * The numbers that people rely on, in one list: what the note on scenarios says of workers and of the engine (§2.12 and what it
 * leads to in §2.2 to §2.11) and of checks (§3.1), beside what is in force here. Each row is a test of its own.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { aRecord, aWork, aWorker, latenciesOf, queueSamples } from "../../test/shared/scenario-record.ts";
import type { Finding } from "./checks/index.ts";
import { judgeRun } from "./checks/index.ts";
import { monitorLimits } from "./checks/monitor/limits.ts";
import { workerLimits } from "./checks/workers/limits.ts";
import { judgeSpread } from "./checks/workers/progress.ts";
import { judgeThroughputCv } from "./checks/workers/rates.ts";
import { judgeWakeCv } from "./checks/workers/wake-latency.ts";
import { busyRetries } from "./execute/groups/move.ts";
import { mostStuck } from "./execute/groups/remove.ts";
import { nominalLimits } from "./execute/limits.ts";
import { probeMs } from "./execute/liveness.ts";
import { samplePeriodMs } from "./execute/sampler.ts";
import { stallLooks } from "./execute/stall.ts";
import type { Checks } from "./model/index.ts";
import { describeWork } from "./model/index.ts";
import { imbalanceOf, maxPhase } from "./record/index.ts";
import { percentileNs } from "./workers/index.ts";
import { stopMs, unreleasedGraceMs } from "./workers/worker-set.ts";

/** A number of the worker program, from its source. */
function inC(header: string, name: string): number {
  const text = readFileSync(new URL(`../../native/load/${header}`, import.meta.url), "utf8");
  return Number(new RegExp(`^#define ${name} (\\d+)$`, "m").exec(text)?.[1]);
}

describe("§2.12, workers", () => {
  test.each([
    ["made workers, payloads and schedulers are waited for, ms", 30_000, nominalLimits.startWaitMs],
    ["a group that is busy is tried again, times", 3, busyRetries],
    ["with a pause before each, ms", 100, nominalLimits.busyPauseMs],
    ["workers that were never released work before they are stopped, ms", 500, unreleasedGraceMs],
    ["reports are waited for together, ms: of a set by itself", 5000, stopMs],
    ["and by the engine", 5000, nominalLimits.stopMs],
    ["a wait of a worker is no longer, so that it sees the stop, ms", 100, inC("load.h", "LOAD_WAIT_MS")],
    ["turns of the loop from one checkpoint to the next", 1024, inC("load.h", "LOAD_SPINS")],
    ["a write to a control file is given up, ms", 2000, nominalLimits.writeLimitMs],
  ])("%s: %d", (_, wanted, found) => expect(found).toBe(wanted));
});

describe("§2.2 to §2.11, the engine", () => {
  test.each([
    ["the last phase that is counted", 65_535, maxPhase],
    ["the state of a scheduler is read in a hold every, ms", 100, probeMs],
    ["workers are looked at for stalls every, ms", 500, nominalLimits.stallPollMs],
    ["looks in a row without progress that make a stall", 4, stallLooks],
    ["a group is to be empty before it is removed, ms", 1000, nominalLimits.emptyWaitMs],
    ["groups that could not be removed, beyond which none is waited for", 10, mostStuck],
    ["a sample of groups and of the monitor, ms", 100, samplePeriodMs],
  ])("%s: %d", (_, wanted, found) => expect(found).toBe(wanted));
});

describe("§3.1, built-in limits", () => {
  const native = workerLimits({ notStuck: true }, 1);
  const slow = workerLimits({ notStuck: true }, 1.01);
  const monitor = (check: keyof Checks): number | undefined =>
    monitorLimits({}).limits.find((one) => one.check === check)?.limit;
  test.each([
    ["max_gap_ms of not_stuck", 2000, native.maxGapMs],
    ["max_gap_ms of not_stuck where time is slower", 3000, slow.maxGapMs],
    ["max_spread_pct of not_stuck", 15, native.maxSpreadPct],
    ["max_spread_pct of not_stuck where time is slower", 35, slow.maxSpreadPct],
    ["max_imbalance_ratio", 4, monitor("maxImbalanceRatio")],
    ["max_local_dsq_depth", 50, monitor("maxLocalDsqDepth")],
    ["fail_on_rq_clock_stuck: samples in which a clock may stand", 0, monitor("failOnRqClockStuck")],
    ["sustained_samples", 5, monitorLimits({}).sustained],
    ["max_fallback_rate, per second", 200, monitor("maxFallbackRate")],
    ["max_keep_last_rate, per second", 100, monitor("maxKeepLastRate")],
  ])("%s: %d", (_, wanted, found) => expect(found).toBe(wanted));

  test("nothing is asked that was not asked for: everything else is unset", () => {
    const { notStuck, isolation, ...limits } = workerLimits({}, 1);
    expect([notStuck, isolation, ...new Set(Object.values(limits))]).toEqual([false, false, null]);
    expect(monitorLimits({}).limits.filter(({ decides }) => decides)).toEqual([]);
  });
});

describe("§3.1, where checks begin to fail", () => {
  const outcomeOf = (checks: Checks, changes: Parameters<typeof aWorker>[0]): string | undefined => {
    const work = aWork({ reports: [aWorker(changes), aWorker({ ...changes, index: 1, pid: 101 })] });
    const { results } = judgeRun(aRecord({ works: [work], scenario: { version: 1, name: "s", steps: [{}], checks } }));
    const [check] = Object.keys(checks).map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
    return results.find((one) => one.check === check)?.outcome;
  };
  const ms = 1_000_000;
  const wakes = (ns: number) => ({ latencyKind: "wake", latencies: latenciesOf([ns]) }) as const;
  /** Of each check a worker that holds, and one that is just beyond. */
  const rows: readonly (readonly [Checks, Parameters<typeof aWorker>[0], Parameters<typeof aWorker>[0]])[] = [
    [{ notStuck: true }, { workUnits: 1 }, { workUnits: 0 }],
    [{ maxGapMs: 2000 }, { maxGapNs: 2000 * ms }, { maxGapNs: 2000 * ms + 1 }],
    [{ isolation: true }, { cpusByCpuset: [[0, 1]] }, { cpusByCpuset: [[0, 2]] }],
    [{ minWorkRate: 4000 }, { workUnits: 2000 }, { workUnits: 1999 }],
    [{ maxP99WakeLatencyNs: 200 }, wakes(200), wakes(201)],
    [{ minIterationRate: 1000 }, { iterations: 1000 }, { iterations: 999 }],
    [{ maxMigrationRatio: 0.01 }, { migrations: 10 }, { migrations: 11 }],
    [{ minPageLocality: 0.8 }, { numaPages: { 0: 80, 1: 20 } }, { numaPages: { 0: 79, 1: 21 } }],
    [{ maxCrossNodeMigrationRatio: 0.1 }, { numaPagesMigrated: 20 }, { numaPagesMigrated: 21 }],
    [{ maxSlowTierRatio: 0.2 }, { numaPages: { 0: 80, 1: 20 } }, { numaPages: { 0: 79, 1: 21 } }],
  ];
  test.each(rows)("%o", (checks, good, bad) => {
    expect([outcomeOf(checks, good), outcomeOf(checks, bad)]).toEqual(["pass", "fail"]);
  });

  const pairOf = (a: Parameters<typeof aWorker>[0], b: Parameters<typeof aWorker>[0]) =>
    aWork({ reports: [aWorker(a), aWorker({ ...b, index: 1, pid: 101 })] });
  const off = (pct: number) => ({ offCpuNs: pct * 10 * ms, wallTimeNs: 1000 * ms });

  test("max_spread_pct is of percentage points between two workers or more", () => {
    expect(judgeSpread(pairOf(off(50), off(65)), 15).outcome).toBe("pass");
    expect(judgeSpread(pairOf(off(50), off(65.1)), 15).outcome).toBe("fail");
    expect(judgeSpread(aWork({ reports: [aWorker()] }), 15).outcome).toBe("skip");
  });

  test("max_throughput_cv is of two workers or more: 100 and 300 units per CPU second vary by a half", () => {
    const pair = pairOf({ workUnits: 50 }, { workUnits: 150 });
    expect(judgeThroughputCv(pair, 0.5)).toMatchObject({ found: 0.5, outcome: "pass" });
    expect(judgeThroughputCv(pair, 0.499).outcome).toBe("fail");
    expect(judgeThroughputCv(aWork({ reports: [aWorker()] }), 0.5).outcome).toBe("skip");
  });

  test("max_wake_latency_cv is of two samples or more, of all workers together", () => {
    const pair = pairOf(wakes(100), wakes(200));
    expect(judgeWakeCv(pair, 0.34)).toMatchObject({ outcome: "pass" });
    expect(judgeWakeCv(pair, 0.33).outcome).toBe("fail");
    expect(judgeWakeCv(aWork({ reports: [aWorker(wakes(100))] }), 1).outcome).toBe("inconclusive");
  });

  test("a percentile is a sample that was there, by nearest rank: the 99th of a hundred is the one with index 98", () => {
    expect(percentileNs(latenciesOf(Array.from({ length: 100 }, (_, at) => at)), 0.99)).toBe(98);
    expect(percentileNs(latenciesOf(Array.from({ length: 101 }, (_, at) => at)), 0.99)).toBe(99);
  });

  test("the shortest run queue counts as one when it is empty", () => {
    expect(queueSamples([[4, 0], [4, 2], []]).map(imbalanceOf)).toEqual([4, 2, null]);
  });
});

test("§3.1, every check has its kind", () => {
  const bad = aWorker({
    workUnits: 0,
    iterations: 1,
    migrations: 5,
    maxGapNs: 9e9,
    cpusByCpuset: [[3]],
    latencyKind: "wake",
    latencies: latenciesOf([1, 1000, 9000]),
    numaPages: { 1: 100 },
    numaPagesMigrated: 90,
  });
  const other = aWorker({ ...bad, pid: 101, offCpuNs: 0, workUnits: 5, cpuTimeNs: 1000 });
  const third = aWorker({ ...other, pid: 102, workUnits: 9 });
  const checks: Checks = {
    notStuck: true,
    isolation: true,
    maxThroughputCv: 0,
    minWorkRate: 1e12,
    maxP99WakeLatencyNs: 1,
    maxWakeLatencyCv: 0,
    minIterationRate: 1e9,
    maxMigrationRatio: 0,
    minPageLocality: 1,
    maxCrossNodeMigrationRatio: 0,
    maxSlowTierRatio: 0,
    maxImbalanceRatio: 1,
  };
  const { results } = judgeRun(
    aRecord({
      works: [aWork({ reports: [bad, other, third] })],
      monitor: queueSamples(Array.from({ length: 5 }, () => [9, 1])),
      scenario: { version: 1, name: "s", steps: [{}], checks },
    }),
  );
  const kinds = new Map<string, Finding["kind"]>(
    results.filter(({ outcome }) => outcome === "fail").map(({ check, kind }) => [check, kind]),
  );
  expect(Object.fromEntries(kinds)).toEqual({
    not_stuck: "no_progress",
    max_gap_ms: "stuck",
    max_spread_pct: "unfair",
    isolation: "isolation",
    max_throughput_cv: "benchmark",
    min_work_rate: "benchmark",
    max_p99_wake_latency_ns: "benchmark",
    max_wake_latency_cv: "benchmark",
    min_iteration_rate: "benchmark",
    max_migration_ratio: "migration",
    min_page_locality: "page_locality",
    max_cross_node_migration_ratio: "cross_node_migration",
    max_slow_tier_ratio: "slow_tier",
    max_imbalance_ratio: "monitor",
  });
});

test("§2.12, work is counted in units of 1024 turns by the kinds that have no number of their own", () => {
  for (const name of ["PipeIo", "FutexPingPong", "CachePipe", "AffinityChurn", "PolicyChurn"] as const) {
    const { parameters } = describeWork(name);
    const turns = Object.entries(parameters).find(([key]) => /^(burst|spin)_iters$/.test(key))?.[1];
    expect([name, turns?.kind === "number" && turns.fallback]).toEqual([name, 1024]);
  }
});
