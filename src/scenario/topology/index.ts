/**
 * scenario/topology/: the CPUs, caches and nodes that a scenario is resolved against, of this host or as declared in a text.
 * What may enter: texts, and what kernel/ reads. What may not: scenarios.
 */
import { readCpuTopology } from "../../kernel/index.ts";
import type { Topology } from "./topology.ts";
import { topologyOf } from "./topology.ts";

export { parseTopology } from "./declared.ts";
export type { Topology, TopologyNode } from "./topology.ts";
export { nodesOf, threadsPerCore } from "./topology.ts";

/** That of this host: CPUs that are online and that this process may use. */
export const readHostTopology = (): Topology => topologyOf(readCpuTopology(), "host");
