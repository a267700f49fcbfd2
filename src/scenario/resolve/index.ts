/**
 * scenario/resolve/: what a scenario means on a topology: every CPU, count, limit, duration and controller settled, or
 * everything that is wrong with it. Pure; never throws. What may not enter: groups, processes, the time.
 */

export type { AffinityPlace } from "./affinity.ts";
export { drawCpus, resolveAffinity } from "./affinity.ts";
export { effectiveCpus } from "./effective-cpus.ts";
export { refusalOf, ScenarioError } from "./error.ts";
export type { ExpandedScenario, ExpandedStep } from "./expanded.ts";
export type { ScenarioProblem } from "./problems.ts";
export { problemLine } from "./problems.ts";
export type { Refusal } from "./refusal.ts";
export { isRefusal } from "./refusal.ts";
export type { ModuleJudge } from "./rehearsal.ts";
export type { Resolution } from "./resolve-scenario.ts";
export { resolveScenario } from "./resolve-scenario.ts";
export type { ResolvedCpuset, ResolvedGroup, ScenarioController } from "./resolved-group.ts";
export type { ResolvedCondition, ResolvedOp, ResolvedOpDetails, SupportedOpKind } from "./resolved-op.ts";
export type { ResolvedMetric, ResolvedPayload, ResolvedPayloadRun } from "./resolved-payload.ts";
export type {
  ResolvedBackdrop,
  ResolvedHold,
  ResolvedScenario,
  ResolvedStep,
  ScenarioWarning,
  UnmetNeed,
} from "./resolved-scenario.ts";
export type { ResolvedScheduler } from "./resolved-scheduler.ts";
export type { ResolvedAffinity, ResolvedResources, ResolvedScheduling, ResolvedWork } from "./resolved-work.ts";
export { judgeScenarioValues } from "./values.ts";
export { whereIn } from "./where.ts";
export { workersPerCpu } from "./works.ts";
