import { formatNumberList } from "../../kernel/index.ts";
import { quote } from "../../report/index.ts";
import type { CgroupDef, CpusetSpec, NumberList } from "../model/index.ts";
import type { Context } from "./context.ts";
import { listNames } from "./context.ts";
import { readNumbers, resolveCpuset } from "./cpuset.ts";
import { controllersOf, groupSettings, judgeSettings } from "./limits.ts";
import { startPayload } from "./payloads.ts";
import type { Place } from "./problems.ts";
import { lacking, refuse } from "./refusal.ts";
import { parentName } from "./rehearsal.ts";
import type { ResolvedCpuset, ResolvedGroup } from "./resolved-group.ts";
import type { ResolvedPayloadRun } from "./resolved-payload.ts";
import type { ResolvedWork } from "./resolved-work.ts";
import type { WorkPlace } from "./works.ts";
import { judgeProcesses, resolveWork } from "./works.ts";

/** Whether a group of this name can be made; what is in its way is told at the place. */
function judgeName(name: string, place: Place, { rehearsal }: Context): boolean {
  const parent = parentName(name);
  const taken = rehearsal.groups.get(name);
  if (taken !== undefined) {
    const where = taken.slot === "backdrop" ? "in the backdrop" : "in this step";
    place.refuse(
      refuse(
        `group ${quote(name)} was made ${where} already: a group is declared in exactly one place`,
        "leave one out, or remove it before",
      ),
    );
  }
  if (parent !== null && !rehearsal.groups.has(parent))
    place.refuse(
      refuse(
        `group ${quote(parent)}, which ${quote(name)} is below, is not there at this point; there are: ${listNames(rehearsal.groups.keys())}`,
        "make it before",
      ),
    );
  return taken === undefined;
}

/** A cpuset for a group of this name, within what the groups above have. */
export function resolveGroupCpuset(
  spec: CpusetSpec,
  name: string,
  place: Place,
  { rehearsal }: Context,
): ResolvedCpuset | null {
  const cpus = place.take(resolveCpuset(spec, rehearsal.topology));
  if (cpus === null) return null;
  const parent = parentName(name);
  const above = parent === null ? null : rehearsal.effectiveCpus(parent);
  if (above !== null && !cpus.some((cpu) => above.includes(cpu)))
    place.refuse(
      lacking(
        `CPUs ${formatNumberList(cpus)} are none of those ${formatNumberList(above)} that the group above has`,
        "use some of those, or widen that cpuset",
      ),
    );
  return { spec, cpus };
}

function resolveMems(list: NumberList, place: Place, { rehearsal }: Context): readonly number[] | null {
  const wanted = place.take(readNumbers(list));
  if (wanted === null) return null;
  const existing = rehearsal.topology.nodes.map(({ id }) => id);
  const absent = wanted.filter((node) => !existing.includes(node));
  return absent.length === 0
    ? wanted
    : place.refuse(
        lacking(
          `memory node ${formatNumberList(absent)} is not there: there is ${formatNumberList(existing)}`,
          "name nodes that are",
        ),
      );
}

function resolveWorks(def: CgroupDef, place: Place, { scenario, rehearsal }: Context): readonly ResolvedWork[] {
  const at: WorkPlace = {
    group: def.name,
    defaults: def,
    override: def.swappable === true ? (scenario.workTypeOverride ?? null) : null,
    isSpawn: false,
    workersPerCgroup: Math.max(1, scenario.workersPerCgroup ?? 1),
  };
  // Beside a payload that is measured nobody spins who was not asked for; an empty list asks for nobody.
  const specs = def.works ?? (def.payload === undefined ? [{}] : []);
  const group = rehearsal.groups.get(def.name);
  const works = specs.flatMap((spec, index) => {
    const work = resolveWork(spec, index, at, rehearsal, place.at("works", index));
    if (group !== undefined) group.handles[rehearsal.slot] += 1;
    return work === null ? [] : [work];
  });
  judgeProcesses(works, place.at("works"));
  return works;
}

function startOwnPayload(def: CgroupDef, place: Place, context: Context): ResolvedPayloadRun | null {
  if (def.payload === undefined) return null;
  const run = { name: def.payload, args: [], cgroup: def.name, source: "group" } as const;
  return startPayload(run, place.at("payload"), context);
}

/** A group with all that belongs to it; it stands from now on. Null when its name is taken. */
export function resolveGroup(def: CgroupDef, place: Place, context: Context): ResolvedGroup | null {
  if (!judgeName(def.name, place.at("name"), context)) return null;
  const { rehearsal } = context;
  const cpuset =
    def.cpuset === undefined ? null : resolveGroupCpuset(def.cpuset, def.name, place.at("cpuset"), context);
  const mems = def.cpusetMems === undefined ? null : resolveMems(def.cpusetMems, place.at("cpusetMems"), context);
  const raw = groupSettings(def.limits, cpuset?.cpus ?? null, mems);
  const limits = judgeSettings(raw, place.at("limits"));
  rehearsal.addGroup({ name: def.name, raw, cpus: cpuset?.cpus ?? null, mems }, place);
  rehearsal.need(def.name, controllersOf(limits));
  const works = resolveWorks(def, place, context);
  const payload = startOwnPayload(def, place, context);
  return {
    name: def.name,
    cpuset,
    cpusetMems: mems,
    effectiveCpus: rehearsal.effectiveCpus(def.name),
    limits,
    // What later ops need of it comes to these at the end.
    controllers: controllersOf(limits),
    works,
    payload,
  };
}

/** A group without anything; it stands from now on. Null when its name is taken. */
export function resolveEmptyGroup(name: string, place: Place, context: Context): ResolvedGroup | null {
  if (!judgeName(name, place.at("name"), context)) return null;
  const { rehearsal } = context;
  rehearsal.addGroup({ name, raw: {}, cpus: null, mems: null }, place);
  return {
    name,
    cpuset: null,
    cpusetMems: null,
    effectiveCpus: rehearsal.effectiveCpus(name),
    limits: {},
    controllers: [],
    works: [],
    payload: null,
  };
}
