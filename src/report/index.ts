/**
 * report/: what Corral says and how it is spelled: errors, units, outcomes, schemas, tables, and the patterns that people write.
 * Pure; knows nothing of the kernel, of files or of processes, and imports no other room.
 */

export { counted } from "./counted.ts";
export type { ErrorCode } from "./error-codes.ts";
export { errorCodes, exitStatus } from "./error-codes.ts";
export type { ErrorDetails } from "./errors.ts";
export { CorralError, errnoOf } from "./errors.ts";
export type { Fits } from "./glob.ts";
export { nameGlob, pathGlob, pathPrefix, textGlob } from "./glob.ts";
export type { LatencyFigures } from "./latency.ts";
export { LatencyHistogram } from "./latency.ts";
export { nearNames, suggestion } from "./near-names.ts";
export type { ConstraintOutcome, ConstraintStatus } from "./outcome.ts";
export { constraintStatuses } from "./outcome.ts";
export { isPlainName, plainNameRule } from "./plain-name.ts";
export type { RefusedTarget, ReportsDocument } from "./reports-document.ts";
export type {
  ExitReason,
  Intent,
  JobEvent,
  PressureReport,
  RunReport,
  StartError,
  UsageReport,
} from "./run-report.ts";
export { exitReasons, intents } from "./run-report.ts";
export type { SlaCompliance, SlaReason, SlaViolation } from "./sla-reason.ts";
export { slaCompliances, slaReasons, slaViolations } from "./sla-reason.ts";
export { formatTable } from "./table.ts";
export { total } from "./total.ts";
export {
  formatBytes,
  formatExactBytes,
  formatSeconds,
  parseDurationMs,
  parseNumberIn,
  parseSize,
  parseSizeOrMax,
  quote,
} from "./units.ts";
