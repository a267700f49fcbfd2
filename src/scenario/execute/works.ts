import { formatNumberList } from "../../kernel/index.ts";
import { customCommand } from "../custom/index.ts";
import type { MemPolicy } from "../model/index.ts";
import type { WorkRecord } from "../record/index.ts";
import type { ResolvedAffinity, ResolvedGroup, ResolvedWork } from "../resolve/index.ts";
import { drawCpus, workersPerCpu } from "../resolve/index.ts";
import type { AttributeErrors, WorkerPlan, WorkerReport } from "../workers/index.ts";
import type { Engine } from "./engine.ts";
import { placeProcesses } from "./groups/move.ts";
import { madeInTime } from "./made-in-time.ts";
import { orWarn } from "./or-warn.ts";
import type { Workers } from "./ports.ts";
import type { WorkHandle } from "./state.ts";
import { isWithin, takeOut } from "./state.ts";

function resourcesOf({ ports, directory }: Engine, work: ResolvedWork, cgroup: string): readonly string[] {
  const { resources, custom, comm } = work;
  if (custom !== null)
    return customCommand({ ...custom, directory, comm, cgroup: cgroup === "" ? null : ports.files.directory(cgroup) });
  if (resources.kind === "storage") return [ports.storage()];
  if (resources.kind === "texts") return resources.texts;
  if (resources.kind === "groups") return resources.groups.map((name) => `${ports.files.directory(name)}/cgroup.procs`);
  return [];
}

function planOf(engine: Engine, work: ResolvedWork, cgroup: string): WorkerPlan {
  const { workType, parameters, phases, memoryPolicy, comm, uid, gid } = work;
  const resources = resourcesOf(engine, work, cgroup);
  const workers = countOf(engine, work, cgroup);
  return { workType, parameters, phases, resources, workers, memoryPolicy, comm, uid, gid };
}

/** How many: those per CPU are counted by the CPUs that the group has now. */
function countOf({ state, plan }: Engine, { workers, perCpu }: ResolvedWork, cgroup: string): number {
  if (perCpu === null || cgroup === "") return workers;
  return workersPerCpu((state.effectiveCpus(cgroup) ?? plan.topology.usable).length, perCpu);
}

/** CPUs of one worker as text; null: no call. Random ones are drawn anew for each. */
export function drawAffinity(affinity: ResolvedAffinity, random: () => number): string | null {
  const cpus = drawCpus(affinity, random);
  return cpus === null ? null : formatNumberList(cpus);
}

/** The sets of works that are started together: one, or those that are threads of one process. */
async function makeWorkers(
  engine: Engine,
  works: readonly ResolvedWork[],
  cgroup: string,
): Promise<readonly Workers[]> {
  const { ports, liveness, limits } = engine;
  const [first] = works;
  if (first === undefined) return [];
  const plans = works.map((work) => planOf(engine, work, cgroup));
  const make = async (): Promise<readonly Workers[]> => {
    if (first.pcomm !== null) return ports.workers.startThreads(first.pcomm, plans);
    return Promise.all(
      plans.map((plan, at) => {
        const work = works[at];
        return (work === undefined ? null : engine.ahead.take(work)) ?? ports.workers.start(plan);
      }),
    );
  };
  return madeInTime(
    { clock: ports.clock, liveness, limits },
    { make, undo: killAll, what: `the workers of ${works.map(nameOfWork).join(", ")} were` },
  );
}

/** Begins with workers of groups that come later in a setup. @param at place of the group whose turn it is */
export const makeAhead = (engine: Engine, groups: readonly ResolvedGroup[], at: number): void =>
  engine.ahead.prepare(groups, at, (work, cgroup) => engine.ports.workers.start(planOf(engine, work, cgroup)));

const killAll = (sets: readonly Workers[]) => Promise.all(sets.map((set) => set.kill()));

/** What the start of workers is for. */
export interface WorkPlace {
  /** `""`: where Corral is; nothing is written then. */
  readonly cgroup: string;
  /** Place in its group's definition; null: a spawn op. */
  readonly index: number | null;
}

/** Works of a group in the order of their start: processes one after the other, then all threads of each process together. */
export function startsOf(works: readonly ResolvedWork[]): readonly (readonly ResolvedWork[])[] {
  const names = new Set(works.flatMap(({ pcomm }) => pcomm ?? []));
  const ofName = (name: string | null): readonly ResolvedWork[] => works.filter(({ pcomm }) => pcomm === name);
  return [...ofName(null).map((work) => [work]), ...[...names].map(ofName)];
}

/** Starts workers by an op. @throws as `startWorks` */
export const startWork = (engine: Engine, work: ResolvedWork, cgroup: string): Promise<void> =>
  startAll(engine, [work], () => ({ cgroup, index: null }));

/** Starts workers of a group's definition that belong together. @throws as `startAll` */
export const startWorks = (engine: Engine, works: readonly ResolvedWork[], cgroup: string): Promise<void> =>
  startAll(engine, works, ({ index }) => ({ cgroup, index }));

/**
 * Starts workers: they are made waiting, put into their group, given their attributes, and only then let go, so that no work
 * is ever done anywhere else.
 * @throws CorralError; the workers are gone then
 */
async function startAll(
  engine: Engine,
  works: readonly ResolvedWork[],
  placeOf: (work: ResolvedWork) => WorkPlace,
): Promise<void> {
  const [first] = works;
  if (first === undefined) return;
  const { cgroup } = placeOf(first);
  const sets = await makeWorkers(engine, works, cgroup);
  try {
    const processes = first.pcomm === null ? sets.flatMap((set) => set.processes) : (sets[0]?.processes ?? []);
    if (cgroup !== "") await placeProcesses(engine.movers, cgroup, processes);
    for (const [at, work] of works.entries()) {
      const set = sets[at];
      if (set !== undefined) keepHandle(engine, work, set, placeOf(work));
    }
    for (const set of sets) set.release();
  } catch (thrown) {
    await killAll(sets);
    throw thrown;
  }
}

function keepHandle(engine: Engine, work: ResolvedWork, set: Workers, place: WorkPlace): void {
  const { state, book, phases } = engine;
  const attributeErrors = set.pids.flatMap((pid) => attributesOf(engine, work, pid, set.tasksOf(pid)));
  const target = state.target;
  const handle: WorkHandle = {
    id: state.nextWork(),
    step: target.step,
    ...place,
    work,
    set,
    startedMs: book.nowMs(),
    epochs: [epochOf(engine, place.cgroup)],
    attributeErrors,
    killedByOp: false,
  };
  target.works.push(handle);
  phases.started(handle);
}

/** Sets a worker's attributes; those of threads beside its own are of no interest when its own was refused. */
function attributesOf(
  { ports, book }: Engine,
  { workType, affinity: wanted, nice, scheduling }: ResolvedWork,
  pid: number,
  tasks: readonly number[],
): WorkHandle["attributeErrors"] {
  const affinity = drawAffinity(wanted, ports.random);
  const errors = ports.workers.setAttributes(pid, { affinity, nice, scheduling });
  // A deadline is bandwidth, which the threads of a runtime do not need.
  const shared = { affinity, nice, scheduling: scheduling?.deadline === null ? scheduling : null };
  for (const tid of tasks) if (tid !== pid) ports.workers.setAttributes(tid, shared);
  return (Object.keys(errors) as (keyof AttributeErrors)[]).flatMap((attribute) => {
    const error = errors[attribute];
    if (error === null) return [];
    book.warn(`${attribute} of worker ${pid} (${workType}) was refused (${error})`);
    return [{ pid, attribute, error }];
  });
}

function epochOf({ state, plan, book }: Engine, cgroup: string): WorkHandle["epochs"][number] {
  const cpus = cgroup === "" ? null : state.effectiveCpus(cgroup);
  const { nodes } = plan.topology;
  return {
    fromMs: book.nowMs(),
    cgroup,
    cpus,
    nodes: cpus && nodes.filter((node) => node.cpus.some((cpu) => cpus.includes(cpu))).map(({ id }) => id),
  };
}

/** Changes the CPUs, or the group, of workers; which CPUs they are on meanwhile is not held against them. */
export async function changeCpusOf(
  engine: Engine,
  handles: readonly WorkHandle[],
  change: () => Promise<void>,
): Promise<void> {
  for (const { set } of handles) set.suspendCpus();
  try {
    await change();
  } finally {
    for (const handle of handles) {
      handle.set.beginCpuset();
      handle.epochs.push(epochOf(engine, handle.cgroup));
    }
  }
}

/** Changes the CPUs of groups, and with them those of all groups below. */
export function changeCpus(engine: Engine, groups: readonly string[], change: () => Promise<void>): Promise<void> {
  const isTouched = ({ cgroup }: WorkHandle): boolean => groups.some((group) => isWithin(cgroup, group));
  return changeCpusOf(engine, engine.state.works.filter(isTouched), change);
}

/**
 * Stops workers, or kills them, and keeps what they report. Each stands in its own time: the slowest counts. Those that cannot be
 * collected are a warning.
 */
export async function collectWorks(
  engine: Engine,
  handles: readonly WorkHandle[],
  how: "stop" | "kill",
): Promise<void> {
  const failed = ({ id, work }: WorkHandle): string => `the workers of ${work.workType} (${id}) could not be collected`;
  await Promise.all(
    handles.map((handle) => orWarn(engine.book, failed(handle), () => collectWork(engine, handle, how))),
  );
}

async function collectWork(engine: Engine, handle: WorkHandle, how: "stop" | "kill"): Promise<void> {
  const { state, book, phases, limits } = engine;
  if (how === "kill") handle.killedByOp = true;
  phases.finishing(handle);
  // Nobody looks at them from now on: their memory is gone at the end.
  for (const slot of state.slots) takeOut(slot.works, handle);
  const reports = await (how === "stop" ? handle.set.stop({ timeoutMs: limits.stopMs }) : handle.set.kill());
  const { stuck } = handle.set;
  if (stuck.length > 0)
    book.warn(
      `workers ${stuck.join(", ")} of ${handle.work.workType} did not end when they were killed, and are left: they end with Corral, and corral gc removes their groups`,
    );
  for (const { pid, failureText } of reports)
    if (failureText !== null) book.warn(`worker ${pid} of ${nameOf(handle)} failed: ${failureText}`);
  book.works.push(recordOf(handle, reports, book.nowMs()));
}

const nameOfWork = ({ custom, workType }: ResolvedWork): string => custom?.name ?? workType;
const nameOf = ({ work }: WorkHandle): string => nameOfWork(work);

const memPolicyOf = ({ memoryPolicy }: ResolvedWork): MemPolicy => {
  const flags = (1 << 13) | (1 << 14) | (1 << 15);
  const nodes = memoryPolicy?.nodes ?? [];
  const policies: readonly MemPolicy[] = [
    "default",
    { preferred: nodes[0] ?? 0 },
    { bind: nodes },
    { interleave: nodes },
    "local",
    { preferredMany: nodes },
    { weightedInterleave: nodes },
  ];
  return policies[(memoryPolicy?.mode ?? 0) & ~flags] ?? "default";
};

const recordOf = (handle: WorkHandle, reports: readonly WorkerReport[], endedMs: number): WorkRecord => ({
  id: handle.id,
  cgroup: handle.cgroup,
  step: handle.step,
  index: handle.index,
  workType: nameOf(handle),
  memPolicy: memPolicyOf(handle.work),
  startedMs: handle.startedMs,
  endedMs,
  killedByOp: handle.killedByOp,
  epochs: handle.epochs,
  attributeErrors: handle.attributeErrors,
  reports,
});
