/**
 * The library: what `import … from "corral"` offers. docs/library.md is its page.
 */

export type { ProcessIdentity } from "./kernel/index.ts";
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
export type { UpdateResult } from "./run/attach/index.ts";
export type { FreezeResult, JobsDocument, StatusDocument } from "./run/jobs/index.ts";
export type {
  AttachOptions,
  DefaultStdio,
  Job,
  JobOptions,
  ListOptions,
  LookOptions,
  OutputOf,
  ProcessReference,
  RunOptions,
  StdinOf,
  StdioFile,
  StdioOption,
  StdioSlot,
  StopOptions,
  TakeUpOptions,
  UpdateOptions,
  WaitOptions,
} from "./run/library/index.ts";
export { attach, getJob, listJobs, run, takeUp, waitForJob } from "./run/library/index.ts";
export type {
  DurationOption,
  IoLatencyOption,
  IoMaxOption,
  LimitOptions,
  ListOption,
  PresetName,
  RlimitOption,
  SizeOption,
} from "./run/settings/index.ts";
