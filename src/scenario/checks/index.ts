/**
 * scenario/checks/: what a run is judged by. The record of a run goes in, results and a verdict come out; pure, but for checks
 * of one's own, which are functions of somebody else. Knows the model, the record and metrics; not how anything was done, nor
 * how results are shown.
 */
export type { BetterClaim, Claim } from "./claims.ts";
export type { Judgement, JudgeOptions } from "./judge.ts";
export { asksMonitor, isAgainst, judgeRun } from "./judge.ts";
export { mergeChecks, noOverrides } from "./merge.ts";
export { figure } from "./numbers.ts";
export type { CheckResult, DetailKind, Finding, Outcome, Where } from "./result.ts";
export { detailKinds, everywhere, foldOutcomes, outcomes, verdictExitStatus } from "./result.ts";
export type { FigureOptions, PhaseRatio, Point, Series, Stretch } from "./series/index.ts";
export {
  alwaysTrue,
  convergesTo,
  counterDeltaPerPhase,
  each,
  firstPerPhase,
  groupSeries,
  lastPerPhase,
  nondecreasing,
  rateSeries,
  rateWithin,
  ratioWithin,
  steadyWithin,
  strictlyIncreasing,
  valueAtPhase,
} from "./series/index.ts";
export type { CheckRun, UserCheck } from "./user-check.ts";
export { allOf, anyOf, runUserCheck } from "./user-check.ts";
