import type { Limits } from "../cgroup/index.ts";
import type { rlimits } from "../kernel/index.ts";
import type { Intent } from "../report/index.ts";

/** IO scheduling class and level (ioprio_set(2)). */
export interface IoPriority {
  readonly class: "none" | "realtime" | "best-effort" | "idle";
  /** 0 (first) to 7 (last); has no meaning for `none` and `idle`. */
  readonly level: number;
}

/** CPU scheduling policy (sched(7)). */
export interface SchedPolicy {
  readonly policy: "other" | "batch" | "idle" | "fifo" | "rr";
  /** 1 to 99 for fifo and rr, 0 otherwise. */
  readonly priority: number;
}

/** One resource limit of setrlimit(2); `max` is RLIM_INFINITY. */
export interface Rlimit {
  readonly resource: RlimitName;
  readonly soft: number | "max";
  readonly hard: number | "max";
}

export type RlimitName = keyof typeof rlimits;

/** The process part of the limits: attributes set in the workload before its first instruction. A null is not touched. */
export interface ProcessAttributes {
  /** −20 to 19. */
  readonly nice: number | null;
  /** −1000 to 1000 (proc(5), oom_score_adj). */
  readonly oomScore: number | null;
  readonly ioPriority: IoPriority | null;
  readonly sched: SchedPolicy | null;
  /** CPU list such as `0-3`. */
  readonly affinity: string | null;
  readonly rlimits: readonly Rlimit[];
  readonly workdir: string | null;
  readonly uid: number | null;
  readonly gid: number | null;
  /** Supplementary groups set together with `uid`; null leaves them alone. */
  readonly groups: readonly number[] | null;
}

export const noAttributes: ProcessAttributes = {
  nice: null,
  oomScore: null,
  ioPriority: null,
  sched: null,
  affinity: null,
  rlimits: [],
  workdir: null,
  uid: null,
  gid: null,
  groups: null,
};

/** What is asked of the group and the attributes of a workload, whether it is started or runs already. */
export interface GovernSpec {
  readonly limits: Limits;
  readonly attributes: ProcessAttributes;
  /** Parent group, or null for automatic choice. */
  readonly cgroupParent: string | null;
  readonly scope: "auto" | "cgroupfs" | "systemd";
  /** True: a group is made for accounting even when no limit needs one. */
  readonly account: boolean;
  /** Refuse unless every limit is applied. */
  readonly strict: boolean;
}

/** Everything a run is asked to do, resolved and validated. */
export interface RunSpec extends GovernSpec {
  /** Program and arguments, verbatim. */
  readonly command: readonly string[];
  /** Null: Corral makes one from the program's name. */
  readonly jobId: string | null;
  /** Environment of the workload, whole. */
  readonly env: Readonly<Record<string, string>>;
  /** File descriptors of this process that become 0, 1 and 2 of the workload. */
  readonly stdio: readonly [number, number, number];
  /** Milliseconds from exec after which the workload is ended, or null. */
  readonly timeoutMs: number | null;
  /** Milliseconds between TERM and KILL when Corral ends the workload. */
  readonly killAfterMs: number;
  /** `tied`: when Corral ends, however it ends, the workload is ended too. */
  readonly lifetime: "detach" | "tied";
  /**
   * `own`: the workload leads a new process group, so that what is sent to Corral's does not reach it.
   * `shared`: it stays in Corral's, as a job of an interactive shell must for Ctrl-C, Ctrl-Z and terminal input to work.
   */
  readonly processGroup: "own" | "shared";
  readonly slaEligible: boolean;
  readonly intent: Intent | null;
  readonly tags: Readonly<Record<string, string>>;
}
