import type { Operation } from "./operations.ts";

/** Totals since the workload began; never differences, so that a lost message loses nothing. */
export interface Totals {
  readonly getOperations: bigint;
  readonly getBytes: bigint;
  readonly putOperations: bigint;
  readonly putBytes: bigint;
  /** Operations that move no data: list, stat, delete. */
  readonly metaOperations: bigint;
  readonly errors: bigint;
  readonly retries: bigint;
  /** Figures of the workload's own, by name, as they stand; whether they may be added up, who asked for them knows. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Of a workload that has done nothing yet. */
export const noTotals: Totals = {
  getOperations: 0n,
  getBytes: 0n,
  putOperations: 0n,
  putBytes: 0n,
  metaOperations: 0n,
  errors: 0n,
  retries: 0n,
  metrics: {},
};

/**
 * Buckets of the latency layout (src/fleet/latencies) that have operations, ascending, and how many each of them has. A bucket
 * comes again, right behind itself, where 32 bits cannot count its operations.
 */
export interface LatencyBuckets {
  readonly indexes: Uint16Array;
  readonly counts: Uint32Array;
}

/** Operations of one kind and of one bucket of sizes: how many took how long. */
export interface LatencyCell extends LatencyBuckets {
  readonly operation: Operation;
  /** Number of the bucket in `sizeBuckets`. */
  readonly sizeBucket: number;
  /** What they moved together. */
  readonly bytes: bigint;
}

/** What the CPUs of an agent's host were busy with, in percent of all of them. */
export interface CpuShares {
  readonly userPercent: number;
  readonly systemPercent: number;
  readonly iowaitPercent: number;
}

/** What a workload did in a span of its life. Spans of an agent follow each other without a gap. */
export interface Interval {
  /** Since the workload began. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly errors: bigint;
  /** Null: not measured. */
  readonly cpu: CpuShares | null;
  readonly cells: readonly LatencyCell[];
}

/** What a running workload has to tell. */
export interface WorkReport {
  readonly totals: Totals;
  /** Those that no report before had; several when reports had to wait. */
  readonly intervals: readonly Interval[];
}

/** A report of a workload that has begun. */
export interface BegunReport extends WorkReport {
  /** When it really did, by the agent's clock. */
  readonly actualStartNs: bigint;
  /** Since then. */
  readonly elapsedMs: number;
}

/** Of a workload that has not begun. */
export const noReport: WorkReport = { totals: noTotals, intervals: [] };

/** What was done before the start. */
export interface PrepareResult {
  readonly wallMs: number;
  readonly cells: readonly LatencyCell[];
}

/** What came of a workload that has ended by itself. */
export interface FinalReport extends WorkReport {
  readonly wallMs: number;
  /** Of its whole life: the sum of all intervals. */
  readonly cells: readonly LatencyCell[];
  /** Null: there was nothing to prepare, or it was not measured. */
  readonly prepare: PrepareResult | null;
}

/** Of a workload that has done nothing. */
export const noWork: FinalReport = { totals: noTotals, intervals: [], wallMs: 0, cells: [], prepare: null };
