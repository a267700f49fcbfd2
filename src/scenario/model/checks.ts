/**
 * What is asserted of workers and of the host. Nothing is asserted that is not asked for: a field that is absent is not
 * judged, and false takes back what a lower layer asked for. Worker checks are judged for every WorkSpec by itself.
 */
export interface Checks {
  /** True: every worker makes progress (no_progress); also judges spread and gap by their built-in limits. */
  readonly notStuck?: boolean;
  /** Longest time between two checkpoints of a worker, ms (stuck). Built-in 2000, in slow machines 3000. */
  readonly maxGapMs?: number;
  /** Highest minus lowest off-CPU share of the workers, percentage points (unfair). Built-in 15, in slow machines 35. */
  readonly maxSpreadPct?: number;
  /** True: workers ran on their group's CPUs only, judged for every cpuset it had (isolation). */
  readonly isolation?: boolean;
  /** Coefficient of variation of work per CPU second (benchmark). */
  readonly maxThroughputCv?: number;
  /** Work units per CPU second of every worker, at least (benchmark). */
  readonly minWorkRate?: number;
  /** 99th percentile of all wake-up latencies, ns (benchmark). */
  readonly maxP99WakeLatencyNs?: number;
  /** Coefficient of variation of all wake-up latencies (benchmark). */
  readonly maxWakeLatencyCv?: number;
  /** Iterations per second of every worker, at least (benchmark). */
  readonly minIterationRate?: number;
  /** CPU migrations per iteration (migration). */
  readonly maxMigrationRatio?: number;
  /** Share of a worker's pages on the nodes of its cpuset, 0 to 1 (page_locality). */
  readonly minPageLocality?: number;
  /** Pages migrated between nodes per page in use, 0 to 1 (cross_node_migration). */
  readonly maxCrossNodeMigrationRatio?: number;
  /** Share of pages on nodes outside those of the cpuset, 0 to 1 (slow_tier). */
  readonly maxSlowTierRatio?: number;
  /** Longest run queue over the shortest, sustained (monitor). Monitor default 4. */
  readonly maxImbalanceRatio?: number;
  /** Tasks in a local dispatch queue, sustained (monitor). Monitor default 50. */
  readonly maxLocalDsqDepth?: number;
  /** True: a run queue's clock must advance while tasks are runnable (monitor). Monitor default true. */
  readonly failOnRqClockStuck?: boolean;
  /** Samples in a row that a monitor check needs, about 100 ms each. Monitor default 5. */
  readonly sustainedSamples?: number;
  /** Fallbacks of select_cpu per second (monitor). Monitor default 200. */
  readonly maxFallbackRate?: number;
  /** Dispatches that kept the last task, per second (monitor). Monitor default 100. */
  readonly maxKeepLastRate?: number;
  /** True: what the monitor finds decides the verdict. The one field that no higher layer takes back. */
  readonly enforceMonitorThresholds?: boolean;
  /** True: a check that had nothing to judge does not spoil the verdict. */
  readonly allowInconclusive?: boolean;
}

/** Where an imposed limit comes from, lowest first. */
export const builtInLimits = {
  /** Of `notStuck`, on the machine itself and where time is dilated (emulated guests). */
  maxGapMs: { native: 2000, dilated: 3000 },
  maxSpreadPct: { native: 15, dilated: 35 },
  /** Of the monitor. */
  maxImbalanceRatio: 4,
  maxLocalDsqDepth: 50,
  failOnRqClockStuck: true,
  sustainedSamples: 5,
  maxFallbackRate: 200,
  maxKeepLastRate: 100,
} as const;
