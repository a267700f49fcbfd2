import type { Health, MetricFamily, Sample } from "../metrics/index.ts";
import { healthStatuses, histogramSamples, sample } from "../metrics/index.ts";
import type { Latencies } from "./latency-buckets.ts";
import { latencyBoundsMs } from "./latency-buckets.ts";
import type { WatchFacts } from "./watch-facts.ts";

/** What a watch tells of itself. */
export interface WatchMetrics {
  readonly facts: WatchFacts;
  readonly health: Health;
  /** Wall clock of its start, seconds since 1970. */
  readonly startTimeSec: number;
}

const boundsSec = latencyBoundsMs.map((ms) => ms / 1000);

const histogram = ({ counts, sumMs }: Latencies): readonly Sample[] =>
  histogramSamples({ boundsSec, counts, sumSec: sumMs / 1000 });

/**
 * The metrics of the watch itself, from its start on; those of its jobs are folded from their results as everybody's.
 * docs/watch.md is compared with this table by a test.
 */
export const watchFamilies = {
  corral_watch_start_time_seconds: {
    type: "gauge",
    labels: [],
    help: "When this watch was started, seconds since 1970.",
    samples: ({ startTimeSec }) => [sample(startTimeSec)],
  },
  corral_watch_health: {
    type: "gauge",
    labels: ["status"],
    help: "1 for what the watch says of itself, as /healthz does; 0 for the rest.",
    samples: ({ health }) => healthStatuses.map((status) => sample(Number(health.status === status), { status })),
  },
  corral_watch_rules: {
    type: "gauge",
    labels: [],
    help: "Rules in force.",
    samples: ({ facts }) => [sample(facts.rules)],
  },
  corral_watch_processes: {
    type: "gauge",
    labels: ["state"],
    help: "Processes that rules have chosen: governed, waiting for an attempt, or refused until they execute another program.",
    samples: ({ facts }) => [
      sample(facts.governed, { state: "governed" }),
      sample(facts.waiting, { state: "waiting" }),
      sample(facts.refused, { state: "refused" }),
    ],
  },
  corral_watch_attach_failures_total: {
    type: "counter",
    labels: [],
    help: "Attempts to govern a process that failed; refusals to touch a protected one are none.",
    samples: ({ facts }) => [sample(facts.totalAttachFailures)],
  },
  corral_watch_scans_total: {
    type: "counter",
    labels: [],
    help: "Scans of all processes that were begun.",
    samples: ({ facts }) => [sample(facts.totalScans)],
  },
  corral_watch_scan_failures_total: {
    type: "counter",
    labels: [],
    help: "Scans that failed.",
    samples: ({ facts }) => [sample(facts.totalScanFailures)],
  },
  corral_watch_scan_duration_seconds: {
    type: "gauge",
    labels: [],
    help: "How long the last scan took.",
    samples: ({ facts }) => [sample(facts.scanDurationMs / 1000)],
  },
  corral_watch_scanned_processes: {
    type: "gauge",
    labels: [],
    help: "Processes that the last scan saw.",
    samples: ({ facts }) => [sample(facts.scannedProcesses)],
  },
  corral_watch_event_driven: {
    type: "gauge",
    labels: [],
    help: "1 while processes are discovered by events, 0 while by scans alone.",
    samples: ({ facts }) => [sample(Number(facts.source !== null))],
  },
  corral_watch_events_total: {
    type: "counter",
    labels: [],
    help: "Lifecycle events of all processes of the host that were read.",
    samples: ({ facts }) => [sample(facts.events)],
  },
  corral_watch_events_lost_total: {
    type: "counter",
    labels: [],
    help: "Lifecycle events that were lost; the next scan finds what they would have told.",
    samples: ({ facts }) => [sample(facts.eventsLost)],
  },
  corral_watch_discovery_seconds: {
    type: "histogram",
    labels: [],
    help: "From the exec to the rule that matches, for processes that an event told of.",
    samples: ({ facts }) => histogram(facts.discovered),
  },
  corral_watch_governing_seconds: {
    type: "histogram",
    labels: [],
    help: "From the exec to the limits standing, for processes that an event told of.",
    samples: ({ facts }) => histogram(facts.governedAfter),
  },
} as const satisfies Readonly<Record<`corral_watch_${string}`, MetricFamily<WatchMetrics>>>;
