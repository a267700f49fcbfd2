/**
 * scenario/build/: scenarios as programs write them. Functions and one builder that give plain data of model/, the same as a
 * file of it. Knows the model only.
 */
export { affinity, cpus, hold, memory, sched } from "./specs.ts";
export type { CgroupLike } from "./cgroup.ts";
export { CgroupBuilder, cgroup } from "./cgroup.ts";
export { ops } from "./ops.ts";
export type { SetupLike } from "./scenario.ts";
export { backdrop, holdStep, payload, scenario, step, stepWithDefs, stepWithOp, stepWithPayload } from "./scenario.ts";
