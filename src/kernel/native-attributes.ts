/** `sched_getattr(2)` of one thread; the times are 0 but for deadline scheduling (and the slice of a fair task, Linux 6.12). */
export interface NativeSchedAttr {
  /** One of `schedPolicies`. */
  readonly policy: number;
  /** Bits SCHED_FLAG_*, sched_setattr(2). */
  readonly flags: number;
  readonly nice: number;
  readonly priority: number;
  readonly runtimeNs: bigint;
  readonly deadlineNs: bigint;
  readonly periodNs: bigint;
}

/** The addon's calls on the attributes of live threads (native/BOUNDARY.md). `task-attributes.ts` is their typed door. */
export interface NativeAttributes {
  readonly getPriority: (tid: number) => number;
  readonly setPriority: (tid: number, nice: number) => void;
  /** Class in the bits from 13 up, level below. */
  readonly ioprioGet: (tid: number) => number;
  readonly ioprioSet: (tid: number, value: number) => void;
  readonly schedGetattr: (tid: number) => NativeSchedAttr;
  /** `policy` with SCHED_RESET_ON_FORK in bit 30. */
  readonly schedSetscheduler: (tid: number, policy: number, priority: number) => void;
  readonly schedSetDeadline: (
    tid: number,
    policy: number,
    flags: number,
    runtimeNs: bigint,
    deadlineNs: bigint,
    periodNs: bigint,
  ) => void;
  readonly schedGetaffinity: (tid: number) => readonly number[];
  readonly schedSetaffinity: (tid: number, cpus: readonly number[]) => void;
  /** [soft, hard], null: RLIM_INFINITY. */
  readonly prlimitGet: (pid: number, resource: number) => readonly [bigint | null, bigint | null];
  readonly prlimitSet: (pid: number, resource: number, soft: bigint | null, hard: bigint | null) => void;
}

export const attributeCalls: readonly (keyof NativeAttributes)[] = [
  "getPriority",
  "setPriority",
  "ioprioGet",
  "ioprioSet",
  "schedGetattr",
  "schedSetscheduler",
  "schedSetDeadline",
  "schedGetaffinity",
  "schedSetaffinity",
  "prlimitGet",
  "prlimitSet",
];
