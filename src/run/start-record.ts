import type { GroupDirectory } from "../cgroup/index.ts";
import type { ProcessIdentity } from "../kernel/index.ts";
import type { ConstraintOutcome, Intent, RunReport } from "../report/index.ts";

/** One attribute of one task that attaching changed; both values as the launcher spells them. */
export interface TaskChange {
  /** A thread for the attributes that the kernel keeps per thread, else the process. */
  readonly tid: number;
  /** `nice`, `oom-score`, `ioprio`, `sched`, `affinity` or `rlimit.<number>`, as the launcher names them. */
  readonly attribute: string;
  readonly before: string;
  readonly after: string;
}

/** A group that a process was taken out of, per directory of the job's group that it was moved to. */
export interface GroupOrigin {
  readonly from: string;
  readonly to: string;
}

/** What attaching did to one process, so that it can be undone, by this Corral or a later one. */
export interface AdoptedProcess {
  readonly process: ProcessIdentity;
  /** When, in clock ticks after boot: threads that started later inherited what was set. */
  readonly since_ticks: number;
  readonly origins: readonly GroupOrigin[];
  readonly changes: readonly TaskChange[];
}

/** That Corral left a job on purpose, while its workload went on. */
export interface Departure {
  readonly time: string;
  /** The signal that made it leave, `once` for `attach --once`, `background`, or `detach` when it was told to. */
  readonly why: string;
}

/**
 * The start record of a live job, `corral.start/1`: what another Corral needs in order to find the
 * workload, its group and its limits after this one was killed. One file per job in the runtime
 * directory, replaced by rename, removed when the result stands.
 */
export interface StartRecord {
  readonly schema: "corral.start/1";
  readonly job_id: string;
  readonly mode: RunReport["mode"];
  /** The Corral that watches the job; a dead one left it behind. */
  readonly corral: ProcessIdentity;
  /** Null until the workload's process exists; it is recorded before its exec. */
  readonly workload: ProcessIdentity | null;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly uid: number;
  readonly start_time: string;
  /** CLOCK_MONOTONIC in nanoseconds, from which durations count: just before the exec, or the attach; null until then. */
  readonly begun_ns: string | null;
  readonly lifetime: "detach" | "tied";
  /** `own`: the workload leads a process group. */
  readonly process_group: "own" | "shared";
  readonly timeout_sec: number | null;
  readonly kill_after_sec: number;
  readonly strict: boolean;
  readonly intent: Intent | null;
  readonly sla_eligible: boolean;
  readonly scope: RunReport["scope"];
  readonly tags: Readonly<Record<string, string>>;
  /** Directories that are about to be made: a Corral killed in between leaves them without an inode on record. */
  readonly planned_groups: readonly string[];
  readonly groups: readonly GroupDirectory[];
  /** When the group first got what it had not at the start, so that it counts only part of the use; null when it counts all. */
  readonly groups_since: string | null;
  readonly constraints: readonly ConstraintOutcome[];
  /** attach: leave limits and group as they are when Corral goes. */
  readonly keep_limits: boolean;
  /** attach: what was done to which process; empty for run. */
  readonly adopted: readonly AdoptedProcess[];
  /** attach: memory that was charged elsewhere before the move; null where nothing was moved. */
  readonly memory_elsewhere_bytes: number | null;
  /** Null while Corral is meant to watch the job. */
  readonly left: Departure | null;
  /** When `corral stop` began to end the workload, null otherwise. */
  readonly stop_time: string | null;
  readonly warnings: readonly string[];
}
