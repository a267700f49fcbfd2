/**
 * events/tree/: which processes there are, who forked whom, and what they run. What may enter: lifecycle events and one look
 * at what ran before. What it may not know: where events come from, what is done with them. Pure: no file, no clock.
 */

export type { NodeEnd, NodeProgram, ProcessNode, RunningProcess, TreeSize } from "./process-node.ts";
export { ancestorsOf, isDescendant } from "./process-node.ts";
export type { ProcessTreeOptions } from "./process-tree.ts";
export { ProcessTree } from "./process-tree.ts";
