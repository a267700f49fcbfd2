import type { Polarity } from "../model/index.ts";

/**
 * How figures of several runs become one. counter: a count of a run; peak: its highest; gauge: a level; rate: a count over a
 * time or another count, which is made anew of the sums.
 */
export type MetricKind = "counter" | "peak" | "gauge" | "rate";

/** What a metric is, and how large a change has to be before it means something. */
export interface MetricDefinition {
  readonly polarity: Polarity;
  readonly kind: MetricKind;
  /** Smallest change that counts, in the metric's unit. */
  readonly leastChange: number;
  /** Smallest change that counts, as a share of the value before: 0.25 is a quarter. Both must be reached. */
  readonly leastShare: number;
  /** For people; empty for a count. */
  readonly unit: string;
}

const lower = (kind: MetricKind, leastChange: number, leastShare: number, unit = ""): MetricDefinition => ({
  polarity: "lower_better",
  kind,
  leastChange,
  leastShare,
  unit,
});

const higher = (kind: MetricKind, leastChange: number, leastShare: number, unit = ""): MetricDefinition => ({
  ...lower(kind, leastChange, leastShare, unit),
  polarity: "higher_better",
});

/** The metrics of a whole run. */
export const runMetrics = {
  worst_spread_pct: lower("peak", 5, 0.25, "points"),
  worst_gap_ms: lower("peak", 500, 0.5, "ms"),
  total_migrations: lower("counter", 2, 0.3),
  worst_migration_ratio: lower("peak", 0.05, 0.2),
  max_imbalance_ratio: lower("peak", 1, 0.25, "x"),
  max_dsq_depth: lower("peak", 10, 0.5),
  stall_count: lower("counter", 1, 0.5),
  total_fallback: lower("counter", 5, 0.3),
  total_keep_last: lower("counter", 5, 0.3),
  worst_p99_wake_latency_us: lower("peak", 50, 0.25, "us"),
  worst_median_wake_latency_us: lower("peak", 20, 0.25, "us"),
  worst_wake_latency_cv: lower("peak", 0.1, 0.25),
  total_iterations: higher("counter", 2, 0.1),
  worst_mean_run_delay_us: lower("peak", 50, 0.25, "us"),
  worst_run_delay_us: lower("peak", 100, 0.5, "us"),
  worst_wake_latency_tail_ratio: lower("peak", 0.5, 0.25, "x"),
  worst_iterations_per_worker: higher("gauge", 10, 0.1),
  worst_page_locality: higher("gauge", 0.05, 0.1),
  worst_cross_node_migration_ratio: lower("peak", 0.05, 0.2),
  iteration_rate: higher("rate", 1, 0.3, "per second"),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type RunMetric = keyof typeof runMetrics;

export const runMetricNames = Object.keys(runMetrics) as readonly RunMetric[];

/** Fewest iterations of a run whose tail ratio says something. */
export const leastIterationsForTail = 100;

/** The definition of a metric by its name; null for one that nobody knows. */
export const metricDefinition = (name: string): MetricDefinition | null =>
  Object.hasOwn(runMetrics, name) ? runMetrics[name as RunMetric] : null;

/** Of a metric that a payload declares: any change of a tenth counts, when it says which way is better. */
export const payloadMetricDefinition = (polarity: Polarity, unit: string): MetricDefinition => ({
  polarity,
  kind: "gauge",
  leastChange: 0,
  leastShare: 0.1,
  unit,
});
