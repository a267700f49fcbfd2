import type { ProcessIdentity } from "../kernel/index.ts";

/** Where lifecycle events come from, best first. Polling is the fallback: it misses what lives shorter than its interval. */
export type SourceName = "proc connector" | "polling";

/** What every event tells about its process, which is meant whole: threads have no events. */
interface EventBase {
  readonly tgid: number;
  /** Null when the process was gone, or hidden from us, before its start time could be read. */
  readonly identity: ProcessIdentity | null;
  /** Parent when the event was told, null when not known. */
  readonly ppid: number | null;
  /**
   * CLOCK_MONOTONIC, as `process.hrtime.bigint()` counts: the kernel's time of the event; of the scan that noticed it
   * for polled and reconciled ones.
   */
  readonly timestampNs: bigint;
  readonly source: SourceName;
  /** The event itself was lost; a scan of /proc found its effect. */
  readonly reconciled: boolean;
}

/** A new process. */
export interface ForkEvent extends EventBase {
  readonly kind: "fork";
}

/**
 * The process executed a program. A reconciled or polled one may stand for several, and for a process that only
 * renamed itself: the scan sees no more than a new name.
 */
export interface ExecEvent extends EventBase {
  readonly kind: "exec";
  /**
   * Name of the process when it was read, which may be after a further exec; at most 15 bytes, untrusted. Null when it
   * was gone by then.
   */
  readonly comm: string | null;
}

/** The process ended with all its threads. */
export interface ExitEvent extends EventBase {
  readonly kind: "exit";
  /** In the form of wait(2); null when nobody told. */
  readonly status: number | null;
  /** Exit code 0–255, null when a signal ended it or nobody told. */
  readonly code: number | null;
  /** Number of the signal that ended it, null when it exited or nobody told. */
  readonly signal: number | null;
}

export type LifecycleEvent = ForkEvent | ExecEvent | ExitEvent;
