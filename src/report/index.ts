/**
 * report/: what Corral says and how it is spelled: errors, units, outcomes, schemas, tables.
 * Pure; knows nothing of the kernel, of files or of processes, and imports no other room.
 */
export { CorralError, errnoOf } from "./errors.ts";
export type { ErrorDetails } from "./errors.ts";
export { errorCodes, exitStatus } from "./error-codes.ts";
export type { ErrorCode } from "./error-codes.ts";
export { constraintStatuses } from "./outcome.ts";
export type { ConstraintOutcome, ConstraintStatus } from "./outcome.ts";
export { formatBytes, formatSeconds, parseDurationMs, parseNumberIn, parseSize, parseSizeOrMax, quote } from "./units.ts";
