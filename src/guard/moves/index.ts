/**
 * guard/moves/: processes are moved between groups, and quickly: the kernel's lock on moves is kept warm while that pays. What may
 * enter: pids that somebody has judged, times. What it may not know: sessions, rules, clients.
 */
export type { MoveInto } from "./moves.ts";
export { notedMoves } from "./moves.ts";
export { OpenGroups } from "./open-groups.ts";
export { WarmKeeper } from "./warm-keeper.ts";
