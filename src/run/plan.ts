import type { Controller, Disk, HostCgroups, LimitPlan, Limits } from "../cgroup/index.ts";
import { limitNames, planLimits, weightToNice } from "../cgroup/index.ts";
import type { ConstraintOutcome } from "../report/index.ts";
import type { GovernSpec, IoPriority, ProcessAttributes } from "./spec.ts";

/** What the plan must know of the host beyond its cgroup mounts. */
export interface HostFacts {
  readonly cgroups: HostCgroups;
  /** Only needed, and only gathered, when an io weight is asked for. */
  readonly weightedDisks: readonly Disk[];
  /** kernel.sched_autogroup_enabled: nice then counts only within a session. */
  readonly autogroup: boolean;
}

/** A run resolved against a host, before anything is touched. Pure data; `--dry-run` prints it. */
export interface RunPlan {
  readonly limits: LimitPlan;
  /** Controllers that a limit needs, and those wanted only to count. */
  readonly needed: readonly Controller[];
  readonly wanted: readonly Controller[];
  /** False: no group is made at all. */
  readonly group: boolean;
  readonly attributes: ProcessAttributes;
  /** Outcomes settled by planning alone. */
  readonly settled: readonly ConstraintOutcome[];
  /** Set when --nice became a weight of the group. */
  readonly niceBecameWeight: boolean;
}

/** Controllers that count what a job uses; the order is that of the report. */
const accounting: readonly Controller[] = ["cpu", "memory", "io", "pids"];

/** Resolves a validated spec for a host: which writes, which group, which attributes. */
export function planRun(spec: GovernSpec, facts: HostFacts): RunPlan {
  const limits = translateNice(spec);
  const plan = planLimits(limits, facts.cgroups, { bfq: facts.weightedDisks.some((disk) => disk.scheduler === "bfq") });
  const group = plan.planned.length > 0 || spec.account;
  const niceBecameWeight = limits.cpuWeightNice !== undefined;
  return {
    limits: plan,
    needed: plan.controllers,
    wanted: group ? accounting.filter((controller) => wantsCounter(controller, plan.controllers, facts.cgroups)) : [],
    group,
    attributes: spec.attributes,
    settled: plan.settled,
    niceBecameWeight,
  };
}

/** The v1 cpu controller only counts throttling, which needs a quota; elsewhere it costs a group for nothing. */
function wantsCounter(controller: Controller, needed: readonly Controller[], cgroups: HostCgroups): boolean {
  if (needed.includes(controller)) return false;
  const owner = cgroups.owner[controller];
  return owner !== undefined && (owner.version === 2 || controller !== "cpu");
}

/**
 * Inside a group with a cpu controller the kernel compares groups, not tasks, so nice becomes the weight of the group.
 * An explicit weight stays the weight; nice then orders tasks inside the group only.
 */
function translateNice(spec: GovernSpec): Limits {
  const { limits, attributes } = spec;
  const cpuGroup = limits.cpuMax !== undefined || limits.cpuBurstUs !== undefined;
  const ownWeight = limits.cpuWeight !== undefined || limits.cpuIdle !== undefined;
  if (attributes.nice === null || !cpuGroup || ownWeight) return limits;
  return { ...limits, cpuWeightNice: attributes.nice };
}

/** What replaces limits whose group could not be had. */
export interface Fallbacks {
  readonly attributes: ProcessAttributes;
  readonly outcomes: readonly ConstraintOutcome[];
}

/** Best-effort IO level for a weight: 100 is 0, 50 is 3, 1 is 7. */
export const weightToIoPriority = (weight: number): IoPriority => ({
  class: "best-effort",
  level: Math.min(7, Math.max(0, 7 - Math.round((Math.min(weight, 100) / 100) * 7))),
});

/**
 * Fallbacks for limits whose controller has no group: a weight becomes nice, a cpuset becomes an affinity, an io
 * weight becomes an IO priority; everything else is not enforceable. A value the user gave himself is never replaced.
 */
export function planFallbacks(
  plan: RunPlan,
  spec: GovernSpec,
  unavailable: ReadonlyMap<Controller, string>,
  standIns: boolean,
): Fallbacks {
  let attributes = plan.attributes;
  const outcomes: ConstraintOutcome[] = [];
  for (const limit of plan.limits.planned) {
    const reason = unavailable.get(limit.controller);
    if (reason === undefined) continue;
    const base = { name: limit.name, requested: limit.requested };
    if (!standIns && limit.key !== "cpuWeightNice") {
      outcomes.push({ ...base, status: "not_enforceable", mechanism: null, effective: null, reason });
    } else if (limit.key === "cpuWeight" && attributes.nice === null && spec.limits.cpuWeight !== undefined) {
      const nice = weightToNice(spec.limits.cpuWeight);
      attributes = { ...attributes, nice };
      outcomes.push({ ...base, status: "degraded", mechanism: "nice", effective: String(nice), reason });
    } else if (limit.key === "cpusetCpus" && attributes.affinity === null && spec.limits.cpusetCpus !== undefined) {
      attributes = { ...attributes, affinity: spec.limits.cpusetCpus };
      outcomes.push({
        ...base,
        status: "degraded",
        mechanism: "sched_setaffinity",
        effective: spec.limits.cpusetCpus,
        reason: `${reason}; an affinity can be widened again by the workload`,
      });
    } else if (limit.key === "ioWeight" && attributes.ioPriority === null) {
      const priority = weightToIoPriority(spec.limits.ioWeight ?? 100);
      attributes = { ...attributes, ioPriority: priority };
      outcomes.push({
        ...base,
        status: "degraded",
        mechanism: "ionice",
        effective: `best-effort:${priority.level}`,
        reason,
      });
    } else if (limit.key !== "cpuWeightNice") {
      outcomes.push({ ...base, status: "not_enforceable", mechanism: null, effective: null, reason });
    }
  }
  return { attributes, outcomes };
}

/** What an io weight is worth here: inert unless a disk uses BFQ or iocost, in which case an IO priority stands in. */
export function judgeIoWeight(
  outcome: ConstraintOutcome,
  spec: GovernSpec,
  facts: HostFacts,
  standIns: boolean,
): { readonly outcome: ConstraintOutcome; readonly ioPriority: IoPriority | null } {
  const applied = outcome.name === limitNames.ioWeight && outcome.status === "applied";
  if (outcome.name !== limitNames.ioWeight) return { outcome, ioPriority: null };
  if (applied && facts.weightedDisks.length > 0) {
    const names = facts.weightedDisks.map((disk) => disk.name).join(", ");
    return { outcome: { ...outcome, reason: `weights count on ${names} only` }, ioPriority: null };
  }
  const why = applied ? "no disk uses BFQ or iocost, so the kernel ignores the weight" : (outcome.reason ?? "");
  if (!standIns || spec.attributes.ioPriority !== null || spec.limits.ioWeight === undefined) {
    return { outcome: { ...outcome, status: "not_enforceable", reason: why }, ioPriority: null };
  }
  const ioPriority = weightToIoPriority(spec.limits.ioWeight);
  return {
    outcome: {
      ...outcome,
      status: "not_enforceable",
      mechanism: "ionice",
      effective: `best-effort:${ioPriority.level}`,
      reason: `${why}; an IO priority stands in`,
    },
    ioPriority,
  };
}
