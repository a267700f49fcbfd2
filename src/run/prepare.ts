import type { GroupHandle } from "../cgroup/index.ts";
import { applyLimits, limitNames } from "../cgroup/index.ts";
import type { LauncherSet } from "../kernel/index.ts";
import type { ConstraintOutcome } from "../report/index.ts";
import { attributeOutcomes } from "./attributes.ts";
import type { GroupSetup } from "./group-setup.ts";
import type { HostFacts, RunPlan } from "./plan.ts";
import { judgeIoWeight, planFallbacks } from "./plan.ts";
import type { GovernSpec, ProcessAttributes } from "./spec.ts";

/** Limits written and read back, before the workload exists; what is left are the process attributes. */
export interface PreparedLimits {
  readonly group: GroupHandle | null;
  readonly outcomes: readonly ConstraintOutcome[];
  /** The attributes to set, stand-ins for missing groups included. */
  readonly attributes: ProcessAttributes;
  /** Launcher names of attributes that stand in for a limit, whose outcome tells about them already. */
  readonly standIns: ReadonlySet<string>;
  readonly niceBecameWeight: boolean;
  readonly denied: boolean;
}

/** Launcher names of the attributes that `now` has and `before` had not. */
function addedAttributes(before: ProcessAttributes, now: ProcessAttributes): Set<string> {
  const added = new Set<string>();
  if (before.nice === null && now.nice !== null) added.add("nice");
  if (before.affinity === null && now.affinity !== null) added.add("affinity");
  if (before.ioPriority === null && now.ioPriority !== null) added.add("ioprio");
  return added;
}

/**
 * Applies the planned limits to the group as far as it could be made, and settles what stands in for the rest.
 * @param standIns false when the process has its attributes already, so that none can stand in for a limit any more
 */
export function prepareLimits(
  plan: RunPlan,
  spec: GovernSpec,
  facts: HostFacts,
  setup: GroupSetup,
  standIns: boolean,
): PreparedLimits {
  const fallbacks = planFallbacks(plan, spec, setup.unavailable, standIns);
  const reachable = plan.limits.planned.filter((limit) => !setup.unavailable.has(limit.controller));
  const applied = applyLimits(reachable, (controller) => setup.group?.directoryOf(controller) ?? null);
  let { attributes } = fallbacks;
  const judged = applied.map((outcome) => {
    const verdict = judgeIoWeight(outcome, spec, facts, standIns);
    if (verdict.ioPriority !== null) attributes = { ...attributes, ioPriority: verdict.ioPriority };
    return verdict.outcome;
  });
  const nice = judged.find((outcome) => outcome.name === limitNames.cpuWeightNice);
  const niceBecameWeight = plan.niceBecameWeight && nice?.status === "applied";
  const outcomes = judged
    .filter((outcome) => niceBecameWeight || outcome.name !== limitNames.cpuWeightNice)
    .map((outcome) =>
      outcome === nice ? { ...outcome, reason: "inside a cpu group nice acts as the group's weight" } : outcome,
    );
  return {
    group: setup.group,
    outcomes: [...plan.settled, ...fallbacks.outcomes, ...outcomes],
    attributes,
    standIns: addedAttributes(plan.attributes, attributes),
    niceBecameWeight,
    denied: setup.denied,
  };
}

/** v1 groups whose join the kernel refused: their limits hold nothing. */
function withFailedJoins(
  outcomes: readonly ConstraintOutcome[],
  plan: RunPlan,
  group: GroupHandle | null,
  sets: readonly LauncherSet[],
): ConstraintOutcome[] {
  const failed = sets.filter((set) => set.name === "join" && set.errno !== 0);
  if (failed.length === 0 || group === null) return [...outcomes];
  return outcomes.map((outcome) => {
    const limit = plan.limits.planned.find((one) => one.name === outcome.name);
    const directory = limit === undefined ? null : group.directoryOf(limit.controller);
    const join = failed.find((set) => directory !== null && set.effective?.startsWith(`${directory}/`) === true);
    return join === undefined
      ? outcome
      : { ...outcome, status: "failed", reason: `the workload could not join the group (${join.code})` };
  });
}

/** All outcomes once the launcher has told what became of joins and attributes. */
export function settleOutcomes(
  prepared: PreparedLimits,
  plan: RunPlan,
  facts: HostFacts,
  sets: readonly LauncherSet[],
): ConstraintOutcome[] {
  return [
    ...withFailedJoins(prepared.outcomes, plan, prepared.group, sets),
    ...attributeOutcomes(prepared.attributes, sets, {
      cpuGroup: prepared.group !== null && prepared.group.directoryOf("cpu") !== null && plan.needed.includes("cpu"),
      niceBecameWeight: prepared.niceBecameWeight,
      autogroup: facts.autogroup,
      standIns: prepared.standIns,
    }),
  ];
}
