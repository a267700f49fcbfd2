import type { CpuTopology } from "../../kernel/index.ts";

/** A memory node. */
export interface TopologyNode {
  /** Its number; numbers may have gaps. */
  readonly id: number;
  /** Its CPUs, ascending; none: it has memory only. */
  readonly cpus: readonly number[];
}

/**
 * What a scenario is resolved against: CPUs, and what they share. Lists are ascending; every CPU is in exactly one core, one
 * last-level cache and one node.
 */
export interface Topology {
  /** host, or the text it was declared with. */
  readonly source: string;
  /** All CPUs there are; at least one. On a host those that are online and that Corral itself may use. */
  readonly cpus: readonly number[];
  /** All but the last, which is kept for Corral itself, when there are more than two. */
  readonly usable: readonly number[];
  /** CPUs of each last-level cache, by its number from 0; on a host in the order of their first CPUs. */
  readonly llcs: readonly (readonly number[])[];
  /** Hardware threads of each core, in the order of their first CPUs. */
  readonly cores: readonly (readonly number[])[];
  /** By their numbers. */
  readonly nodes: readonly TopologyNode[];
}

/** How many CPUs a host must have for one to be kept from scenarios. */
const cpusToKeepOne = 3;

/** Facts of a host or a declaration, with the CPUs that shares are made of. */
export const topologyOf = (facts: CpuTopology, source: string): Topology => ({
  source,
  ...facts,
  usable: facts.cpus.length < cpusToKeepOne ? facts.cpus : facts.cpus.slice(0, -1),
});

/** Most hardware threads that a core has. */
export const threadsPerCore = ({ cores }: Topology): number => Math.max(...cores.map((core) => core.length));

/** Numbers of the nodes that have some of these CPUs. */
export const nodesOf = (cpus: readonly number[], { nodes }: Topology): readonly number[] =>
  nodes.filter((node) => node.cpus.some((cpu) => cpus.includes(cpu))).map(({ id }) => id);
