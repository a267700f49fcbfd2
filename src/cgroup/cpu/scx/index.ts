/**
 * cgroup/cpu/scx: Corral's own CPU scheduler. A helper, corral-scheduler, loads it and holds it (native/BOUNDARY.md); here it is
 * started, listened to, and missed when it dies.
 */
export { releaseGroup } from "./adopt.ts";
export type { SchedulerDocument, SchedulerStats } from "./document.ts";
export { SchedulerIntervals, toAlert, toStart } from "./document.ts";
export { groupNames } from "./group-names.ts";
export type { SchedulerCounters, SchedulerGroup, SchedulerSample } from "./lines.ts";
export { counterNames } from "./lines.ts";
export type { SchedulerOptions } from "./options.ts";
export { defaultSchedulerOptions } from "./options.ts";
export { schedulerLacks } from "./probe.ts";
export { ScxBackend } from "./scx.ts";
