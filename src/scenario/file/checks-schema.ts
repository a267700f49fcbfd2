import type * as v from "valibot";
import { described, section, truth, wholeNumber } from "../../report/config/index.ts";
import { atLeastZero, fraction, optional } from "./values.ts";

const number = (description: string) => optional(described(atLeastZero("a number, 0 or more"), description));
const part = (description: string) => optional(described(fraction, description));
const flag = (description: string) => optional(described(truth, description));

/** What is asserted; every field is absent unless asked for. */
export const checksSchema = section({
  not_stuck: flag("Every worker makes progress, and spread and gap are within the built-in limits."),
  max_gap_ms: number("Longest time between two checkpoints of a worker, ms."),
  max_spread_pct: number("Highest minus lowest off-CPU share of the workers, percentage points."),
  isolation: flag("Workers ran on their group's CPUs only."),
  max_throughput_cv: number("Coefficient of variation of work per CPU second."),
  min_work_rate: number("Work units per CPU second of every worker, at least."),
  max_p99_wake_latency_ns: number("99th percentile of wake-up latencies, ns."),
  max_wake_latency_cv: number("Coefficient of variation of wake-up latencies."),
  min_iteration_rate: number("Iterations per second of every worker, at least."),
  max_migration_ratio: number("CPU migrations per iteration."),
  min_page_locality: part("Share of pages on the nodes of the cpuset, at least."),
  max_cross_node_migration_ratio: part("Pages migrated between nodes per page in use."),
  max_slow_tier_ratio: part("Share of pages on nodes outside those of the cpuset."),
  max_imbalance_ratio: number("Longest run queue over the shortest, sustained."),
  max_local_dsq_depth: number("Tasks in a local dispatch queue, sustained."),
  fail_on_rq_clock_stuck: flag("A run queue's clock must advance while tasks are runnable."),
  sustained_samples: optional(
    described(wholeNumber("a number of samples", 1, 10_000), "Samples in a row that a monitor check needs."),
  ),
  max_fallback_rate: number("Fallbacks of select_cpu per second."),
  max_keep_last_rate: number("Dispatches that kept the last task, per second."),
  enforce_monitor_thresholds: flag("What the monitor finds decides the verdict; no higher layer takes it back."),
  allow_inconclusive: flag("A check that had nothing to judge does not spoil the verdict."),
}) satisfies v.GenericSchema;
