import { CorralError } from "../../../report/index.ts";
import type { AffinityIntent } from "../../model/index.ts";
import type { ResolvedWork } from "../../resolve/index.ts";
import { isRefusal, resolveAffinity } from "../../resolve/index.ts";
import type { Engine } from "../engine.ts";
import { clearSubtree, placeProcesses } from "../groups/move.ts";
import type { Slot } from "../state.ts";
import { takeOut } from "../state.ts";
import { changeCpusOf, drawAffinity, startWork } from "../works.ts";

export async function spawn(engine: Engine, cgroup: string | null, work: ResolvedWork): Promise<void> {
  const { state } = engine;
  if (cgroup !== null && state.slotOf(cgroup) === null) {
    throw new CorralError("USAGE", `there is no group ${cgroup} to start workers in`, {
      object: cgroup,
      found: state.groups.join(", ") || "no group",
      fix: "make the group in the backdrop, in an earlier op or in an earlier step",
    });
  }
  await startWork(engine, work, cgroup ?? "");
}

/** Where workers of a group may run; a refusal for one of them is a warning, and it keeps what it had. */
export function setAffinity(engine: Engine, name: string, intent: AffinityIntent): void {
  const { state, ports, book, plan } = engine;
  if (intent === "inherit") return;
  const affinity = resolveAffinity(intent, { groupCpus: state.effectiveCpus(name), numaNode: null }, plan.topology);
  if (isRefusal(affinity)) throw new CorralError("USAGE", affinity.rule, { object: name, fix: affinity.fix });
  for (const { set } of state.worksIn(name)) {
    for (const pid of set.pids) {
      const list = drawAffinity(affinity, ports.random);
      if (list === null) continue;
      const [error = null] = set.tasksOf(pid).map((tid) => ports.workers.setAffinity(tid, list));
      if (error !== null) book.warn(`affinity ${list} of worker ${pid} in ${name} was refused (${error})`);
    }
  }
}

const backdropToStep = (name: string, to: string): CorralError =>
  new CorralError(
    "USAGE",
    `tasks of the backdrop's ${name || "workers"} cannot be moved to ${to}, which ends with its step`,
    {
      object: to,
      fix: "make the group in the backdrop",
    },
  );

/** The slot that what is moved belongs to from now on: that of the group, which nothing in it may outlive. */
function ownerAfter(engine: Engine, from: string, to: string): Slot {
  const { state } = engine;
  if (from === to) throw new CorralError("USAGE", `tasks cannot be moved from ${from || "the runner"} to itself`);
  const target = state.slotOf(to);
  if (target === null) {
    engine.book.warn(`${to} is no group of the scenario: there are ${state.groups.join(", ") || "none"}`);
    return state.target;
  }
  const source = from === "" ? null : state.slotOf(from);
  const holdsBackdrop = source === state.backdrop || state.backdrop.works.some(({ cgroup }) => cgroup === from);
  if (state.step !== null && target === state.step && holdsBackdrop) throw backdropToStep(from, to);
  return target;
}

/**
 * Moves all processes of a group to another. Handles are told apart by their new group only after all have moved, and belong to
 * the backdrop when that does: they live on when the step ends.
 * @throws CorralError USAGE for a move that is not allowed, CGROUP_IO when a process could not be moved
 */
export async function moveAllTasks(engine: Engine, from: string, to: string): Promise<void> {
  const { state, ports, movers } = engine;
  const owner = ownerAfter(engine, from, to);
  await clearSubtree(movers, to);
  const works = state.worksIn(from);
  const payloads = state.payloads.filter(({ cgroup }) => from !== "" && cgroup === from);
  const pids = from === "" ? works.flatMap(({ set }) => set.pids) : ports.files.members(from);
  await changeCpusOf(engine, works, async () => {
    await placeProcesses(movers, to, pids);
    for (const handle of works)
      handOver(
        handle,
        to,
        state.slots.map(({ works: list }) => list),
        owner.works,
      );
    for (const handle of payloads)
      handOver(
        handle,
        to,
        state.slots.map(({ payloads: list }) => list),
        owner.payloads,
      );
  });
}

function handOver<T extends { cgroup: string }>(handle: T, to: string, from: readonly T[][], owner: T[]): void {
  handle.cgroup = to;
  if (owner.includes(handle)) return;
  for (const list of from) takeOut(list, handle);
  owner.push(handle);
}
