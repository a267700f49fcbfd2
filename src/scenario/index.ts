/**
 * scenario/: rehearse a choreography of control groups, workers and programs, and judge what came of it. Also the SDK
 * `corral/scenario`. What may enter: scenarios as data and as files, topologies. What it may not know: flags, output.
 */
export type { ErrorCode, ErrorDetails } from "../report/index.ts";
export { CorralError } from "../report/index.ts";
export type { CgroupLike, SetupLike } from "./build/index.ts";
export {
  affinity,
  backdrop,
  CgroupBuilder,
  cgroup,
  cpus,
  hold,
  holdStep,
  memory,
  ops,
  payload,
  scenario,
  sched,
  step,
  stepWithDefs,
  stepWithOp,
  stepWithPayload,
} from "./build/index.ts";
export type {
  BetterClaim,
  CheckResult,
  CheckRun,
  Claim,
  DetailKind,
  FigureOptions,
  Finding,
  Outcome,
  PhaseRatio,
  Point,
  Series,
  Stretch,
  UserCheck,
  Where,
} from "./checks/index.ts";
export {
  allOf,
  alwaysTrue,
  anyOf,
  convergesTo,
  counterDeltaPerPhase,
  each,
  firstPerPhase,
  lastPerPhase,
  nondecreasing,
  rateSeries,
  rateWithin,
  ratioWithin,
  steadyWithin,
  strictlyIncreasing,
} from "./checks/index.ts";
export type { CustomContext, CustomFunction } from "./custom/index.ts";
export type { RunEvent } from "./execute/index.ts";
export type { ScenarioFile } from "./file/index.ts";
export { loadScenario, parseScenario } from "./file/index.ts";
export type {
  AffinityIntent,
  Backdrop,
  CgroupDef,
  Checks,
  CpusetSpec,
  Duration,
  Expectation,
  GroupLimits,
  HoldSpec,
  MemPolicy,
  MemPolicyFlag,
  ModuleReference,
  NumberList,
  Op,
  OpKind,
  Payload,
  PhaseMetric,
  Scenario,
  SchedPolicy,
  SchedulerSpec,
  SeriesMetric,
  Setup,
  Step,
  WaitCondition,
  WorkSpec,
  WorkType,
  WorkTypeName,
} from "./model/index.ts";
export { opKinds, workTypeNames, workTypes } from "./model/index.ts";
export type {
  GroupDocument,
  OpDocument,
  PlanDocument,
  PlanOptions,
  ScenarioPlan,
  ScenarioPlanDocument,
  SetupContext,
  SetupFunction,
  StepDocument,
  WorkDocument,
} from "./plan/index.ts";
export { planScenario, planScenarioFile, toPlanDocument } from "./plan/index.ts";
export type {
  EndedProcess,
  GroupRecord,
  OpRecord,
  PayloadRecord,
  PhaseRecord,
  RunRecord,
  SeriesValues,
  StalledWorker,
  WorkRecord,
} from "./record/index.ts";
export type { PassOptions, Rehearsal, RehearsedCheck, RehearseOptions, SkippableTest } from "./rehearse/index.ts";
export {
  rehearsalsHtml,
  rehearsalsJson,
  rehearsalsJunit,
  rehearsalText,
  rehearse,
  rehearseFile,
  requirePass,
  ScenarioFailure,
} from "./rehearse/index.ts";
export type { ResolvedScenario, ScenarioProblem, ScenarioWarning, UnmetNeed } from "./resolve/index.ts";
export { ScenarioError } from "./resolve/index.ts";
export type { Topology, TopologyNode } from "./topology/index.ts";
export { parseTopology, readHostTopology } from "./topology/index.ts";
export type { Latencies, WorkerReport } from "./workers/index.ts";
export { addLatencies, meanNs, percentileNs } from "./workers/index.ts";
