import type { Outcome, SignalMeans } from "../model/index.ts";

/** What every line of an adaptive policy has. */
interface Line<Event extends string> {
  readonly schema: "corral.adaptive/1";
  /** Wall clock, RFC 3339 with milliseconds. */
  readonly time: string;
  readonly event: Event;
  /** Path of the group, or `pid N`. */
  readonly subject: string;
}

/** The policy begins; how it hears of what it acts on. */
export interface AdaptiveStarted extends Line<"started"> {
  readonly policy: "proactive-reclaim" | "idle-compaction";
  readonly mechanism: SignalMeans["mechanism"];
  readonly mechanism_reason: string;
  readonly dry_run: boolean;
}

/** One interval of proactive reclaim. */
export interface ReclaimStep extends Line<"reclaim"> {
  readonly step: number;
  /** Memory charged to the group when it was decided. */
  readonly current_bytes: number;
  readonly swap_bytes: number | null;
  /** Share of the interval that some process was stalled for want of memory. */
  readonly stall_share: number;
  /** 0 when nothing was asked for. */
  readonly asked_bytes: number;
  /** By how much the use of the group fell; null when nothing was done. */
  readonly reclaimed_bytes: number | null;
  readonly cache_only: boolean;
  /** Null when nothing was asked for. */
  readonly outcome: Outcome | null;
  readonly reason: string;
  readonly took_ms: number;
  /** Pages of anonymous memory that were read back from swap in the interval, and of files that were read again. */
  readonly refaults_anon: number;
  readonly refaults_file: number;
}

export interface ReclaimSummary extends Line<"reclaim_summary"> {
  readonly why: string;
  readonly duration_sec: number;
  readonly intervals: number;
  readonly reclaims: number;
  readonly before_bytes: number;
  readonly after_bytes: number;
  /** Of `before_bytes`, what is gone; negative when the group grew. */
  readonly saved_share: number;
  readonly swap_bytes: number | null;
  readonly asked_bytes: number;
  readonly reclaimed_bytes: number;
  readonly target_share: number;
  /** Of the whole time, and of the worst interval. */
  readonly stall_share: number;
  readonly stall_share_most: number;
  readonly intervals_above_target: number;
  readonly refaults_anon: number;
  readonly refaults_file: number;
  /** CPU time that Corral spent, the kernel's work for it included. */
  readonly corral_cpu_ms: number;
}

/** What idle compaction decided, when that is something else than before. */
export interface CompactStep extends Line<"compact"> {
  readonly decision: "wait" | "cold" | "pageout" | "wake";
  readonly reason: string;
  /** Of one CPU, since the look before. */
  readonly cpu_share: number;
  readonly rss_bytes: number;
  /** Memory charged to its group: on disk, swap takes pages out of a process before it frees them. Null where not told. */
  readonly group_bytes: number | null;
  /** Resident memory that was advised in this step. */
  readonly advised_bytes: number;
  /** How long the kernel was busy with it. */
  readonly took_ms: number;
  readonly outcome: Outcome | null;
}

export interface CompactSummary extends Line<"compact_summary"> {
  readonly why: string;
  readonly duration_sec: number;
  readonly before_rss_bytes: number;
  readonly after_rss_bytes: number;
  readonly least_rss_bytes: number;
  readonly before_group_bytes: number | null;
  readonly least_group_bytes: number | null;
  /** Of `before_rss_bytes`, what was gone when least was resident. */
  readonly saved_share: number;
  readonly swap_bytes: number;
  readonly colds: number;
  readonly compactions: number;
  readonly wakes: number;
  readonly advised_bytes: number;
  readonly took_ms: number;
  /** The longest call of the kernel: so long may a target that wakes have waited. */
  readonly longest_call_ms: number;
  /** Page faults that had to wait for a device, swap included. */
  readonly major_faults: number;
}

export type AdaptiveLine = AdaptiveStarted | ReclaimStep | ReclaimSummary | CompactStep | CompactSummary;

/** The beginning of every line. */
export const lineOf = <Event extends string>(event: Event, subject: string): Line<Event> => ({
  schema: "corral.adaptive/1",
  time: new Date().toISOString(),
  event,
  subject,
});
