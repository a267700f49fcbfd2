import type { ProcessIdentity } from "../kernel/index.ts";

/** Where events come from, best first. Polling is the fallback: it misses what lives shorter than its interval. */
export type SourceName = "bpf" | "proc connector" | "polling";

/** Of whom an event tells; null where the source does not know, or was not asked to look it up. */
export interface ProcessOwner {
  /** Real user id. */
  readonly uid: number | null;
  /** Inode number of the process's cgroup v2 directory, which is the group's id. */
  readonly cgroupId: bigint | null;
}

/** What every lifecycle event tells about its process, which is meant whole: threads have no events. */
interface EventBase extends ProcessOwner {
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

/** What a process executed. Untrusted bytes (kernel/byte-text.ts); null where the source does not know. */
export interface ExecutedProgram {
  /** The file that runs, of a script its interpreter, as /proc/PID/exe has it. */
  readonly exe: string | null;
  /** At most 512 bytes of arguments, the last one cut off when `argvTruncated`. */
  readonly argv: readonly string[] | null;
  readonly argvTruncated: boolean;
}

/**
 * The process executed a program. A reconciled or polled one may stand for several, and for a process that only
 * renamed itself: the scan sees no more than a new name.
 */
export interface ExecEvent extends EventBase, ExecutedProgram {
  readonly kind: "exec";
  /**
   * Name of the process: of a source other than bpf when it was read, which may be after a further exec. At most 15
   * bytes, untrusted. Null when it was gone by then.
   */
  readonly comm: string | null;
  /** The path as it was given to execve(2), at most 255 bytes, untrusted; null of a source that can only ask /proc. */
  readonly filename: string | null;
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
  /** The signal left a core dump (core(5)); null when nobody told. */
  readonly coreDumped: boolean | null;
}

export type LifecycleEvent = ForkEvent | ExecEvent | ExitEvent;
