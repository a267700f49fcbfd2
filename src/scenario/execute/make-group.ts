import type { Limits } from "../../cgroup/index.ts";
import { applyLimitsThrough } from "../../cgroup/index.ts";
import type { ConstraintOutcome } from "../../report/index.ts";
import { CorralError } from "../../report/index.ts";
import type { ResolvedGroup } from "../resolve/index.ts";
import type { Engine } from "./engine.ts";
import { startPayload } from "./payload-runs.ts";
import { sampleGroup } from "./sampler.ts";
import { changeCpus, startsOf, startWorks } from "./works.ts";

/**
 * Makes a group with everything that belongs to it: directory, limits, workers, payload.
 * @throws CorralError USAGE when its name is taken, CGROUP_IO when a limit does not hold; what was made is the slot's
 */
export async function makeGroup(engine: Engine, group: ResolvedGroup): Promise<void> {
  const { state, ports, book } = engine;
  const { name } = group;
  if (state.slotOf(name) !== null) {
    throw new CorralError("USAGE", `there is a group ${name} already`, {
      object: name,
      found: state.groups.join(", "),
      fix: "declare each group in exactly one place, or remove it first",
    });
  }
  await ports.files.make(name);
  const slot = state.target;
  slot.groups.push(name);
  book.groupMade(name, slot.step);
  if (group.cpuset !== null) noteCpus(engine, name, group.cpuset.cpus);
  const { planned, settled } = ports.planLimits(group.limits);
  tellLimits(engine, name, [...settled, ...(await ports.files.limitNew(name, planned))]);
  sampleGroup(engine, name, { works: [], isBegin: group.works.length > 0 });
  for (const works of startsOf(group.works)) await startWorks(engine, works, name);
  if (group.payload !== null) await startPayload(engine, group.payload);
}

/** Remembers the CPUs of a group. */
export function noteCpus({ state, book }: Engine, name: string, cpus: readonly number[] | null): void {
  state.recordCpuset(name, cpus);
  book.cpusetGiven(name, cpus);
}

/** What came of limits. One that is weaker than it should be is a warning. @throws CorralError CGROUP_IO for one that does not hold */
function tellLimits({ book }: Engine, name: string, outcomes: readonly ConstraintOutcome[]): void {
  for (const { status, name: limit, requested, reason } of outcomes) {
    if (status === "applied") continue;
    const line = `${limit} ${requested} of the group ${name}: ${reason}`;
    if (status !== "degraded") throw new CorralError("CGROUP_IO", line, { object: name, found: status });
    book.warn(line);
  }
}

/** Writes limits of a group that may be in use, and reads each back. @throws as `tellLimits` */
async function limitGroup(engine: Engine, name: string, limits: Limits): Promise<void> {
  const { files } = engine.ports;
  const { planned, settled } = engine.ports.planLimits(limits);
  const applied = await applyLimitsThrough(planned, {
    has: (controller) => files.has(controller),
    write: (controller, file, value) => files.write(name, controller, file, value),
    read: (controller, file) => files.read(name, controller, file),
  });
  tellLimits(engine, name, [...settled, ...applied]);
}

/** Limits of a group that has workers already: those that change its CPUs begin a new time for them. */
export async function changeLimits(engine: Engine, name: string, limits: Limits): Promise<void> {
  if (limits.cpusetPartition === undefined) return limitGroup(engine, name, limits);
  await changeCpus(engine, [name], () => limitGroup(engine, name, limits));
}
