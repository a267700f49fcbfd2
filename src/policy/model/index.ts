/**
 * policy/model: the words that the rooms of policy/ share: enrolments, actions, signals, attempts and their outcomes. What
 * may enter: types and tables without behaviour. What it may not know: how any of it is done.
 */
export type { Action, ActionContext, ActionDoer, ActionResult, AffectedGroup, Measure, Target } from "./action.ts";
export type { Attempt, AttemptProcess } from "./attempt.ts";
export type {
  AckPhases,
  AckStats,
  ArenaConfig,
  EnrolledWorkloads,
  Enrolment,
  EnrolmentChange,
  JsonValue,
  RefusalReason,
  UnenrolReason,
  WorkloadReply,
  WorkloadRequest,
} from "./enrolment.ts";
export type { Outcome } from "./outcome.ts";
export { outcomes } from "./outcome.ts";
export type { Metric, Sample, SampleSubject, SignalMeans, SignalSources, SignalWant, SignalWatch } from "./signal.ts";
