import type { WrittenLimits } from "../../run/settings/file/index.ts";
import type { SettingName } from "../../run/settings/index.ts";
import type { CpusetSpec } from "./cpuset.ts";
import type { ModuleReference, NumberList } from "./value-types.ts";
import type { WorkSpec } from "./work.ts";

/** Limits that a group of a scenario can have; its CPUs and memory nodes are `cpuset` and `cpusetMems`. */
export const scenarioLimits = [
  "cpu-quota",
  "cpu-max",
  "cpu-burst",
  "cpu-weight",
  "cpu-idle",
  "cpuset-partition",
  "memory-max",
  "memory-high",
  "memory-low",
  "memory-min",
  "swap-max",
  "zswap-max",
  "oom-group",
  "io-weight",
  "io-weight-raw",
  "io-max",
  "io-latency",
  "pids-max",
] as const satisfies readonly SettingName[];

export type ScenarioLimit = (typeof scenarioLimits)[number];

/**
 * Limits as `corral run` takes them, by the names of its flags. What is absent is not written: a new group has the
 * kernel's own value, and a group that is there keeps what it has.
 */
export type GroupLimits = WrittenLimits<ScenarioLimit>;

/** A group with its limits and what runs in it. */
export interface CgroupDef {
  /** Path below the scenario's own group; `/` nests. Unique while the group lives. */
  readonly name: string;
  /** Default: inherited. */
  readonly cpuset?: CpusetSpec;
  /** Memory nodes. Default: inherited, not derived from `cpuset`. */
  readonly cpusetMems?: NumberList;
  /** Default none. */
  readonly limits?: GroupLimits;
  /** Default: one, which spins; with a payload none. An empty list: none. */
  readonly works?: readonly WorkSpec[];
  /** True: the scenario's `workTypeOverride` replaces its works' kinds. Default false. */
  readonly swappable?: boolean;
  /** Name of a payload that is started in it, after the workers. */
  readonly payload?: string;
  /** What workers have that say nothing themselves. */
  readonly nice?: number;
  readonly comm?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly numaNode?: number;
}

/**
 * The groups of a step, or a function that makes them of what is known of the host. It is called once, before anything
 * happens, and must have no effects.
 */
export type Setup = readonly CgroupDef[] | ModuleReference;
