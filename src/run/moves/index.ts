/**
 * run/moves/: processes are moved between groups, and quickly: the kernel's lock on moves is kept warm while that pays. A move takes the
 * lock on all groups for writing, and after some milliseconds without one the first waits for an RCU grace period, 5 to 15 ms
 * (kernel/cgroup/cgroup.c, cgroup_attach_lock; kernel/locking/percpu-rwsem.c). What may enter: pids that somebody has judged, times.
 * What it may not know: sessions, rules, clients.
 */
export type { MoveInto } from "./moves.ts";
export { notedMoves } from "./moves.ts";
export { OpenGroups } from "./open-groups.ts";
export { WarmKeeper } from "./warm-keeper.ts";
export type { WarmMoves, WarmMovesStatus } from "./warm-moves.ts";
export { warmMovesWords } from "./warm-moves.ts";
export { warmOnce } from "./warm-once.ts";
