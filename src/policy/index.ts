/**
 * policy/: when a condition holds for a selected process, do an action, get an acknowledgement, verify the effect, record
 * the outcome. What may enter: lifecycle events, enrolments, samples, rules. What it may not know: flags, output, jobs.
 * It imports arena/, events/, cgroup/, kernel/ and report/ only. Also the SDK `corral/policy`.
 */
export type { ActionOptions, Actions, GroupAction } from "./actions/index.ts";
export { openActions } from "./actions/index.ts";
export type {
  AdaptiveLine,
  AdaptiveStarted,
  CompactRequest,
  CompactStep,
  CompactSubject,
  CompactSummary,
  CompactTuning,
  ReclaimRequest,
  ReclaimStep,
  ReclaimSummary,
  ReclaimTuning,
} from "./adaptive/index.ts";
export {
  CompactRun,
  compactDefaults,
  groupSubject,
  processSubject,
  ReclaimRun,
  reclaimDefaults,
} from "./adaptive/index.ts";
export type {
  ActionAnswer,
  EnrolmentCounters,
  EnrolmentLimits,
  EnrolmentServer,
  EnrolmentServerOptions,
  EnrolOptions,
  EnrolState,
  OnAction,
  ToldStats,
  WorkloadAction,
  WorkloadEnrolment,
} from "./enrolment/index.ts";
export {
  clientSocketPaths,
  defaultEnrolmentLimits,
  enrol,
  serveEnrolments,
  serverSocketPath,
} from "./enrolment/index.ts";
export type {
  AckPhases,
  AckStats,
  Action,
  ActionContext,
  ActionDoer,
  ActionResult,
  AffectedGroup,
  ArenaConfig,
  Attempt,
  AttemptProcess,
  EnrolledWorkloads,
  Enrolment,
  EnrolmentChange,
  JsonValue,
  Measure,
  Metric,
  Outcome,
  RefusalReason,
  Sample,
  SampleSubject,
  SignalMeans,
  SignalSources,
  SignalWant,
  SignalWatch,
  Target,
  UnenrolReason,
  WorkloadReply,
  WorkloadRequest,
} from "./model/index.ts";
export { outcomes } from "./model/index.ts";
export type { AttemptRecord, PolicySummary, RecordsOptions, RecordWriter, RunEnd, RunFacts } from "./records/index.ts";
export { openRecords } from "./records/index.ts";
export type { SignalOptions } from "./signals/index.ts";
export { openSignals } from "./signals/index.ts";
