import type { LauncherOptions, LauncherSet } from "../kernel/index.ts";
import {
  formatNumberList,
  inheritAll,
  ioprioClasses,
  parseNumberList,
  rlimits,
  schedPolicies,
} from "../kernel/index.ts";
import type { ConstraintOutcome } from "../report/index.ts";
import type { IoPriority, ProcessAttributes, Rlimit } from "./spec.ts";

const ioClassNumbers: Readonly<Record<IoPriority["class"], number>> = {
  none: ioprioClasses.none,
  realtime: ioprioClasses.realtime,
  "best-effort": ioprioClasses.bestEffort,
  idle: ioprioClasses.idle,
};

const rlimitValue = (value: number | "max"): bigint | null => (value === "max" ? null : BigInt(value));

/** The attributes as the launcher takes them. */
export function toLauncherOptions(
  attributes: ProcessAttributes,
  joins: readonly string[],
  processGroup: "own" | "shared",
): LauncherOptions {
  const { ioPriority, sched } = attributes;
  return {
    ...inheritAll,
    joins,
    pgroup: processGroup === "own",
    nice: attributes.nice,
    oomScore: attributes.oomScore,
    ioprio: ioPriority === null ? null : { class: ioClassNumbers[ioPriority.class], level: ioPriority.level },
    sched: sched === null ? null : { policy: schedPolicies[sched.policy], priority: sched.priority },
    affinity: attributes.affinity,
    rlimits: attributes.rlimits.map(({ resource, soft, hard }) => ({
      resource: rlimits[resource],
      soft: rlimitValue(soft),
      hard: rlimitValue(hard),
    })),
    workdir: attributes.workdir,
    groups: attributes.groups,
    gid: attributes.gid,
    uid: attributes.uid,
  };
}

/** What the user asked for under one launcher name, and how it is spelled in an outcome. */
interface Requested {
  readonly name: string;
  readonly requested: string;
  readonly mechanism: string;
}

const rlimitText = ({ resource, soft, hard }: Rlimit): string => `${resource}=${soft}:${hard}`;

function requestedBy(attributes: ProcessAttributes): Map<string, Requested> {
  const { nice, oomScore, ioPriority, sched, affinity } = attributes;
  const requests = new Map<string, Requested>();
  const add = (launcherName: string, name: string, requested: string | null, mechanism: string): void => {
    if (requested !== null) requests.set(launcherName, { name, requested, mechanism });
  };
  add("nice", "nice", nice === null ? null : String(nice), "setpriority");
  add("oom-score", "oom-score", oomScore === null ? null : String(oomScore), "oom_score_adj");
  add("ioprio", "ionice", ioPriority === null ? null : `${ioPriority.class}:${ioPriority.level}`, "ioprio_set");
  add("sched", "sched", sched === null ? null : `${sched.policy}:${sched.priority}`, "sched_setscheduler");
  add("affinity", "affinity", affinity, "sched_setaffinity");
  for (const rlimit of attributes.rlimits) {
    add(`rlimit.${rlimits[rlimit.resource]}`, "rlimit", rlimitText(rlimit), "prlimit");
  }
  return requests;
}

/** Whether there is an attribute whose fate only the launcher tells. */
export const asksForAttributes = (attributes: ProcessAttributes): boolean => requestedBy(attributes).size > 0;

/** What else the host says about an attribute that was set. */
export interface AttributeFacts {
  /** The workload is in a group with a cpu controller that Corral made. */
  readonly cpuGroup: boolean;
  /** The nice value was also made the group's weight. */
  readonly niceBecameWeight: boolean;
  readonly autogroup: boolean;
  /** Attributes that stand in for a limit: their outcome is the limit's. */
  readonly standIns: ReadonlySet<string>;
}

const readsAs: Readonly<Record<string, (effective: string) => string>> = {
  sched: (effective) => {
    const [number = "", priority = ""] = effective.split(":");
    const name = Object.entries(schedPolicies).find(([, value]) => value === Number(number))?.[0];
    return `${name ?? number}:${priority}`;
  },
  ioprio: (effective) => {
    const [number = "", level = ""] = effective.split(":");
    return `${["none", "realtime", "best-effort", "idle"][Number(number)] ?? number}:${level}`;
  },
};

/** The reason a refused attribute was refused, in the user's terms. */
function refusal(name: string, code: string | null, facts: AttributeFacts): string {
  const why = code === "EPERM" || code === "EACCES" ? `permission denied (${code})` : (code ?? "unknown error");
  if (name === "sched" && facts.cpuGroup && code === "EPERM") {
    return `${why}; a cgroup v1 cpu group has no realtime budget unless cpu.rt_runtime_us gives it one`;
  }
  if (name === "oom-score" && (code === "EACCES" || code === "EPERM")) {
    return `${why}; a value below the inherited one needs CAP_SYS_RESOURCE`;
  }
  if (name === "affinity" && code === "EINVAL") return "none of these CPUs can be used here (EINVAL)";
  return why;
}

function niceOutcome(base: Requested, effective: string | null, facts: AttributeFacts): ConstraintOutcome {
  const outcome: ConstraintOutcome = { ...base, status: "applied", effective, reason: null };
  if (facts.cpuGroup)
    return { ...outcome, reason: "orders tasks inside the group; against others the group's cpu weight decides" };
  if (!facts.autogroup) return outcome;
  return { ...outcome, status: "degraded", reason: niceBelowAutogroup };
}

/** What a nice value is worth where sched_autogroup_enabled is set (sched(7), "The autogroup feature"). */
export const niceBelowAutogroup = "autogroup is on: the kernel weighs nice only against processes of the same session";

/** The kernel leaves out CPUs that are not there or not in the cpuset, without a word (sched_setaffinity(2)). */
function affinityOutcome(base: Requested, effective: string | null): ConstraintOutcome {
  const wanted = parseNumberList(base.requested) ?? [];
  const has = effective === null ? wanted : (parseNumberList(effective) ?? wanted);
  const lacking = wanted.filter((cpu) => !has.includes(cpu));
  const outcome = { ...base, effective } as const;
  return lacking.length === 0
    ? { ...outcome, status: "applied", reason: null }
    : {
        ...outcome,
        status: "degraded",
        reason: `${lacking.length === 1 ? "CPU" : "CPUs"} ${formatNumberList(lacking)} cannot be used here`,
      };
}

/** Turns what the launcher reported into one outcome per attribute that the user asked for. */
export function attributeOutcomes(
  attributes: ProcessAttributes,
  sets: readonly LauncherSet[],
  facts: AttributeFacts,
): ConstraintOutcome[] {
  const outcomes: ConstraintOutcome[] = [];
  for (const [launcherName, base] of requestedBy(attributes)) {
    if (facts.standIns.has(launcherName) || (launcherName === "nice" && facts.niceBecameWeight)) continue;
    const set = sets.find((one) => one.name === launcherName);
    if (set === undefined) continue;
    const effective = set.effective === null ? null : (readsAs[launcherName]?.(set.effective) ?? set.effective);
    if (set.errno !== 0) {
      outcomes.push({ ...base, status: "failed", effective, reason: refusal(launcherName, set.code, facts) });
    } else if (launcherName === "nice") {
      outcomes.push(niceOutcome(base, effective, facts));
    } else if (launcherName === "affinity") {
      outcomes.push(affinityOutcome(base, effective));
    } else {
      outcomes.push({ ...base, status: "applied", effective, reason: null });
    }
  }
  return outcomes;
}
