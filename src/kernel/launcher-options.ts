/** Soft and hard limit; null stands for RLIM_INFINITY. Unit: the resource's own (`setrlimit(2)`). */
export interface RlimitSetting {
  /** One of `rlimits`. */
  readonly resource: number;
  readonly soft: bigint | null;
  readonly hard: bigint | null;
}

/**
 * The launcher's flags, one by one (native/BOUNDARY.md). Null or empty leaves the attribute as inherited.
 * Everything that may need privilege is done before the user changes; the working directory after it.
 */
export interface LauncherOptions {
  /** v1 `tasks` or v2 `cgroup.procs` files to join, in order; a failure is reported, fatal only if strict. */
  readonly joins: readonly string[];
  /** Lead a new process group. */
  readonly pgroup: boolean;
  /** -20 to 19. */
  readonly nice: number | null;
  /** /proc/PID/oom_score_adj, -1000 to 1000. */
  readonly oomScore: number | null;
  /** `ioprioClasses` and level 0–7. */
  readonly ioprio: { readonly class: number; readonly level: number } | null;
  /** `schedPolicies` and static priority 0–99. */
  readonly sched: { readonly policy: number; readonly priority: number } | null;
  /** Cpu list as in cpuset.cpus: `0-3,5`. */
  readonly affinity: string | null;
  readonly rlimits: readonly RlimitSetting[];
  readonly workdir: string | null;
  /** Supplementary groups; an empty list drops them all. Give them whenever `uid` is given. */
  readonly groups: readonly number[] | null;
  readonly gid: number | null;
  readonly uid: number | null;
  /** Any failed join or attribute ends the launch. A failed group, gid, uid or workdir always does. */
  readonly strict: boolean;
}

/** Nothing asked for: the workload inherits everything. */
export const inheritAll: LauncherOptions = {
  joins: [],
  pgroup: false,
  nice: null,
  oomScore: null,
  ioprio: null,
  sched: null,
  affinity: null,
  rlimits: [],
  workdir: null,
  groups: null,
  gid: null,
  uid: null,
  strict: false,
};

function flag(name: string, value: string | number | null): string[] {
  return value === null ? [] : [name, String(value)];
}

/** The launcher's command line up to and including `--`. `place` is a join that must succeed. */
export function launcherArguments(
  options: LauncherOptions,
  statusFd: number,
  holdFd: number | null,
  place: string | null,
): string[] {
  const { ioprio, sched, groups } = options;
  return [
    "run",
    ...flag("--status", statusFd),
    ...flag("--hold", holdFd),
    ...flag("--place", place),
    ...options.joins.flatMap((file) => flag("--join", file)),
    ...(options.pgroup ? ["--pgroup"] : []),
    ...flag("--nice", options.nice),
    ...flag("--oom-score", options.oomScore),
    ...flag("--ioprio", ioprio === null ? null : `${ioprio.class}:${ioprio.level}`),
    ...flag("--sched", sched === null ? null : `${sched.policy}:${sched.priority}`),
    ...flag("--affinity", options.affinity),
    ...options.rlimits.flatMap(({ resource, soft, hard }) =>
      flag("--rlimit", `${resource}=${soft ?? "inf"}:${hard ?? "inf"}`),
    ),
    ...flag("--workdir", options.workdir),
    ...flag("--groups", groups === null ? null : groups.join(",")),
    ...flag("--gid", options.gid),
    ...flag("--uid", options.uid),
    ...(options.strict ? ["--strict"] : []),
    "--",
  ];
}
