/**
 * scenario/topology/: the CPUs, caches and nodes that a scenario is resolved against, of this host or as declared in a text.
 * What may enter: texts, and what kernel/ reads. What may not: scenarios.
 */
export type { Topology, TopologyNode } from "./topology.ts";
