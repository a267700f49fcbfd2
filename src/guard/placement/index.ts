/**
 * guard/placement/: which process belongs to which session, and how it gets there with all that descends from it. What may
 * enter: rules, processes, events of execs. What it may not know: clients, tool calls.
 */
export type { PlacementOptions, Target } from "./placement.ts";
export { Placement } from "./placement.ts";
