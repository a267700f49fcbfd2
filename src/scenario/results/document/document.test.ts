import { describe, expect, test } from "vitest";
import {
  aGroup,
  aPhase,
  aPhaseWork,
  aRecord,
  aWork,
  aWorker,
  latenciesOf,
  queueSamples,
} from "../../../../test/shared/scenario-record.ts";
import { aRun, documentOf } from "../../../../test/shared/scenario-results.ts";
import { runMetrics } from "../../metrics/index.ts";
import type { PhaseRecord } from "../../record/index.ts";
import { boundaries } from "./changes.ts";
import { parseScenarioDocuments } from "./read.ts";

const two = (a: Parameters<typeof aWorker>[0], b: Parameters<typeof aWorker>[0]) =>
  aWork({ reports: [aWorker(a), aWorker({ index: 1, pid: 101, ...b })] });

describe("the document of a run", () => {
  test("is read again as it was written", () => {
    const document = aRun(1000);
    expect(parseScenarioDocuments(JSON.stringify(document), "x.json")).toEqual([document]);
    expect(parseScenarioDocuments(JSON.stringify([document, document]), "x.json")).toEqual([document, document]);
  });

  test("a text that is none is refused with what was found", () => {
    const refusal = (text: string): string => {
      try {
        parseScenarioDocuments(text, "x.json");
        return "none";
      } catch (thrown) {
        return thrown instanceof Error ? thrown.message : String(thrown);
      }
    };
    expect(refusal('{"schema":"corral.report/1"}')).toBe(
      '"x.json" is no result of a scenario (corral.scenario/1): it has the schema "corral.report/1"',
    );
    expect(refusal("[]")).toBe('"x.json" is no result of a scenario (corral.scenario/1): an empty list');
    expect(refusal("[1]")).toBe('"x.json" is no result of a scenario (corral.scenario/1): it has no schema');
    expect(refusal(JSON.stringify({ ...aRun(1), steps: "1" }))).toMatch(/corral\.scenario\/1\): steps: .*number/);
    expect(refusal("{")).toMatch(/^"x\.json" is no result of a scenario/);
  });

  test("says what was asked, and what became of it", () => {
    const { verdict, asked, checks } = aRun(1000);
    expect([verdict, asked, checks.map(({ check, outcome }) => `${check} ${outcome}`)]).toEqual([
      "pass",
      { not_stuck: true, isolation: true },
      ["not_stuck pass", "isolation pass", "max_gap_ms pass", "max_spread_pct pass", "min pass"],
    ]);
  });

  test("says how slow the machine was, and what that changed", () => {
    const costs = { computeBest: 5, compute: 5.5, computeBusy: 10.5, timer: 3, process: 20 };
    const dilation = {
      factor: 10.5,
      rateFactor: 12,
      setupFactor: 21,
      source: "measured",
      costs,
      limitsMs: { startWaitMs: 630_000, writeLimitMs: 42_000 },
      uncountedMs: 2500,
    } as const;
    const told = documentOf(aRecord({ dilation })).dilation;
    expect(told).toEqual({
      ...{ factor: 10.5, rate_factor: 12, setup_factor: 21, source: "measured", uncounted_sec: 2.5 },
      ...{ compute_best_ratio: 5, compute_ratio: 5.5, compute_busy_ratio: 10.5, timer_ratio: 3, process_ratio: 20 },
      limits_ms: { start_wait: 630_000, write_limit: 42_000 },
    });
    const given = documentOf(aRecord({ dilation: { ...dilation, source: "given", costs: null } })).dilation;
    expect([given.source, given.compute_ratio]).toEqual(["given", null]);
  });

  test("a series has the metrics that were there, with null where one was missing", () => {
    const { groups } = documentOf(aRecord({ groups: [aGroup("oom_kills", [0, null, 2])] }));
    expect(groups[0]?.series).toEqual({ at_ms: [100, 200, 300], metrics: { oom_kills: [0, null, 2] } });
  });
});

describe("figures of a group", () => {
  test("are of sums and pools, never means of means", () => {
    const wake = (samples: readonly number[]) =>
      ({ latencyKind: "wake", latencies: latenciesOf(samples), maxLatencyNs: Math.max(...samples) }) as const;
    const { cgroups } = documentOf(
      aRecord({
        works: [
          two(
            { ...wake([1000]), migrations: 3, offCpuNs: 1e8 },
            { ...wake([1000, 1000, 9000]), iterations: 3000, offCpuNs: 5e8 },
          ),
        ],
      }),
    );
    expect(cgroups).toHaveLength(1);
    expect(cgroups[0]).toMatchObject({
      cgroup: "web",
      workers: 2,
      iterations: 4000,
      iterations_per_worker: 2000,
      iterations_per_cpu_sec: 4000,
      migrations: 3,
      migration_ratio: 3 / 4000,
      avg_off_cpu_pct: 30,
      spread_pct: 40,
      page_locality: 1,
    });
    expect(cgroups[0]?.latencies[0]).toMatchObject({ kind: "wake", samples: 4, mean_us: 3, max_us: 9 });
    expect(cgroups[0]?.latencies[0]?.histogram).toEqual([
      { below_us: 2, samples: 3 },
      { below_us: 16, samples: 1 },
    ]);
  });

  test("what was not measured is null, not 0", () => {
    const never = { wallTimeNs: 0, iterations: 0, cpuTimeNs: 0, numaPages: null, numaPagesMigrated: null };
    expect(documentOf(aRecord({ works: [two(never, never)] })).cgroups[0]).toMatchObject({
      avg_off_cpu_pct: null,
      spread_pct: null,
      migration_ratio: null,
      iterations_per_cpu_sec: null,
      page_locality: null,
      cross_node_migration_ratio: null,
      wake_latency_tail_ratio: null,
    });
    expect(
      Object.values(documentOf(aRecord({ works: [], phases: [] })).stats).filter((value) => value !== null),
    ).toEqual([0]);
  });
});

describe("figures of a run", () => {
  test("are the worst of its groups, and totals; of shares that are better high, the lowest that is not 0", () => {
    const near = aWork({ id: 1, cgroup: "db", reports: [aWorker({ numaPages: { 0: 1, 1: 1 }, maxGapNs: 9e8 })] });
    const far = aWork({ id: 2, cgroup: "far", reports: [aWorker({ numaPages: { 1: 10 } })] });
    expect(documentOf(aRecord({ works: [aWork(), near, far] })).stats).toMatchObject({
      worst_gap_ms: 900,
      total_iterations: 4000,
      worst_page_locality: 0.5,
      worst_iterations_per_worker: 1000,
      stall_count: 0,
    });
  });

  test("the tail ratio says nothing of fewer than 100 iterations", () => {
    expect(aRun(50).stats.worst_wake_latency_tail_ratio).not.toBeNull();
    expect(aRun(49).stats.worst_wake_latency_tail_ratio).toBeNull();
  });

  test("the rate is of all iterations over all time in phases", () => {
    expect(aRun(1000).stats.iteration_rate).toBe(2000);
  });

  test("the monitor's worst is the run's", () => {
    expect(
      documentOf(
        aRecord({
          monitor: queueSamples([
            [1, 1],
            [6, 0],
            [2, 1],
          ]),
        }),
      ).stats.max_imbalance_ratio,
    ).toBe(6);
  });
});

test("the gates of all metrics", () => {
  expect(
    Object.entries(runMetrics).map(([name, { polarity, leastChange, leastShare, unit }]) =>
      [name, polarity === "higher_better" ? "high" : "low", leastChange, leastShare, unit].join(" ").trim(),
    ),
  ).toEqual([
    "worst_spread_pct low 5 0.25 points",
    "worst_gap_ms low 500 0.5 ms",
    "total_migrations low 2 0.3",
    "worst_migration_ratio low 0.05 0.2",
    "max_imbalance_ratio low 1 0.25 x",
    "max_dsq_depth low 10 0.5",
    "stall_count low 1 0.5",
    "total_fallback low 5 0.3",
    "total_keep_last low 5 0.3",
    "worst_p99_wake_latency_us low 50 0.25 us",
    "worst_median_wake_latency_us low 20 0.25 us",
    "worst_wake_latency_cv low 0.1 0.25",
    "total_iterations high 2 0.1",
    "worst_mean_run_delay_us low 50 0.25 us",
    "worst_run_delay_us low 100 0.5 us",
    "worst_wake_latency_tail_ratio low 0.5 0.25 x",
    "worst_iterations_per_worker high 10 0.1",
    "worst_page_locality high 0.05 0.1",
    "worst_cross_node_migration_ratio low 0.05 0.2",
    "iteration_rate high 1 0.3 per second",
  ]);
});

/** A step with these iterations of works, by their ids. */
const aHeld = (phase: number, iterations: Readonly<Record<number, number>>, changes: Partial<PhaseRecord> = {}) =>
  aPhase(phase, phase * 1000, {
    work: Object.entries(iterations).map(([work, count]) => aPhaseWork({ work: Number(work), iterations: count })),
    ...changes,
  });

const directions = (phases: readonly PhaseRecord[]) =>
  documentOf(aRecord({ phases })).changes.map(({ direction }) => direction);

describe("phases", () => {
  test("every step that began has one, also without any sample", () => {
    const { phases } = documentOf(aRecord({ phases: [aPhase(1, 100), aPhase(2, 2000)] }));
    expect(phases.map(({ label, iteration_rate, samples }) => [label, iteration_rate, samples])).toEqual([
      ["Step[0]", null, 0],
      ["Step[1]", null, 0],
    ]);
  });

  test("their groups have what was sampled and what their workers did", () => {
    expect(aRun(1000).phases[1]?.per_cgroup).toMatchObject([
      { cgroup: "web", iterations: 2000, iteration_rate: 2000, cpu_cores: 1, cpu_pressure_share: 0.1 },
    ]);
  });

  test("a change is told from 0.5 of imbalance, 3 of queue depth, 10 per second and 30 % of the rate on", () => {
    expect(boundaries.map(({ metric, above, by }) => `${metric} ${above} ${by}`)).toEqual([
      "avg_imbalance_ratio 0.5 difference",
      "avg_dsq_depth 3 difference",
      "fallback_rate 10 difference",
      "keep_last_rate 10 difference",
      "iteration_rate 0.3 share",
    ]);
    const rates = (before: number, after: number) => directions([aHeld(1, { 0: before }), aHeld(2, { 0: after })]);
    expect([rates(100, 131), rates(100, 130), rates(100, 69), rates(0, 5)]).toEqual([
      ["improvement"],
      [],
      ["degradation"],
      [],
    ]);
  });

  test("a rate is compared of the workers that were there in both phases, and with a phase of its kind", () => {
    expect(directions([aHeld(1, { 0: 100 }), aHeld(2, { 0: 100, 1: 900 })])).toEqual([]);
    expect(directions([aHeld(1, { 0: 100 }), aHeld(2, { 1: 900 })])).toEqual([]);
    // Set-up, a step of ops only and a loop are none of a hold's like.
    expect(directions([aHeld(0, { 0: 10 }, { holdMs: null }), aHeld(1, { 0: 100 })])).toEqual([]);
    expect(directions([aHeld(1, { 0: 100 }), aHeld(2, { 0: 10 }, { rounds: 3 })])).toEqual([]);
    const short = aHeld(2, { 0: 10 }, { endMs: 2100 });
    expect(directions([aHeld(1, { 0: 100 }), short, aHeld(3, { 0: 50 })])).toEqual(["degradation"]);
  });
});
