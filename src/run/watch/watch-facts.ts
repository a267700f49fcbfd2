import type { Latencies } from "./latency-buckets.ts";

/** What a watch counts of itself; times on one monotonic clock, in milliseconds. */
export interface WatchFacts {
  readonly startedMs: number;
  readonly rules: number;
  readonly scanIntervalMs: number;
  /** End of the last scan that succeeded; null before the first. */
  readonly lastScanMs: number | null;
  /** How long it took, and how many processes it saw. */
  readonly scanDurationMs: number;
  readonly scannedProcesses: number;
  readonly consecutiveScanFailures: number;
  readonly totalScans: number;
  readonly totalScanFailures: number;
  readonly consecutiveAttachFailures: number;
  readonly totalAttachFailures: number;
  /** Where events come from; null when discovery is by scan alone. */
  readonly source: string | null;
  /** The source that was open has ended with an error. */
  readonly sourceError: string | null;
  readonly events: number;
  readonly eventsLost: number;
  /** Processes in care. */
  readonly governed: number;
  readonly waiting: number;
  readonly refused: number;
  /** From exec to match and from exec to limits, where an event told of the exec. */
  readonly discovered: Latencies;
  readonly governedAfter: Latencies;
}
