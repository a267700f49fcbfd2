/**
 * guard/jobs/: `corral run` through the guard: a client that is no Node asks for a job, becomes the parent of its workload and
 * tells how it ended; the guard plans, makes the group, keeps the records and judges the end, as any Corral does. What may
 * enter: who asks, and how command lines are read. What it may not know: flags, HTTP, output.
 */

export type { JobAnswer } from "./answers.ts";
export { mayActFor } from "./caller-rights.ts";
export type { JobEvent } from "./job-event.ts";
export { toJobExit, toJobHeld, toJobLeaving, toJobRequest, toJobStarted } from "./job-request.ts";
export type { AskedRun, ReadServedRun, ServedRun } from "./served-run.ts";
export { ServedRuns } from "./served-runs.ts";
