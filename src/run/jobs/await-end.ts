import { ensureDirectory } from "../../kernel/files/index.ts";
import type { RunReport } from "../../report/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import { takeUpJob } from "../attach/index.ts";
import { collectGarbage } from "../gc.ts";
import type { JobLifeState } from "../job-life.ts";
import { lifeOf } from "../job-life.ts";
import { withJobLock } from "../job-lock.ts";
import { hasResult, recordsOf } from "../records.ts";
import type { RunningJob } from "../running-job.ts";
import type { StartRecord } from "../start-record.ts";
import type { StateDirectories } from "../state-dir.ts";
import { jobsDirectory } from "../state-dir.ts";
import { waitUntil } from "./changes.ts";
import { endedError, recordOf } from "./job-list.ts";
import { resultOf, resultsOf } from "./result-file.ts";
import { processesOf } from "./workload-processes.ts";

export interface AwaitOptions {
  readonly directories: StateDirectories;
  /** Ends the wait and leaves the job as it was found; the promise rejects with its reason. */
  readonly signal: AbortSignal | null;
  readonly onWarning: (line: string) => void;
}

const isCode = (thrown: unknown, ...codes: readonly string[]): boolean =>
  thrown instanceof CorralError && codes.includes(thrown.code);

const noLimit = (signal: AbortSignal | null) => ({ timeoutMs: null, signal });

/** The directories whose changes tell that a job's record or result has changed. */
function statePaths(directories: StateDirectories): string[] {
  try {
    // So that the first result of all can be announced.
    ensureDirectory(directories.results);
  } catch {
    // It is looked at again and again instead.
  }
  return [directories.results, jobsDirectory(directories)];
}

/** Waits while a living Corral watches the job; whatever comes of it is looked at anew. */
async function awaitWatcher(record: StartRecord, { directories, signal }: AwaitOptions): Promise<void> {
  const isOther = (): boolean => {
    const now = recordOf(directories, record.job_id);
    if (now === null || now.start_time !== record.start_time || hasResult(directories, record)) return true;
    const life = lifeOf(now);
    return life !== "starting" && life !== "running" && life !== "ending";
  };
  const sources = { paths: statePaths(directories), processes: [record.corral], silent: false };
  await waitUntil(() => (isOther() ? true : null), sources, noLimit(signal));
}

/** Waits for the last process of a job whose leader ended unobserved. */
async function awaitLast(record: StartRecord, signal: AbortSignal | null): Promise<void> {
  const { living, sources } = processesOf(record);
  await waitUntil(() => (living().length === 0 ? true : null), sources(), noLimit(signal));
}

/** Puts the record of a job that was only taken up back as it was found. */
async function giveBack(job: RunningJob, found: StartRecord, directories: StateDirectories): Promise<void> {
  job.leave("SIGTERM");
  await withJobLock(directories, found.job_id, () => {
    const now = recordOf(directories, found.job_id);
    const ours = now?.corral.pid === process.pid && now.start_time === found.start_time;
    if (now !== null && ours)
      recordsOf(directories, found.job_id).update({ ...now, corral: found.corral, left: found.left });
  });
}

/** Watches a job that nobody watches, to its end. Null when somebody else was faster, or it has ended. */
async function watchOurselves(found: StartRecord, options: AwaitOptions): Promise<RunReport | null> {
  const { directories, signal, onWarning } = options;
  let job: RunningJob;
  try {
    job = await takeUpJob(found.job_id, { directories, onWarning });
  } catch (thrown) {
    if (isCode(thrown, "JOB_WATCHED", "JOB_ENDED", "JOB_NOT_FOUND")) return null;
    throw thrown;
  }
  const aborted = new Promise<"aborted">((resolve) => {
    if (signal?.aborted === true) resolve("aborted");
    signal?.addEventListener("abort", () => resolve("aborted"), { once: true });
  });
  const outcome = await Promise.race([job.result, aborted]);
  if (outcome !== "aborted") return outcome;
  await giveBack(job, found, directories);
  throw signal?.reason;
}

const lost = (jobId: string): CorralError =>
  new CorralError("STATE_UNREADABLE", `the job ${quote(jobId)} is over and has left no result`, {
    object: jobId,
    fix: "its Corral said why when it could not write it, or it never started",
  });

/** One turn of waiting; a report when the job is over. */
const turns: Readonly<Record<JobLifeState, (record: StartRecord, options: AwaitOptions) => Promise<RunReport | null>>> =
  {
    starting: (record, options) => awaitWatcher(record, options).then(() => null),
    running: (record, options) => awaitWatcher(record, options).then(() => null),
    ending: (record, options) => awaitWatcher(record, options).then(() => null),
    orphaned: watchOurselves,
    detached: watchOurselves,
    lingering: (record, { signal }) => awaitLast(record, signal).then(() => null),
    dead: async (record, { directories }) => {
      collectGarbage(directories);
      const still = recordOf(directories, record.job_id);
      if (still === null || still.start_time !== record.start_time || hasResult(directories, record)) return null;
      throw new CorralError("STATE_UNWRITABLE", `the result of ${quote(record.job_id)} cannot be written`, {
        object: directories.results,
        fix: "make the directory writable, then: corral gc",
      });
    },
  };

/**
 * Waits for the end of a job, as it stands when this is called, and answers its result; at once when it is over already.
 * A job that nobody watches is watched from here, so that its exit status is learnt where the kernel can tell it.
 * @throws CorralError JOB_NOT_FOUND, JOB_BUSY, STATE_UNREADABLE when it left no result, STATE_UNWRITABLE
 */
export async function awaitJob(jobId: string, options: AwaitOptions): Promise<RunReport> {
  const { directories } = options;
  const first = recordOf(directories, jobId);
  if (first === null) {
    const { newest } = resultsOf(directories, jobId);
    if (newest !== null) return newest;
    throw endedError(directories, jobId);
  }
  for (;;) {
    const result = resultOf(directories, jobId, first.start_time);
    if (result !== null) return result;
    const record = recordOf(directories, jobId);
    // Looked at once more: the result comes before the record goes.
    if (record === null || record.start_time !== first.start_time) {
      const late = resultOf(directories, jobId, first.start_time);
      if (late !== null) return late;
      throw lost(jobId);
    }
    const report = await turns[lifeOf(record)](record, options);
    if (report !== null) return report;
  }
}
