import type { Disk, HostCgroups, LimitKey, Limits, PlannedLimit } from "../cgroup/index.ts";
import { limitNames, planLimits, weightedDisks } from "../cgroup/index.ts";
import type { ConstraintStatus } from "../report/index.ts";
import type { Place, Places, ScopeOutlook } from "./places.ts";

/** What a run that asks for one limit would report about it here (design vocabulary: constraint outcome). */
export interface LimitVerdict {
  /** The flag of `corral run`, without dashes. */
  readonly name: string;
  readonly status: ConstraintStatus;
  /** Control files or the system call that enforces it; null when nothing does. */
  readonly mechanism: string | null;
  readonly reason: string | null;
}

export interface LimitFacts {
  readonly cgroups: HostCgroups;
  readonly disks: readonly Disk[];
  readonly places: Places;
  readonly scope: ScopeOutlook;
}

/** A harmless value of every limit, to be planned and never written. A nice value is an attribute, not a limit. */
const samples: Required<Omit<Limits, "cpuWeightNice">> = {
  cpuMax: { quotaUs: 50_000, periodUs: 100_000 },
  cpuBurstUs: 10_000,
  cpuWeight: 50,
  cpuIdle: true,
  cpusetCpus: "0",
  cpusetMems: "0",
  cpusetPartition: "root",
  memoryMin: 2 ** 20,
  memoryLow: 2 ** 20,
  memoryHigh: 2 ** 30,
  memoryMax: 2 ** 30,
  swapMax: 2 ** 30,
  zswapMax: 2 ** 30,
  oomGroup: true,
  ioWeight: 50,
  ioMax: [
    { device: "8:0", readBytesPerSec: 2 ** 20, writeBytesPerSec: null, readOpsPerSec: null, writeOpsPerSec: null },
  ],
  ioLatency: [{ device: "8:0", targetUs: 20_000 }],
  pidsMax: 100,
};

/** What stands in for a limit whose controller has no group. */
const standIns: Readonly<Partial<Record<LimitKey, string>>> = {
  cpuWeight: "nice",
  cpusetCpus: "sched_setaffinity",
  ioWeight: "ionice",
};

/** One limit alone, except that v1 limits swap only on top of memory. */
const sampleOf = (key: keyof typeof samples): Limits => ({
  [key]: samples[key],
  ...(key === "swapMax" ? { memoryMax: samples.memoryMax } : {}),
});

/** A file that the plan writes and that the group made for the purpose does not have; null also where nothing was seen. */
function missingFile(limit: PlannedLimit, place: Place): string | null {
  const { attempt } = place;
  if (attempt === null || !attempt.made) return null;
  const prefix = place.hierarchy.version === 1 && limit.controller === "io" ? "blkio." : `${limit.controller}.`;
  // A v2 group shows a controller's files only once its parent has passed the controller on; cpu.stat is always there.
  const shown = [...attempt.files].some(
    (file) => file.startsWith(prefix) && !/\.(stat|stat\.local|pressure)$/.test(file),
  );
  return shown ? (limit.writes.find(({ file }) => !attempt.files.has(file))?.file ?? null) : null;
}

function judgeWithoutGroup(why: string, standIn: string | null): Omit<LimitVerdict, "name"> {
  return { status: standIn === null ? "not_enforceable" : "degraded", mechanism: standIn, reason: why };
}

function judgePlanned(limit: PlannedLimit, facts: LimitFacts): Omit<LimitVerdict, "name"> {
  const place = facts.places.byController.get(limit.controller);
  const standIn = standIns[limit.key] ?? null;
  if (place === undefined)
    return { status: "not_enforceable", mechanism: null, reason: "no hierarchy has the controller" };
  if (place.reason !== null && facts.scope !== "asked") return judgeWithoutGroup(place.reason, standIn);
  const missing = missingFile(limit, place);
  if (missing !== null) return { status: "not_enforceable", mechanism: null, reason: `this kernel has no ${missing}` };
  if (limit.key === "ioWeight" && weightedDisks(facts.disks).length === 0) {
    const reason = "no disk uses BFQ or iocost, so the kernel ignores the weight";
    return { status: "not_enforceable", mechanism: place.reason === null ? standIn : null, reason };
  }
  const mechanism = limit.writes.map(({ file }) => file).join(", ");
  if (limit.weaker !== undefined) return { status: "degraded", mechanism, reason: limit.weaker };
  return {
    status: "applied",
    mechanism,
    reason: place.reason === null ? null : "in a scope that systemd is asked for",
  };
}

function judgeLimit(key: keyof typeof samples, facts: LimitFacts): LimitVerdict {
  const bfq = facts.disks.some(({ scheduler }) => scheduler === "bfq");
  const { planned, settled } = planLimits(sampleOf(key), facts.cgroups, { bfq });
  const name = limitNames[key];
  const limit = planned.find((one) => one.key === key);
  if (limit !== undefined) return { name, ...judgePlanned(limit, facts) };
  const outcome = settled.find((one) => one.name === name);
  return { name, status: "not_enforceable", mechanism: null, reason: outcome?.reason ?? null };
}

/** What a run would report about every limit, each asked for alone, in the order of the flags. */
export const judgeLimits = (facts: LimitFacts): LimitVerdict[] =>
  (Object.keys(samples) as (keyof typeof samples)[]).map((key) => judgeLimit(key, facts));

/** The closing line: what `corral run` holds, holds in a weaker form, and does not hold, for this user. */
export function summarizeLimits(uid: number, verdicts: readonly LimitVerdict[]): string {
  const named = (status: ConstraintStatus): LimitVerdict[] => verdicts.filter((verdict) => verdict.status === status);
  const withMechanism = (some: readonly LimitVerdict[]): string[] =>
    some.map(({ name, mechanism }) => (mechanism === null ? name : `${name} (${mechanism})`));
  const list = (names: readonly string[]): string => (names.length === 0 ? "nothing" : names.join(", "));
  return [
    `For uid ${uid}, corral run enforces here: ${list(named("applied").map(({ name }) => name))}`,
    `in a weaker form: ${list(withMechanism(named("degraded")))}`,
    `not at all: ${list(withMechanism(named("not_enforceable")))}`,
  ].join("; ");
}
