/** Whom to follow: a process fits by one of these, and its descendants with it. */
export interface TreeSelection {
  /** Patterns for names of processes. */
  readonly comms: readonly string[];
  readonly pids: readonly number[];
}

/** What `EventMonitor` tells. Every filter must fit; null and empty ones fit everything. */
export interface MonitorOptions {
  /** 0: everything. 1: every process, but opened files of selected trees alone. 2: selected trees alone. */
  readonly mode: 0 | 1 | 2;
  /** Null: every process. */
  readonly select: TreeSelection | null;
  readonly uids: readonly number[];
  /** Patterns for the path of the program. */
  readonly exes: readonly string[];
  /** Path of a group: its processes, and those of all groups below. */
  readonly cgroup: string | null;
  /** Only processes that live at least this long; 0: all. */
  readonly minDurationNs: bigint;
  readonly forks: boolean;
  readonly opens: boolean;
  readonly readline: boolean;
  /** For how long opens of the same file by the same process are folded into one line; 0: not at all. */
  readonly openWindowNs: bigint;
  /** Most files, folded ones not counted, and most lines that are told of a process per second; 0: any number. */
  readonly tracesPerSec: number;
}
