import { formatNumberList } from "../../kernel/index.ts";
import type { MemPolicy } from "../model/index.ts";
import type { WorkRecord } from "../record/index.ts";
import type { ResolvedAffinity, ResolvedWork } from "../resolve/index.ts";
import { drawCpus, workersPerCpu } from "../resolve/index.ts";
import type { AttributeErrors, WorkerPlan, WorkerReport } from "../workers/index.ts";
import type { Engine } from "./engine.ts";
import { placeProcesses } from "./groups/move.ts";
import { madeInTime } from "./made-in-time.ts";
import { orWarn } from "./or-warn.ts";
import type { Workers } from "./ports.ts";
import type { WorkHandle } from "./state.ts";
import { isWithin, takeOut } from "./state.ts";

function resourcesOf({ ports }: Engine, { resources }: ResolvedWork): readonly string[] {
  if (resources.kind === "storage") return [ports.storage()];
  if (resources.kind === "texts") return resources.texts;
  if (resources.kind === "groups") return resources.groups.map((name) => `${ports.files.directory(name)}/cgroup.procs`);
  return [];
}

function planOf(engine: Engine, work: ResolvedWork, workers: number): WorkerPlan {
  const { workType, parameters, phases, memoryPolicy, comm, uid, gid } = work;
  return { workType, parameters, phases, resources: resourcesOf(engine, work), workers, memoryPolicy, comm, uid, gid };
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

const makeWorkers = ({ ports, liveness, limits }: Engine, plan: WorkerPlan): Promise<Workers> =>
  madeInTime(
    { clock: ports.clock, liveness, limits },
    {
      make: () => ports.workers.start(plan),
      undo: (set) => set.kill(),
      what: `the workers of ${plan.workType} were`,
    },
  );

/** What the start of workers is for. */
export interface WorkPlace {
  /** `""`: where Corral is; nothing is written then. */
  readonly cgroup: string;
  /** Place in its group's definition; null: a spawn op. */
  readonly index: number | null;
}

/**
 * Starts workers: they are made waiting, put into their group, given their attributes, and only then let go, so that no work
 * is ever done anywhere else.
 * @throws CorralError; the workers are gone then
 */
export async function startWork(engine: Engine, work: ResolvedWork, place: WorkPlace): Promise<WorkHandle> {
  const { state, book, phases } = engine;
  const set = await makeWorkers(engine, planOf(engine, work, countOf(engine, work, place.cgroup)));
  try {
    if (place.cgroup !== "") await placeProcesses(engine.movers, place.cgroup, set.pids);
    const attributeErrors = set.pids.flatMap((pid) => attributesOf(engine, work, pid));
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
    set.release();
    return handle;
  } catch (thrown) {
    await set.kill();
    throw thrown;
  }
}

function attributesOf({ ports, book }: Engine, work: ResolvedWork, pid: number): WorkHandle["attributeErrors"] {
  const affinity = drawAffinity(work.affinity, ports.random);
  const errors = ports.workers.setAttributes(pid, { affinity, nice: work.nice, scheduling: work.scheduling });
  return (Object.keys(errors) as (keyof AttributeErrors)[]).flatMap((attribute) => {
    const error = errors[attribute];
    if (error === null) return [];
    book.warn(`${attribute} of worker ${pid} (${work.workType}) was refused (${error})`);
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
  // Nobody looks at them from now on: their memory is gone at the end.
  for (const slot of state.slots) takeOut(slot.works, handle);
  const reports = await (how === "stop" ? handle.set.stop({ timeoutMs: limits.stopMs }) : handle.set.kill());
  const { stuck } = handle.set;
  if (stuck.length > 0)
    book.warn(
      `workers ${stuck.join(", ")} of ${handle.work.workType} did not end when they were killed, and are left: they end with Corral, and corral gc removes their groups`,
    );
  phases.finished(handle, reports);
  book.works.push(recordOf(handle, reports, book.nowMs()));
}

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
  workType: handle.work.custom?.name ?? handle.work.workType,
  memPolicy: memPolicyOf(handle.work),
  startedMs: handle.startedMs,
  endedMs,
  killedByOp: handle.killedByOp,
  epochs: handle.epochs,
  attributeErrors: handle.attributeErrors,
  reports,
});
