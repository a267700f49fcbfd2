import { readdirSync } from "node:fs";
import { controlNumber, parseFlatKeyed, parsePressure, tryReadControl } from "../../cgroup/index.ts";
import type { Domain, Place, Targets } from "./place.ts";
import type { DomainReading, ProtectedReading, ToolReading } from "./readings.ts";

const numberOf = (path: string): number => controlNumber(tryReadControl(path)) ?? 0;

export const isPopulated = (directory: string): boolean =>
  parseFlatKeyed(tryReadControl(`${directory}/cgroup.events`)).get("populated") === 1;

/** An empty group is frozen as soon as it is told to, and says so. */
const isFrozen = (directory: string): boolean =>
  parseFlatKeyed(tryReadControl(`${directory}/cgroup.events`)).get("frozen") === 1;

export const readStallUs = (directory: string): number | null =>
  parsePressure(tryReadControl(`${directory}/memory.pressure`))?.some_us ?? null;

function readProtected(place: Place, wantsFaults: boolean): ProtectedReading {
  const events = parseFlatKeyed(tryReadControl(`${place.directory}/memory.events`));
  return {
    place,
    currentBytes: numberOf(`${place.directory}/memory.current`),
    stallUs: readStallUs(place.directory),
    faults: wantsFaults ? (parseFlatKeyed(tryReadControl(`${place.directory}/memory.stat`)).get("pgfault") ?? 0) : null,
    highHits: events.get("high") ?? 0,
    maxHits: events.get("max") ?? 0,
  };
}

/** The tool calls of a session that have processes. */
function readTools({ tools }: Place): readonly ToolReading[] {
  if (tools === null) return [];
  try {
    return readdirSync(tools, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && isPopulated(`${tools}/${entry.name}`))
      .map(({ name }) => ({
        directory: `${tools}/${name}`,
        currentBytes: numberOf(`${tools}/${name}/memory.current`),
      }));
  } catch {
    return [];
  }
}

const readDomain = (domain: Domain, wantsTools: boolean): DomainReading => ({
  domain,
  currentBytes: numberOf(`${domain.clamp.directory}/memory.current`),
  frozen: domain.freeze.every(isFrozen),
  tools: wantsTools ? readTools(domain.place) : [],
});

/** Reads what policies decide from, of those who are protected and of those from whom. */
export const readTargets = (
  { protects, domains }: Targets,
  wants: { readonly tools: boolean; readonly faults: boolean },
) => ({
  protects: protects.map((one) => readProtected(one, wants.faults)),
  domains: domains.map((one) => readDomain(one, wants.tools)),
});
