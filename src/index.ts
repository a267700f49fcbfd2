/**
 * The library: what `import … from "corral"` offers. Everything the CLI does is done through these functions.
 */

export type { Limits } from "./cgroup/index.ts";
export type {
  ConstraintOutcome,
  ConstraintStatus,
  ErrorCode,
  ErrorDetails,
  ExitReason,
  Intent,
  JobEvent,
  RunReport,
  SlaReason,
  UsageReport,
} from "./report/index.ts";
export { CorralError, errorCodes, exitStatus } from "./report/index.ts";
export type { ProcessAttributes, RunSpec, StartOptions, StartResult, StateDirectories } from "./run/index.ts";
export { noAttributes, RunningJob, startRun } from "./run/index.ts";
