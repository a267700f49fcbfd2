/**
 * scenario/model/: the words of a scenario as types and tables, with units and defaults. Pure; the same for programs and for
 * files, where keys are spelled with underscores. What values mean on a host is resolve/'s; what is done is the executor's.
 */
export type { CgroupDef, GroupLimits, ScenarioLimit, Setup } from "./cgroup-def.ts";
export { scenarioLimits } from "./cgroup-def.ts";
export type { Checks } from "./checks.ts";
export { builtInLimits } from "./checks.ts";
export type { CpusetSpec, CpusetSpecs, Share } from "./cpuset.ts";
export type { Expectation, Expectations, FigureWord, Pattern, Patterns } from "./expectation.ts";
export { figureWords, patternWords } from "./expectation.ts";
export type { PhaseMetric, SeriesMetric } from "./metrics.ts";
export { phaseMetricNames, phaseWorkMetrics, seriesMetricNames, seriesMetrics } from "./metrics.ts";
export type {
  CountedSince,
  EventCounter,
  GroupMetric,
  KernelTarget,
  KernelTargets,
  KernelValue,
  Op,
  OpKind,
  Ops,
  OpWord,
  SpawnPlacement,
  WaitCondition,
  WaitConditions,
} from "./op.ts";
export { countedSince, eventCounters, groupMetrics, opKinds, opWords, unsupportedOps } from "./op.ts";
export type {
  MetricCheck,
  MetricChecks,
  Payload,
  PayloadMetric,
  PayloadOutput,
  Polarity,
} from "./payload.ts";
export { payloadOutputs, polarityWords } from "./payload.ts";
export type {
  AffinityIntent,
  AffinityIntents,
  MemPolicies,
  MemPolicy,
  MemPolicyFlag,
  SchedPolicies,
  SchedPolicy,
} from "./placement.ts";
export { affinityWords, memPolicyFlags, memPolicyWords, schedPolicyWords } from "./placement.ts";
export type { Backdrop, HoldSpec, HoldSpecs, Needs, Scenario, Step } from "./scenario.ts";
export type { SchedulerSpec } from "./scheduler.ts";
export type { Duration, ModuleReference, NumberList, OneOf } from "./value-types.ts";
export type { CustomWork, PlainWork, WorkPhase, WorkSpec, WorkType } from "./work.ts";
export type {
  GivenParameters,
  PhaseKind,
  WorkDescription,
  WorkLatencies,
  WorkParameter,
  WorkParameters,
  WorkSamples,
  WorkSupport,
  WorkTypeName,
} from "./work-types/index.ts";
export {
  canBeThread,
  describeWork,
  fillParameters,
  phaseKinds,
  workLatencies,
  workTypeNames,
  workTypes,
} from "./work-types/index.ts";
