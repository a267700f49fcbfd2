/**
 * scenario/record/: what one run of a scenario was: facts, in the order they came, without any judgement. The executor
 * fills it, checks and results read it. Types, names of metrics and small ways to read them; pure. May know the model and
 * the reports of workers, not how anything is done or judged.
 */
export type { Dilation, DilationCosts, DilationRecord } from "./dilation-record.ts";
export type { GroupRecord, GroupSample, SeriesValues } from "./group-record.ts";
export { emptyValues, usageValues } from "./group-record.ts";
export type { HostRecord, MonitorCpu, MonitorSample } from "./host-record.ts";
export { imbalanceOf } from "./host-record.ts";
export type { Moment, OpRecord, PhaseRecord, PhaseWork } from "./phase-record.ts";
export {
  baselinePhase,
  isHoldCut,
  isHoldLost,
  lostHoldText,
  maxPhase,
  phaseAt,
  phaseLabel,
  phaseOfStep,
} from "./phase-record.ts";
export type {
  EndedProcess,
  PayloadEnd,
  PayloadMetricValue,
  PayloadRecord,
  PayloadSource,
  StalledWorker,
} from "./process-record.ts";
export type { RunFailure, RunRecord, RunWhere } from "./run-record.ts";
export { failureText, isEndedByCaller } from "./run-record.ts";
export type { CpusetEpoch, WorkRecord } from "./work-record.ts";
export { expectedNodes } from "./work-record.ts";
