/**
 * policy/adaptive: two policies that steer by what they cause: memory is taken back from a group while its processes are not
 * stalled for it, and the memory of what is idle is put aside until it wakes. What may enter: samples, actions, tuning. What
 * it may not know: rules, enrolments, flags. The laws are pure (reclaim-law, compact-law); the runs apply them, a line a step.
 */
export type { CompactTuning } from "./compact-law.ts";
export { compactDefaults } from "./compact-law.ts";
export type { CompactRequest } from "./compact-run.ts";
export { CompactRun } from "./compact-run.ts";
export type { CompactSubject } from "./compact-subject.ts";
export { groupSubject, processSubject } from "./compact-subject.ts";
export type {
  AdaptiveLine,
  AdaptiveStarted,
  CompactStep,
  CompactSummary,
  ReclaimStep,
  ReclaimSummary,
} from "./documents.ts";
export type { ReclaimTuning } from "./reclaim-law.ts";
export { reclaimDefaults } from "./reclaim-law.ts";
export type { ReclaimRequest } from "./reclaim-run.ts";
export { ReclaimRun } from "./reclaim-run.ts";
