import type { Limits } from "../../cgroup/index.ts";
import type { CpusetSpec } from "../model/index.ts";
import type { ResolvedPayloadRun } from "./resolved-payload.ts";
import type { ResolvedWork } from "./resolved-work.ts";

/** Controllers that a scenario can need, in the order they are told. */
export const scenarioControllers = ["cpuset", "cpu", "memory", "io", "pids"] as const;
export type ScenarioController = (typeof scenarioControllers)[number];

/** CPUs of a cpuset and how they were asked for. */
export interface ResolvedCpuset {
  readonly spec: CpusetSpec;
  /** Ascending, at least one, all of the topology. */
  readonly cpus: readonly number[];
}

/** A group to be made, settled. Made in this order: directory, `limits`, works, payload. */
export interface ResolvedGroup {
  /** Path below the scenario's group. What its path passes through exists by then. */
  readonly name: string;
  /** Null: inherited. `limits.cpusetCpus` has the same CPUs for the kernel. */
  readonly cpuset: ResolvedCpuset | null;
  /** Memory nodes; null: inherited. `limits.cpusetMems` has the same. */
  readonly cpusetMems: readonly number[] | null;
  /**
   * CPUs that processes in it really have: the cpuset as far as the groups above have its CPUs. Null: neither it nor a group
   * above has a cpuset, so all CPUs.
   */
  readonly effectiveCpus: readonly number[] | null;
  /** Everything that is written, cpusets too: for `planLimits`. Empty: nothing. */
  readonly limits: Limits;
  /** What the group above must hand down for `limits`, in the order of `scenarioControllers`. */
  readonly controllers: readonly ScenarioController[];
  /** Empty for a group of `add_cgroup`, and perhaps for one with a payload. */
  readonly works: readonly ResolvedWork[];
  readonly payload: ResolvedPayloadRun | null;
}
