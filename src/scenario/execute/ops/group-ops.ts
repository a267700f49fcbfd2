import { formatNumberList, parseNumberList } from "../../../kernel/index.ts";
import { CorralError } from "../../../report/index.ts";
import type { Engine } from "../engine.ts";
import { refuseNoCpus, swapCpus, writeCpus } from "../groups/cpusets.ts";
import { noteCpus } from "../make-group.ts";
import { killPayloads } from "../payload-runs.ts";
import { sampleGroup } from "../sampler.ts";
import { isWithin } from "../state.ts";
import { changeCpus, collectWorks } from "../works.ts";

/** Ends payloads, then workers of a group; what they report is kept. */
export async function stopGroup(engine: Engine, name: string): Promise<void> {
  await killPayloads(
    engine,
    engine.state.payloads.filter(({ cgroup }) => cgroup === name),
  );
  // A worker that is frozen cannot stop by itself.
  const how = engine.state.isFrozen(name) ? "kill" : "stop";
  await collectWorks(engine, engine.state.worksIn(name), how);
}

export async function removeGroup(engine: Engine, name: string): Promise<void> {
  const { state, book, remover } = engine;
  if (state.slotOf(name) === null) {
    book.warn(`there is no group ${name} to remove: there are ${state.groups.join(", ") || "none"}`);
    return;
  }
  if (state.step !== null && state.backdrop.groups.includes(name))
    book.warn(`the backdrop's group ${name} is removed by a step`);
  await stopGroup(engine, name);
  sampleGroup(engine, name);
  state.forgetGroup(name);
  await remover.remove(name);
  book.groupRemoved(name);
}

export async function setCpuset(engine: Engine, name: string, cpus: readonly number[]): Promise<void> {
  const list = refuseNoCpus(name, formatNumberList([...cpus]));
  await changeCpus(engine, [name], async () => {
    await writeCpus(engine.ports.files, name, list);
    noteCpus(engine, name, cpus);
  });
}

export async function clearCpuset(engine: Engine, name: string): Promise<void> {
  await changeCpus(engine, [name], async () => {
    await writeCpus(engine.ports.files, name, null);
    noteCpus(engine, name, null);
  });
}

export async function swapCpusets(engine: Engine, a: string, b: string): Promise<void> {
  await changeCpus(engine, [a, b], async () => {
    const written = await swapCpus(engine.ports.files, [a, b], (name) =>
      engine.book.warn(`the CPUs of ${name} could not be read: the other group keeps its own`),
    );
    for (const { name, cpus } of written) noteCpus(engine, name, cpus === null ? null : parseNumberList(cpus));
  });
}

export async function setFrozen(engine: Engine, name: string, frozen: boolean): Promise<void> {
  await engine.ports.files.write(name, "unified", "cgroup.freeze", frozen ? "1" : "0");
  if (frozen) engine.state.frozen.add(name);
  else engine.state.frozen.delete(name);
}

/** Ends every process of a group and below; workers and payloads are accounted for later, as what they were. */
export async function killGroup({ ports, state }: Engine, name: string): Promise<void> {
  for (const handle of state.works) if (isWithin(handle.cgroup, name)) handle.killedByOp = true;
  await ports.files.kill(name);
}

export async function reclaim(
  { ports, book, liveness }: Engine,
  name: string,
  amount: { readonly bytes: number } | { readonly fraction: number },
  swappiness: number | null,
): Promise<void> {
  const { files } = ports;
  const bytes =
    "bytes" in amount
      ? amount.bytes
      : Math.floor(Number(files.read(name, "memory", "memory.current")) * amount.fraction);
  if (bytes === 0) return book.warn(`${name} has no memory of which a share could be taken`);
  // It cannot be called back: what it takes when the run is to end goes with the group.
  const taken = await liveness.unlessAborted(files.reclaim(name, bytes, swappiness));
  if (taken === "less") book.warn(`the kernel took less than ${bytes} bytes from ${name}`);
}

export function captureProcs({ ports, book, state }: Engine, name: string, tag: string): void {
  if (tag === "" || name === "") throw new CorralError("USAGE", "a capture needs a tag and a group");
  if (state.slotOf(name) === null) throw new CorralError("USAGE", `there is no group ${name}`, { object: name });
  book.captured(name, tag, ports.files.members(name));
}
