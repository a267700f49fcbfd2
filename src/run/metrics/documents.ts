import type { ConstraintStatus, ExitReason, SlaViolation } from "../../report/index.ts";
import { constraintStatuses, exitReasons, slaViolations } from "../../report/index.ts";
import { totalViolations } from "./counters.ts";
import type { JobMetrics } from "./families.ts";
import { durationsOf } from "./families.ts";
import type { LiveState } from "./live-jobs.ts";
import { liveStates } from "./live-jobs.ts";
import type { JobMode } from "./result-facts.ts";
import { jobModes } from "./result-facts.ts";
import { cumulativeBuckets } from "./sample.ts";
import type { Violation } from "./violations.ts";

/** The counters of `corral metrics --json`; schemas/metrics.schema.json is its JSON Schema. */
export interface MetricsDocument {
  readonly schema: "corral.metrics/1";
  /** Wall clock, RFC 3339 with milliseconds. */
  readonly time: string;
  readonly corral_version: string;
  /** Jobs that have a result; pairs without one are left out, here and below. */
  readonly jobs: readonly { readonly mode: JobMode; readonly reason: ExitReason; readonly count: number }[];
  readonly jobs_live: readonly { readonly state: LiveState; readonly count: number }[];
  readonly job_durations: readonly {
    readonly mode: JobMode;
    readonly count: number;
    readonly sum_sec: number;
    /** Cumulative; the bound is included and null is no bound. */
    readonly buckets: readonly { readonly le_sec: number | null; readonly count: number }[];
  }[];
  readonly job_cpu_sec: number;
  readonly job_throttled_sec: number;
  readonly job_oom_kills: number;
  readonly constraints: readonly {
    readonly name: string;
    readonly status: ConstraintStatus;
    readonly count: number;
  }[];
  readonly platform_sla: {
    readonly compliant: number;
    readonly violated: number;
    readonly violations: readonly { readonly reason: SlaViolation; readonly count: number }[];
  };
  readonly results_unreadable: number;
}

/** The list of `corral metrics --violations --json`; schemas/violations.schema.json is its JSON Schema. */
export interface ViolationsDocument {
  readonly schema: "corral.violations/1";
  readonly time: string;
  /** How many there are; the list has the newest of them. */
  readonly total: number;
  readonly violations: readonly Violation[];
}

const some = <T extends { readonly count: number }>(entries: readonly T[]): readonly T[] =>
  entries.filter(({ count }) => count > 0);

function jobDurations({ fold }: JobMetrics): MetricsDocument["job_durations"] {
  return some(
    jobModes.map((mode) => {
      const durations = durationsOf(fold.counters.durations[mode]);
      const buckets = cumulativeBuckets(durations).map(([le, count]) => ({
        le_sec: le === "+Inf" ? null : Number(le),
        count,
      }));
      return { mode, count: buckets.at(-1)?.count ?? 0, sum_sec: durations.sumSec, buckets };
    }),
  );
}

/** The metrics as one document. @param time wall clock, RFC 3339 */
export function toMetricsDocument(metrics: JobMetrics, time: string): MetricsDocument {
  const { counters, unreadable } = metrics.fold;
  return {
    schema: "corral.metrics/1",
    time,
    corral_version: metrics.version,
    jobs: some(
      jobModes.flatMap((mode) => exitReasons.map((reason) => ({ mode, reason, count: counters.jobs[mode][reason] }))),
    ),
    jobs_live: some(liveStates.map((state) => ({ state, count: metrics.live[state] }))),
    job_durations: jobDurations(metrics),
    job_cpu_sec: Number(counters.cpuUs) / 1e6,
    job_throttled_sec: Number(counters.throttledUs) / 1e6,
    job_oom_kills: Number(counters.oomKills),
    constraints: some(
      [...counters.constraints]
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .flatMap(([name, counts]) => constraintStatuses.map((status) => ({ name, status, count: counts[status] }))),
    ),
    platform_sla: {
      compliant: counters.slaCompliant,
      violated: totalViolations(counters),
      violations: some(slaViolations.map((reason) => ({ reason, count: counters.slaViolations[reason] }))),
    },
    results_unreadable: unreadable,
  };
}

/** The newest violations as one document. @param time wall clock, RFC 3339 */
export function toViolationsDocument(metrics: JobMetrics, time: string): ViolationsDocument {
  return {
    schema: "corral.violations/1",
    time,
    total: totalViolations(metrics.fold.counters),
    violations: metrics.fold.violations,
  };
}
