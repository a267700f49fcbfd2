import { quote } from "../../report/index.ts";
import type { CgroupDef, WorkSpec, WorkType } from "../model/index.ts";
import { canBeThread } from "../model/index.ts";
import { resolveAffinity } from "./affinity.ts";
import { resolveMemPolicy } from "./mem-policy.ts";
import type { Place } from "./problems.ts";
import type { Refusal } from "./refusal.ts";
import { counted, lacking, refuse } from "./refusal.ts";
import type { Rehearsal } from "./rehearsal.ts";
import type { ResolvedWork } from "./resolved-work.ts";
import { resolveScheduling } from "./scheduling.ts";
import type { SettledType } from "./work-type.ts";
import { judgeType, resolveResources, settleType } from "./work-type.ts";

/** What a group says for those of its workers that say nothing themselves. */
export type WorkDefaults = Pick<CgroupDef, "nice" | "comm" | "uid" | "gid" | "numaNode">;

/** Where workers are started. */
export interface WorkPlace {
  /** Null: without a group. */
  readonly group: string | null;
  readonly defaults: WorkDefaults;
  /** Kind of work that replaces theirs; null: none. */
  readonly override: WorkType | null;
  /** By an op, and not with its group. */
  readonly isSpawn: boolean;
  /** Workers of a spec that says no number. */
  readonly workersPerCgroup: number;
}

/** Most workers of one spec. */
const mostWorkers = 65_535;

/** What rounding in products of fractions adds: 0.07 per CPU on 100 CPUs are 7 workers. */
const rounding = 1e-9;

/** Workers of so many CPUs at a rate above 0: rounded up, at least one. */
export const workersPerCpu = (cpus: number, rate: number): number => Math.max(1, Math.ceil(cpus * rate - rounding));

/** Number of workers; the first thing that is wrong with it. */
function countWorkers(spec: WorkSpec, { group, workersPerCgroup }: WorkPlace, rehearsal: Rehearsal): number | Refusal {
  const { workers, workersPerCpu: rate } = spec;
  if (workers !== undefined && rate !== undefined)
    return refuse("workers and workers_per_cpu exclude each other", "give one of them");
  if (rate === undefined) {
    const count = workers ?? workersPerCgroup;
    return count >= 1 ? count : refuse("0 workers would pass every check without work", "use at least 1");
  }
  if (group === null)
    return refuse("workers_per_cpu counts the CPUs of a group, and there is none", "give workers instead");
  if (!Number.isFinite(rate) || rate <= 0)
    return refuse(`workers_per_cpu needs a number above 0, not ${rate}`, "change it");
  const cpus = rehearsal.effectiveCpus(group) ?? rehearsal.topology.usable;
  if (cpus.length === 0) return lacking("workers_per_cpu of 0 CPUs is nothing", "give the group CPUs");
  const count = workersPerCpu(cpus.length, rate);
  return count <= mostWorkers
    ? count
    : lacking(`${rate} workers for each of ${cpus.length} CPUs are ${count}, more than ${mostWorkers}`, "use fewer");
}

/** The kind of work: the override, where whole groups of it can be made of the workers. */
function chooseType(spec: WorkSpec, count: number, { override }: WorkPlace, place: Place): SettledType {
  const own = settleType(spec.workType ?? "SpinWait");
  if (override === null) return own;
  const other = settleType(override);
  if (count % other.groupSize === 0) return other;
  place.warn(
    `keeps ${own.workType}: of ${counted(count, "worker")} ${other.workType} makes no whole groups of ${other.groupSize}`,
  );
  return own;
}

function judgeGroups({ workType, groupSize }: SettledType, count: number): Refusal | null {
  if (count % groupSize === 0) return null;
  const next = Math.ceil(count / groupSize) * groupSize;
  return refuse(
    `${workType} works in groups of ${groupSize}, and ${counted(count, "worker")} make no whole number of them`,
    `use ${next} workers, or other parameters`,
  );
}

/** Threads are of a group's own list, and do what a thread can do. */
function judgeThreads({ workType }: SettledType, { isSpawn }: WorkPlace, place: Place): void {
  if (!canBeThread(workType))
    place.refuse(refuse(`${workType} is the work of a whole process, and not of threads`, "use comm instead"));
  else if (isSpawn)
    place.refuse(refuse("pcomm is for the works of a group, which are started together", "use comm instead"));
}

/** Most specs that one process has. */
const mostSpecs = 16;

/** Specs that are threads of one process have one user, for that is the process's. @param place of the list */
export function judgeProcesses(works: readonly ResolvedWork[], place: Place): void {
  for (const { index, pcomm, uid, gid } of works) {
    if (pcomm === null) continue;
    const same = works.filter((one) => one.pcomm === pcomm && one.index <= index);
    const [first] = same;
    const at = place.at(index, "pcomm");
    if (first !== undefined && (first.uid !== uid || first.gid !== gid))
      at.refuse(refuse(`workers of one process ${quote(pcomm)} have one uid and one gid`, "give all of them the same"));
    if (same.length === mostSpecs + 1)
      at.refuse(refuse(`a process has workers of ${mostSpecs} kinds at most`, "use another pcomm"));
  }
}

/** The function of `Custom` must be there. */
function judgeFunction({ custom }: SettledType, { judgeModule }: Rehearsal, place: Place): void {
  const fault = custom === null ? null : judgeModule(custom);
  if (custom !== null && fault !== null)
    place
      .at("workType")
      .refuse(refuse(`module ${quote(custom.module)} ${fault}`, "name a module and its exported function"));
}

/**
 * Workers of one spec, settled; null when something is wrong, which is told at the place.
 * @param index place in the list of works
 */
export function resolveWork(
  spec: WorkSpec,
  index: number,
  at: WorkPlace,
  rehearsal: Rehearsal,
  place: Place,
): ResolvedWork | null {
  const { topology } = rehearsal;
  const counting = countWorkers(spec, at, rehearsal);
  const workers = typeof counting === "number" ? counting : place.refuse(counting);
  const type = chooseType(spec, workers ?? 0, at, place);
  const wrongType = judgeType(type.workType) ?? (workers === null ? null : judgeGroups(type, workers));
  if (wrongType !== null) place.at("workType").refuse(wrongType);
  judgeFunction(type, rehearsal, place);
  if (spec.pcomm !== undefined) judgeThreads(type, at, place.at("pcomm"));
  const numaNode = spec.numaNode ?? at.defaults.numaNode ?? null;
  const intent = spec.affinity ?? "inherit";
  const groupCpus = at.group === null ? null : rehearsal.effectiveCpus(at.group);
  const affinity = place.at("affinity").take(resolveAffinity(intent, { groupCpus, numaNode }, topology));
  const scheduling = place.at("schedPolicy").take(resolveScheduling(spec.schedPolicy ?? "normal"));
  const nodes = at.group === null ? null : rehearsal.allowedNodes(at.group);
  const memory = place
    .at("memPolicy")
    .take(resolveMemPolicy(spec.memPolicy ?? "default", spec.mpolFlags ?? [], nodes, topology));
  const resources = wrongType === null ? place.at("workType").take(resolveResources(type, at.group, rehearsal)) : null;
  if (workers === null || affinity === null || scheduling === null || memory === null || resources === null)
    return null;
  return {
    index,
    ...type,
    workers,
    perCpu: spec.workersPerCpu ?? null,
    resources,
    intent,
    affinity,
    scheduling: scheduling.set,
    memoryPolicy: memory.call,
    nice: spec.nice ?? at.defaults.nice ?? null,
    comm: spec.comm ?? at.defaults.comm ?? null,
    pcomm: spec.pcomm ?? null,
    uid: spec.uid ?? at.defaults.uid ?? null,
    gid: spec.gid ?? at.defaults.gid ?? null,
    numaNode,
  };
}
