import { quote } from "../../report/index.ts";
import { durationOf, parseReclaim } from "../file/index.ts";
import type { Op, OpKind, Ops } from "../model/index.ts";
import { resolveAffinity } from "./affinity.ts";
import { resolveCondition } from "./conditions.ts";
import type { Context } from "./context.ts";
import { findGroup } from "./context.ts";
import { resolveEmptyGroup, resolveGroup, resolveGroupCpuset } from "./groups.ts";
import { changeSettings, controllersOf, groupSettings } from "./limits.ts";
import { resolveMove } from "./move-tasks.ts";
import { findRun, startPayload } from "./payloads.ts";
import type { Place } from "./problems.ts";
import { refuse } from "./refusal.ts";
import type { GroupState } from "./rehearsal.ts";
import { countHandles } from "./rehearsal.ts";
import type { ResolvedOp, ResolvedOpDetails, SupportedOpKind } from "./resolved-op.ts";
import { schedulerOps } from "./scheduler-ops.ts";
import { resolveWork } from "./works.ts";

const defaultWaitMs = 10_000;

type Name = { readonly cgroup: string };

const setFrozen =
  (frozen: boolean) =>
  ({ cgroup }: Name, place: Place, context: Context): Name | null => {
    const group = findGroup(cgroup, place, context);
    if (group === null) return null;
    group.frozen = frozen;
    return { cgroup };
  };

function addCgroup({ name }: Ops["addCgroup"], place: Place, context: Context): ResolvedOpDetails["add_cgroup"] | null {
  const group = resolveEmptyGroup(name, place, context);
  return group && { group };
}

function addCgroupDef(
  def: Ops["addCgroupDef"],
  place: Place,
  context: Context,
): ResolvedOpDetails["add_cgroup_def"] | null {
  const group = resolveGroup(def, place, context);
  return group && { group };
}

function removeCgroup({ cgroup }: Name, place: Place, context: Context): ResolvedOpDetails["remove_cgroup"] | null {
  const { rehearsal } = context;
  const group = rehearsal.groups.get(cgroup);
  if (group === undefined) {
    if (rehearsal.upcoming.has(cgroup)) findGroup(cgroup, place, context);
    else place.warn(`there is no group ${quote(cgroup)} at this point: nothing is removed`);
    return { cgroup, isKnown: false };
  }
  const [below] = rehearsal.below(cgroup);
  if (below !== undefined)
    return place.refuse(
      refuse(`group ${quote(cgroup)} has ${quote(below.name)} below it, and cannot be removed`, "remove that before"),
    );
  if (group.slot === "backdrop" && rehearsal.slot === "step")
    place.warn(`group ${quote(cgroup)} is the backdrop's, and is not there for later steps`);
  rehearsal.endIn(cgroup);
  rehearsal.groups.delete(cgroup);
  return { cgroup, isKnown: true };
}

/** A group has another cpuset from now on. */
function changeCpus(group: GroupState, cpus: readonly number[] | null): void {
  group.cpus = cpus;
  const { cpuset: _, ...rest } = group.raw;
  group.raw = { ...rest, ...groupSettings(undefined, cpus, null) };
}

function setCpuset(
  { cgroup, cpus }: Ops["setCpuset"],
  place: Place,
  context: Context,
): ResolvedOpDetails["set_cpuset"] | null {
  context.rehearsal.need(cgroup, ["cpuset"]);
  const group = findGroup(cgroup, place, context);
  const cpuset = resolveGroupCpuset(cpus, cgroup, place.at("cpus"), context);
  if (group === null || cpuset === null) return null;
  changeCpus(group, cpuset.cpus);
  return { cgroup, cpuset };
}

function clearCpuset({ cgroup }: Name, place: Place, context: Context): Name | null {
  context.rehearsal.need(cgroup, ["cpuset"]);
  const group = findGroup(cgroup, place, context);
  if (group === null) return null;
  if ((group.raw["cpuset-partition"] ?? "member") !== "member")
    return place.refuse(
      refuse(`group ${quote(cgroup)} is a cpuset partition and needs CPUs of its own`, "set another cpuset instead"),
    );
  changeCpus(group, null);
  return { cgroup };
}

function swapCpusets(
  { a, b }: Ops["swapCpusets"],
  place: Place,
  context: Context,
): ResolvedOpDetails["swap_cpusets"] | null {
  if (a === b) return place.refuse(refuse("a group's cpuset cannot be swapped with itself", "name two groups"));
  for (const name of [a, b]) context.rehearsal.need(name, ["cpuset"]);
  const [first, second] = [findGroup(a, place, context, "a"), findGroup(b, place, context, "b")];
  if (first === null || second === null) return null;
  if (first.cpus === null && second.cpus === null) place.warn("neither group has a cpuset of its own");
  const { cpus } = first;
  changeCpus(first, second.cpus);
  changeCpus(second, cpus);
  return { a, b };
}

function setLimits(
  { cgroup, limits: changes }: Ops["setLimits"],
  place: Place,
  context: Context,
): ResolvedOpDetails["set_limits"] | null {
  const group = findGroup(cgroup, place, context);
  if (Object.keys(changes).length === 0)
    return place.at("limits").refuse(refuse("no limit is named, so nothing would change", "name one"));
  if (group === null) return null;
  const { raw, limits } = changeSettings(group.raw, changes, place.at("limits"));
  group.raw = raw;
  context.rehearsal.need(cgroup, controllersOf(limits));
  return { cgroup, limits };
}

function spawn({ placement, work }: Ops["spawn"], place: Place, context: Context): ResolvedOpDetails["spawn"] | null {
  const { rehearsal, scenario } = context;
  const cgroup = placement === "runner" ? null : placement.cgroup;
  const group = cgroup === null ? null : findGroup(cgroup, place.at("placement"), context);
  const at = {
    group: cgroup,
    defaults: {},
    override: null,
    isSpawn: true,
    workersPerCgroup: Math.max(1, scenario.workersPerCgroup ?? 1),
  };
  const resolved = resolveWork(work, 0, at, rehearsal, place.at("work"));
  if (cgroup !== null) rehearsal.enter(cgroup, place);
  const handles = cgroup === null ? rehearsal.runner : group?.handles;
  if (handles !== undefined) handles[rehearsal.slot] += 1;
  return resolved && { cgroup, work: resolved };
}

function stopCgroup({ cgroup }: Name, place: Place, context: Context): Name | null {
  if (findGroup(cgroup, place, context) === null) return null;
  context.rehearsal.endIn(cgroup);
  return { cgroup };
}

function setAffinity(
  { cgroup, affinity: intent }: Ops["setAffinity"],
  place: Place,
  context: Context,
): ResolvedOpDetails["set_affinity"] | null {
  const { rehearsal } = context;
  rehearsal.need(cgroup, ["cpuset"]);
  const group = findGroup(cgroup, place, context);
  if (group === null) return null;
  const within = { groupCpus: rehearsal.effectiveCpus(cgroup), numaNode: null };
  const affinity = place.at("affinity").take(resolveAffinity(intent, within, rehearsal.topology));
  if (countHandles(group.handles) === 0) place.warn(`group ${quote(cgroup)} has no workers at this point`);
  return affinity && { cgroup, intent, affinity };
}

function runPayload(
  { payload: name, args = [], cgroup = "" }: Ops["runPayload"],
  place: Place,
  context: Context,
): ResolvedOpDetails["run_payload"] | null {
  if (cgroup !== "" && findGroup(cgroup, place, context) === null) return null;
  const run = startPayload({ name, args, cgroup, source: "run_payload" }, place, context);
  if (cgroup !== "") context.rehearsal.enter(cgroup, place);
  return run && { run };
}

/** The payload that an op means, which is over after it. */
function endPayload(
  op: Ops["killPayload"],
  place: Place,
  context: Context,
): { readonly payload: string; readonly cgroup: string } | null {
  const { rehearsal } = context;
  const run = findRun(op, place, context);
  if (run === null) return null;
  rehearsal.runs = rehearsal.runs.filter((one) => one !== run);
  return { payload: run.payload, cgroup: run.cgroup };
}

function waitPayload(op: Ops["waitPayload"], place: Place, context: Context): ResolvedOpDetails["wait_payload"] | null {
  const { rehearsal } = context;
  const run = findRun(op, place, context);
  if (run === null) return null;
  rehearsal.runs = rehearsal.runs.filter((one) => one !== run);
  const timeoutMs = op.timeout === undefined ? null : durationOf(op.timeout);
  const frozen = run.isKilled ? null : rehearsal.frozenAt(run.cgroup);
  // Ops come one after the other: nothing thaws it meanwhile.
  if (frozen !== null && timeoutMs === null)
    return place.refuse(
      refuse(
        `payload ${quote(run.payload)} cannot end in ${quote(run.cgroup)}: group ${quote(frozen)} is frozen at this point`,
        "unfreeze it before, or give a timeout",
      ),
    );
  return { payload: run.payload, cgroup: run.cgroup, timeoutMs };
}

function killCgroup({ cgroup }: Name, place: Place, context: Context): Name | null {
  if (findGroup(cgroup, place, context) === null) return null;
  context.rehearsal.killIn(cgroup);
  return { cgroup };
}

function reclaim(
  { cgroup, amount, swappiness }: Ops["reclaim"],
  place: Place,
  context: Context,
): ResolvedOpDetails["reclaim"] | null {
  context.rehearsal.need(cgroup, ["memory"]);
  if (findGroup(cgroup, place, context) === null) return null;
  return { cgroup, amount: parseReclaim(amount), swappiness: swappiness ?? null };
}

function wait({ for: condition, timeout }: Ops["wait"], place: Place, context: Context): ResolvedOpDetails["wait"] {
  return {
    condition: resolveCondition(condition, place.at("for"), context),
    timeoutMs: timeout === undefined ? defaultWaitMs : durationOf(timeout),
  };
}

function capture(op: Ops["captureCgroupProcs"], place: Place, context: Context): Ops["captureCgroupProcs"] | null {
  return findGroup(op.cgroup, place, context) === null ? null : op;
}

/** What each op comes to, by the key that it has in a program. */
const resolvers = {
  addCgroup,
  addCgroupDef,
  removeCgroup,
  setCpuset,
  clearCpuset,
  swapCpusets,
  setLimits,
  spawn,
  stopCgroup,
  setAffinity,
  moveAllTasks: resolveMove,
  runPayload,
  waitPayload,
  killPayload: endPayload,
  freezeCgroup: setFrozen(true),
  unfreezeCgroup: setFrozen(false),
  // Its processes die, and their reports with them; workers and payloads are still to be collected.
  killCgroup,
  reclaim,
  wait,
  captureCgroupProcs: capture,
  ...schedulerOps,
} as const;

type Resolver = (given: never, place: Place, context: Context) => object | null;

/** Kind of an op and the key it has in a program. */
function keyOf(op: Op): readonly [OpKind, string, unknown] {
  if (typeof op === "string") return [op, op, {}];
  const [key = "", given] = Object.entries(op)[0] ?? [];
  return [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) as OpKind, key, given];
}

export const opKindOf = (op: Op): OpKind => keyOf(op)[0];

/** One op, settled, and what stands after it. Null when something is wrong, which is told at the place. */
export function resolveOp(op: Op, index: number, place: Place, context: Context): ResolvedOp | null {
  const [kind, key, given] = keyOf(op);
  const resolve = resolvers[key as keyof typeof resolvers] as Resolver;
  const details = resolve(given as never, typeof op === "string" ? place : place.at(key), context);
  return details === null ? null : ({ kind: kind as SupportedOpKind, index, ...details } as ResolvedOp);
}
