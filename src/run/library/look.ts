import type { RunReport } from "../../report/index.ts";
import type { JobsDocument, StatusDocument } from "../jobs/index.ts";
import { awaitJob, describeJob, JobLister, requireJob } from "../jobs/index.ts";
import { directoriesOf } from "./job-terms.ts";
import { readOptions, readText, wrong } from "./option-values.ts";
import type { ListOptions, LookOptions, WaitOptions } from "./options.ts";

/**
 * The jobs of this user, whoever started them, as `corral ps` lists them.
 * @throws CorralError USAGE, STATE_UNREADABLE
 */
export async function listJobs(options: ListOptions = {}): Promise<JobsDocument> {
  const { stateDirectory, last } = readOptions("options", options, ["stateDirectory", "last"]);
  if (last !== undefined && !(Number.isInteger(last) && last >= 0)) throw wrong("last", "expects a number of jobs");
  return new JobLister(directoriesOf(stateDirectory)).look(last ?? null);
}

function idOf(jobId: unknown): string {
  const id = readText("jobId", jobId);
  if (id === undefined) throw wrong("jobId", "expects the id of a job");
  return id;
}

/**
 * Everything that is known of a job, living or over, as `corral status` tells it.
 * @param jobId the whole id
 * @throws CorralError USAGE, JOB_NOT_FOUND, STATE_UNREADABLE
 */
export async function getJob(jobId: string, options: LookOptions = {}): Promise<StatusDocument> {
  const directories = directoriesOf(readOptions("options", options, ["stateDirectory"]).stateDirectory);
  return describeJob(directories, requireJob(directories, idOf(jobId)));
}

/**
 * Waits for the end of a job, whoever started it, and answers its result; at once when it is over already. A job that nobody
 * watches is watched from here meanwhile.
 * @throws CorralError USAGE, JOB_NOT_FOUND, JOB_BUSY, STATE_UNREADABLE when it left no result, STATE_UNWRITABLE; the
 * signal's reason
 */
export async function waitForJob(jobId: string, options: WaitOptions = {}): Promise<RunReport> {
  const { stateDirectory, onWarning, signal } = readOptions("options", options, [
    "stateDirectory",
    "onWarning",
    "signal",
  ]);
  const directories = directoriesOf(stateDirectory);
  const id = requireJob(directories, idOf(jobId));
  return awaitJob(id, { directories, signal: signal ?? null, onWarning: onWarning ?? (() => {}) });
}
