/**
 * scenario/workers/: synthetic load processes whose iterations are measured. Plans and pids go in and out; where workers
 * are placed, when they are released and what their figures mean is the executor's. What a kind of work does is in
 * native/load. May know the model and the kernel's doors, not groups, steps or checks.
 */
export type { AttributeErrors, DeadlineTimes, WorkerAttributes } from "./attributes.ts";
export { applyAttributes } from "./attributes.ts";
export type { Latencies } from "./latencies.ts";
export {
  addLatencies,
  bucketLowestNs,
  bucketOf,
  latenciesSince,
  meanNs,
  percentileNs,
  variation,
} from "./latencies.ts";
export type { WorkerStage } from "./layout.ts";
export { layout, workerStages } from "./layout.ts";
export type { WorkerEnd, WorkerReport } from "./report.ts";
export { latencyKinds, offCpuPct, onePerProcess, pagesOf, pagesOn } from "./report.ts";
export type { WorkerSample } from "./sample.ts";
export { readShape } from "./sample.ts";
export type { StartOptions } from "./start-workers.ts";
export { startThreads, startWorkers } from "./start-workers.ts";
export type { MemoryPolicyCall, WorkerPlan } from "./worker-arguments.ts";
export { WorkerSet } from "./worker-set.ts";
