/**
 * run/jobs/: looks at jobs that other Corrals started and acts on them: lists, describes, freezes, stops, awaits and
 * clears away. Loaded by the commands that do this only; the way of a plain run does not pass here. Knows nothing of flags,
 * terminals or output.
 */

export { jobStates } from "../job-life.ts";
export type { AwaitOptions } from "./await-end.ts";
export { awaitJob } from "./await-end.ts";
export type { ChangeSources, WaitLimits } from "./changes.ts";
export { waitUntil } from "./changes.ts";
export type { CountedBy } from "./cpu-meter.ts";
export type { DetachOptions, DetachResult } from "./detach.ts";
export { detachJob } from "./detach.ts";
export type { EndedJob } from "./ended-jobs.ts";
export { endedIds, findJob, recordedIds, requireJob } from "./find-job.ts";
export type { FreezeResult } from "./freeze.ts";
export { setJobFrozen } from "./freeze.ts";
export type { Unreadable } from "./job-list.ts";
export type { JobDirectory, JobProcess, LiveDetail, StatusDocument } from "./job-status.ts";
export { describeJob } from "./job-status.ts";
export type { JobsDocument } from "./list-jobs.ts";
export { JobLister } from "./list-jobs.ts";
export type { LiveJob } from "./live-job.ts";
export type { Capture, CapturedFiles, LogFollower } from "./logs.ts";
export { findLog, followLog, openCapture } from "./logs.ts";
export type { CurrentLimit } from "./read-back.ts";
export type { StopOptions, StopResult } from "./stop.ts";
export { stopJob } from "./stop.ts";
export type { ForeignFile, KeptJob, StaleFile, SweepDocument } from "./sweep.ts";
export { sweep } from "./sweep.ts";
