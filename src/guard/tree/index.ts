/**
 * guard/tree/: the groups of `corral guard`: where they are, what they are to be (pure), and how they become so. What may
 * enter: sessions as they are wanted, the host's cgroup mounts. What it may not know: clients, events, why something is done.
 */
export { childGroups, removeEmpty } from "./directories.ts";
export { ensureGroup, passOn, vacate } from "./ensure-group.ts";
export { groupOfLines } from "./group-path.ts";
export { guardHost } from "./guard-host.ts";
export type { GuardRoot } from "./guard-root.ts";
export { findGroup, findGuardRoot, placeOfRoot } from "./guard-root.ts";
export type { MemoryStanding } from "./memory-standing.ts";
export { readMemoryStanding } from "./memory-standing.ts";
export { isVacant, reapWhenVacant } from "./reap.ts";
export type { GroupMemory } from "./session-groups.ts";
export { noMemory, SessionGroups } from "./session-groups.ts";
export type { SessionMemory } from "./session-memory.ts";
export { headroomBytes, readSessionMemory } from "./session-memory.ts";
export type { GroupRole, PlannedGroup, SessionPlaces } from "./tree-plan.ts";
export { planTree, sessionPlaces } from "./tree-plan.ts";
