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
