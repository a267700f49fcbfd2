/*
 * What the parts of a fleet agree on: messages as values, time limits, and what a run's exit status means. It knows
 * neither wire nor clock.
 */
export type { FleetOutcome } from "./exit-status.ts";
export { byWeight, fleetExit, weightiest } from "./exit-status.ts";
export type { AgentLimits, ControllerLimits } from "./limits.ts";
export { agentLimits, controllerLimits } from "./limits.ts";
export type {
  AgentFailure,
  AgentMessage,
  AgentSaying,
  Assignment,
  ControlMessage,
  WallNs,
} from "./messages.ts";
export { isTerminal } from "./messages.ts";
export type { Operation } from "./operations.ts";
export { operations, sizeBucketOf, sizeBuckets } from "./operations.ts";
export type { RunStage } from "./stage.ts";
export { onlyStage } from "./stage.ts";
export type {
  BegunReport,
  CpuShares,
  FinalReport,
  Interval,
  LatencyBuckets,
  LatencyCell,
  PrepareResult,
  Totals,
  WorkReport,
} from "./work.ts";
export { noReport, noTotals, noWork } from "./work.ts";
