/**
 * run/library/: what programs call: `run`, `attach` and their kin with typed options, and the `Job` they answer. Judges
 * options, opens stdio, and hands everything else to the rest of run/. Knows nothing of flags or terminals, and is not on the
 * way of `corral run`.
 */

export type { ProcessReference } from "./attach.ts";
export { attach, takeUp } from "./attach.ts";
export type { Job } from "./job.ts";
export { getJob, listJobs, waitForJob } from "./look.ts";
export type {
  AttachOptions,
  JobOptions,
  ListOptions,
  LookOptions,
  RunOptions,
  StopOptions,
  TakeUpOptions,
  UpdateOptions,
  WaitOptions,
} from "./options.ts";
export type { RunAtOptions } from "./run.ts";
export { run, runAt } from "./run.ts";
export type { DefaultStdio, OutputOf, StdinOf, StdioFile, StdioOption, StdioSlot } from "./stdio-options.ts";
