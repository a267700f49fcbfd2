/**
 * cgroup/: everything Corral knows about control groups: what the host's mounts offer, where a group may be
 * made, which files a limit becomes, whether it took, and what a group has used. Planning is pure; applying
 * is small. Imports kernel/ and report/ only, and knows nothing of jobs, commands or flags.
 */
export type { ControlFiles } from "./apply.ts";
export { applyLimits, applyLimitsThrough } from "./apply.ts";
export {
  explainErrno,
  readControl,
  readControls,
  tryReadControl,
  writeControl,
  writeControlAside,
} from "./control-file.ts";
export type { FreezerState, GroupNow } from "./current.ts";
export { eventsFile, freezerState, readNow } from "./current.ts";
export type { Disk } from "./disks.ts";
export { diskUnder, listDisks, resolveDisk, weightedDisks } from "./disks.ts";
export type { GroupDirectory, GroupSite } from "./group.ts";
export { enableControllers, GroupHandle, signalQuietly } from "./group.ts";
export type { GroupMemory } from "./group-memory.ts";
export { controlNumber, currentMemoryFile, readGroupMemory } from "./group-memory.ts";
export type { CgroupTexts, Controller, Hierarchy, HostCgroups } from "./hierarchy.ts";
export { controllers, discoverHostCgroups, hostCgroupsReader, hostCgroupsWatch, seenFrom } from "./hierarchy.ts";
export { describeLimit } from "./limit-text.ts";
export type { BytesOrMax, CpuMax, IoLatency, IoMax, LimitKey, Limits } from "./limits.ts";
export { limitNames } from "./limits.ts";
export type { MoveRefusal } from "./membership.ts";
export { hierarchyOf, moveProcess, originsOf } from "./membership.ts";
export { weightToNice } from "./nice-table.ts";
export type { GroupPlace, GroupUse } from "./place.ts";
export { placeAt, placeOfProcess, processesBelow, whyUntouchable } from "./place.ts";
export type { NoParent, Parent, PlacementRequest } from "./placement.ts";
export { mayClimb, selectParent } from "./placement.ts";
export type { ControlWrite, LimitPlan, PlannedLimit, ReadBack } from "./plan.ts";
export { controllerOf, planLimits } from "./plan.ts";
export type { ReclaimResult } from "./reclaim.ts";
export { reclaimMemory } from "./reclaim.ts";
export type { ScopeRequest } from "./systemd-scope.ts";
export { dbusClientIsInstalled, requestScope, scopeCanBeAsked, scopeName, systemdIsRunning } from "./systemd-scope.ts";
export type { GroupUsage, PressureTotals } from "./usage.ts";
export { parseFlatKeyed, parsePressure, readUsage, usageFiles } from "./usage.ts";
