import type { ConstraintOutcome } from "../report/index.ts";
import type { Controller, HostCgroups } from "./hierarchy.ts";
import { describeLimit } from "./limit-text.ts";
import type { LimitKey, Limits } from "./limits.ts";
import { limitNames } from "./limits.ts";
import { mapToV1 } from "./map-v1.ts";
import { mapToV2 } from "./map-v2.ts";

/** How a value read back is compared with the one written. */
export type Comparison = "text" | "bytes" | "list" | "device" | "weight";

/** One write into a control file of the group's directory in the controller's hierarchy. */
export interface ControlWrite {
  readonly file: string;
  readonly value: string;
}

/** What is read back after the writes, and what it must be. */
export interface ReadBack {
  readonly file: string;
  readonly expected: string;
  readonly comparison: Comparison;
}

/** A kernel mechanism for one limit: its writes in order and the proof that they took. */
export interface Mechanism {
  readonly writes: readonly ControlWrite[];
  readonly checks: readonly ReadBack[];
  /** Set when this is weaker than what was asked for: the outcome becomes `degraded` with this reason. */
  readonly weaker?: string;
}

/** A mapping's answer when a hierarchy version has no such mechanism. */
export interface NoMechanism {
  readonly impossible: string;
}

export interface PlannedLimit extends Mechanism {
  readonly key: LimitKey;
  readonly name: string;
  readonly requested: string;
  readonly controller: Controller;
}

/** Limits resolved against a host, before anything is touched. Pure data; `--dry-run` prints it. */
export interface LimitPlan {
  /** Controllers that need a group, in the order they must be written. */
  readonly controllers: readonly Controller[];
  readonly planned: readonly PlannedLimit[];
  /** Outcomes that are already certain: nothing on this host can enforce them. */
  readonly settled: readonly ConstraintOutcome[];
}

/** The order matters: cpuset before the rest may join, memory.max before swap, cpu.max before its burst. */
const keyOrder: readonly LimitKey[] = [
  "cpusetCpus",
  "cpusetMems",
  "cpusetPartition",
  "cpuMax",
  "cpuBurstUs",
  "cpuWeight",
  "cpuWeightNice",
  "cpuIdle",
  "memoryMin",
  "memoryLow",
  "memoryHigh",
  "memoryMax",
  "swapMax",
  "zswapMax",
  "oomGroup",
  "ioWeight",
  "ioMax",
  "ioLatency",
  "pidsMax",
];

/** The controller that a limit belongs to. */
export const controllerOf: Readonly<Record<LimitKey, Controller>> = {
  cpusetCpus: "cpuset",
  cpusetMems: "cpuset",
  cpusetPartition: "cpuset",
  cpuMax: "cpu",
  cpuBurstUs: "cpu",
  cpuWeight: "cpu",
  cpuWeightNice: "cpu",
  cpuIdle: "cpu",
  memoryMin: "memory",
  memoryLow: "memory",
  memoryHigh: "memory",
  memoryMax: "memory",
  swapMax: "memory",
  zswapMax: "memory",
  oomGroup: "memory",
  ioWeight: "io",
  ioMax: "io",
  ioLatency: "io",
  pidsMax: "pids",
};

/** What the mapping must know of the host besides its mounts. */
export interface PlanFacts {
  /** True when a disk uses the BFQ scheduler, whose weights have a file of their own. */
  readonly bfq: boolean;
}

/** Resolves limits into control-file writes for the hierarchy that owns each controller on this host. */
export function planLimits(limits: Limits, host: HostCgroups, facts: PlanFacts = { bfq: false }): LimitPlan {
  const planned: PlannedLimit[] = [];
  const settled: ConstraintOutcome[] = [];
  for (const key of keyOrder) {
    if (limits[key] === undefined) continue;
    const controller = controllerOf[key];
    const hierarchy = host.owner[controller];
    const name = limitNames[key];
    const requested = describeLimit(key, limits);
    const mechanism: Mechanism | NoMechanism =
      hierarchy === undefined
        ? { impossible: `no mounted cgroup hierarchy has the ${controller} controller` }
        : hierarchy.version === 2
          ? mapToV2(key, limits, facts)
          : mapToV1(key, limits);
    if ("impossible" in mechanism) {
      settled.push({
        name,
        requested,
        status: "not_enforceable",
        mechanism: null,
        effective: null,
        reason: mechanism.impossible,
      });
    } else {
      planned.push({ key, name, requested, controller, ...mechanism });
    }
  }
  return { controllers: [...new Set(planned.map((limit) => limit.controller))], planned, settled };
}
