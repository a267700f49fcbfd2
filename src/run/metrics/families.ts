import { constraintStatuses, exitReasons, slaViolations } from "../../report/index.ts";
import type { DurationHistogram } from "./counters.ts";
import { durationBoundsSec, totalViolations } from "./counters.ts";
import type { LiveJobs } from "./live-jobs.ts";
import { liveStates } from "./live-jobs.ts";
import { jobModes } from "./result-facts.ts";
import type { Fold } from "./result-fold.ts";
import type { Distribution, Sample } from "./sample.ts";
import { histogramSamples, sample } from "./sample.ts";

/** Everything that is told about the jobs of one state directory. */
export interface JobMetrics {
  /** Version of this Corral. */
  readonly version: string;
  readonly fold: Fold;
  readonly live: LiveJobs;
}

/** One metric: what it is and how its samples follow from what is known. */
export interface MetricFamily<Known = JobMetrics> {
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly help: string;
  readonly samples: (known: Known) => readonly Sample[];
}

const toSeconds = (us: bigint): number => Number(us) / 1e6;

/** How long jobs of a mode ran, as a histogram tells it. */
export const durationsOf = ({ buckets, sumUs }: DurationHistogram): Distribution => ({
  boundsSec: durationBoundsSec,
  counts: buckets,
  sumSec: toSeconds(sumUs),
});

/**
 * Every metric by name. A known label value is there from the start, with 0; the id of a job is never a label, since
 * every job would make a new series. docs/metrics.md is compared with this table by a test.
 */
export const metricFamilies = {
  corral_build_info: {
    type: "gauge",
    labels: ["version"],
    help: "Always 1; the version of the Corral that tells.",
    samples: ({ version }) => [sample(1, { version })],
  },
  corral_jobs_total: {
    type: "counter",
    labels: ["mode", "reason"],
    help: "Jobs that have a result, by how they were governed and by exit reason.",
    samples: ({ fold }) =>
      jobModes.flatMap((mode) =>
        exitReasons.map((reason) => sample(fold.counters.jobs[mode][reason], { mode, reason })),
      ),
  },
  corral_jobs_live: {
    type: "gauge",
    labels: ["state"],
    help: "Jobs that live now, by state.",
    samples: ({ live }) => liveStates.map((state) => sample(live[state], { state })),
  },
  corral_job_duration_seconds: {
    type: "histogram",
    labels: ["mode"],
    help: "How long jobs ran that were watched to their end, from the exec or the attach to the exit.",
    samples: ({ fold }) =>
      jobModes.flatMap((mode) => histogramSamples(durationsOf(fold.counters.durations[mode]), { mode })),
  },
  corral_job_cpu_seconds_total: {
    type: "counter",
    labels: [],
    help: "CPU time of jobs that have a result, user and system.",
    samples: ({ fold }) => [sample(toSeconds(fold.counters.cpuUs))],
  },
  corral_job_throttled_seconds_total: {
    type: "counter",
    labels: [],
    help: "Time for which CPU quotas held back jobs that have a result.",
    samples: ({ fold }) => [sample(toSeconds(fold.counters.throttledUs))],
  },
  corral_job_oom_kills_total: {
    type: "counter",
    labels: [],
    help: "Processes killed for lack of memory in jobs that have a result.",
    samples: ({ fold }) => [sample(Number(fold.counters.oomKills))],
  },
  corral_constraints_total: {
    type: "counter",
    labels: ["name", "status"],
    help: "Limits asked for by jobs that have a result, by name and by what became of them.",
    samples: ({ fold }) =>
      [...fold.counters.constraints]
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .flatMap(([name, counts]) => constraintStatuses.map((status) => sample(counts[status], { name, status }))),
  },
  corral_platform_sla_total: {
    type: "counter",
    labels: ["compliant"],
    help: "Jobs with --sla-eligible that have a result, by whether the platform kept its side.",
    samples: ({ fold: { counters } }) => [
      sample(counters.slaCompliant, { compliant: "true" }),
      sample(totalViolations(counters), { compliant: "false" }),
    ],
  },
  corral_platform_sla_violations_total: {
    type: "counter",
    labels: ["reason"],
    help: "Jobs with --sla-eligible for which the platform did not keep its side, by reason.",
    samples: ({ fold }) => slaViolations.map((reason) => sample(fold.counters.slaViolations[reason], { reason })),
  },
  corral_results_unreadable_total: {
    type: "counter",
    labels: [],
    help: "Files among the results that are none, or could not be read; no other number counts them.",
    samples: ({ fold }) => [sample(fold.unreadable)],
  },
} as const satisfies Readonly<Record<`corral_${string}`, MetricFamily>>;
