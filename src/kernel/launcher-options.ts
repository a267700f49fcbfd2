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

/**
 * The launcher's command line up to and including `--`. `place` is a join that must succeed; null for `statusFd` and
 * `holdFd`: who starts it puts them in. One list that grows: made anew from parts, it would cost a start more than all
 * else that is done before the spawn.
 */
export function launcherArguments(
  options: LauncherOptions,
  statusFd: number | null,
  holdFd: number | null,
  place: string | null,
): string[] {
  const { ioprio, sched, groups } = options;
  const words = ["run"];
  const add = (name: string, value: string | number | null): void => {
    if (value !== null) words.push(name, String(value));
  };
  add("--status", statusFd);
  add("--hold", holdFd);
  add("--place", place);
  for (const file of options.joins) words.push("--join", file);
  if (options.pgroup) words.push("--pgroup");
  add("--nice", options.nice);
  add("--oom-score", options.oomScore);
  if (ioprio !== null) add("--ioprio", `${ioprio.class}:${ioprio.level}`);
  if (sched !== null) add("--sched", `${sched.policy}:${sched.priority}`);
  add("--affinity", options.affinity);
  for (const { resource, soft, hard } of options.rlimits)
    add("--rlimit", `${resource}=${soft ?? "inf"}:${hard ?? "inf"}`);
  add("--workdir", options.workdir);
  if (groups !== null) add("--groups", groups.join(","));
  add("--gid", options.gid);
  add("--uid", options.uid);
  if (options.strict) words.push("--strict");
  words.push("--");
  return words;
}
