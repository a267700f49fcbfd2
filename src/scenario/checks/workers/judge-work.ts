import type { Checks } from "../../model/index.ts";
import type { RunRecord, WorkRecord } from "../../record/index.ts";
import { excuse } from "../ended-early.ts";
import { inconclusive } from "../finding.ts";
import type { CheckResult, Finding } from "../result.ts";
import { everywhere } from "../result.ts";
import { judgeIsolation } from "./isolation.ts";
import type { WorkerLimits } from "./limits.ts";
import { cutTimeOf, lostTimeOf } from "./lost-time.ts";
import { judgeCrossNodeMigration, judgePageLocality, judgeSlowTier } from "./pages.ts";
import { judgeGap, judgeProgress, judgeSpread } from "./progress.ts";
import { judgeIterationRate, judgeMigrations, judgeThroughputCv, judgeWorkRate } from "./rates.ts";
import { judgeWakeCv, judgeWakeP99 } from "./wake-latency.ts";

type Judge = (work: WorkRecord, limit: number) => Finding | readonly Finding[];

/** Checks with a limit, by their names in files, in the order they are told. */
const limited: readonly (readonly [string, keyof WorkerLimits, Judge])[] = [
  ["max_gap_ms", "maxGapMs", judgeGap],
  ["max_spread_pct", "maxSpreadPct", judgeSpread],
  ["max_throughput_cv", "maxThroughputCv", judgeThroughputCv],
  ["min_work_rate", "minWorkRate", judgeWorkRate],
  ["max_p99_wake_latency_ns", "maxP99WakeLatencyNs", judgeWakeP99],
  ["max_wake_latency_cv", "maxWakeLatencyCv", judgeWakeCv],
  ["min_iteration_rate", "minIterationRate", judgeIterationRate],
  ["max_migration_ratio", "maxMigrationRatio", judgeMigrations],
  ["min_page_locality", "minPageLocality", judgePageLocality],
  ["max_cross_node_migration_ratio", "maxCrossNodeMigrationRatio", judgeCrossNodeMigration],
  ["max_slow_tier_ratio", "maxSlowTierRatio", judgeSlowTier],
];

/** Worker checks by their names in files, with the field that asks for each. */
const asking: readonly (readonly [string, keyof Checks])[] = [
  ["not_stuck", "notStuck"],
  ["isolation", "isolation"],
  ...limited.map(([check, key]) => [check, key] as const),
];

/** Every work by itself; a check that was asked for and met no worker at all is inconclusive. */
export function judgeWorks(record: RunRecord, asked: Checks, limits: WorkerLimits): CheckResult[] {
  const ran = record.works.filter(({ reports }) => reports.length > 0);
  const results = ran.flatMap((work) =>
    judgeWork(work, limits, { none: lostTimeOf(work, record), less: cutTimeOf(work, record) }),
  );
  const judged = new Set(results.map(({ check }) => check));
  const missed = asking.filter(([check, key]) => (asked[key] ?? false) !== false && !judged.has(check));
  return [...results, ...missed.map(([check]) => withoutWorkers(check))];
}

const withoutWorkers = (check: string): CheckResult => ({
  check,
  advisory: false,
  ...inconclusive("other", everywhere, "there were no workers to be judged by it"),
});

/** Why workers had no time to do anything (`lostTimeOf`), or less than they were to have (`cutTimeOf`); null: they had. */
export interface LostTime {
  readonly none: string | null;
  readonly less: string | null;
}

/** What shares and rates say of time that was not there: nothing. */
const isOverTime = ({ kind }: Finding): boolean => kind === "unfair" || kind === "benchmark";

const itsTime: LostTime = { none: null, less: null };

/** Everything that is asked of the workers of one work. */
export function judgeWork(work: WorkRecord, limits: WorkerLimits, { none, less }: LostTime = itsTime): CheckResult[] {
  const named = (check: string, found: Finding | readonly Finding[]): CheckResult[] =>
    [found].flat().map((finding) => ({
      check,
      advisory: false,
      ...(isOverTime(finding) ? excuse(finding, none ?? less) : finding),
    }));
  return [
    ...(limits.notStuck ? named("not_stuck", judgeProgress(work, none)) : []),
    ...(limits.isolation ? named("isolation", judgeIsolation(work)) : []),
    ...limited.flatMap(([check, key, judge]) => {
      const limit = limits[key];
      return typeof limit === "number" ? named(check, judge(work, limit)) : [];
    }),
  ];
}
