import { freezerState } from "../../cgroup/index.ts";
import type { RunReport } from "../../report/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import { collectGarbage } from "../gc.ts";
import { lifeOf } from "../job-life.ts";
import { withJobLock } from "../job-lock.ts";
import { systemClock } from "../job-log.ts";
import { groupOfRecord } from "../recorded-job.ts";
import { recordsOf } from "../records.ts";
import type { StartRecord } from "../start-record.ts";
import type { StateDirectories } from "../state-dir.ts";
import { jobsDirectory } from "../state-dir.ts";
import { awaitJob } from "./await-end.ts";
import { waitUntil } from "./changes.ts";
import { endedError, recordOf } from "./job-list.ts";
import { resultOf } from "./result-file.ts";
import type { WorkloadProcesses } from "./workload-processes.ts";
import { processesOf } from "./workload-processes.ts";

export interface StopOptions {
  readonly directories: StateDirectories;
  /** Milliseconds from TERM to the kill; null: the job's own. */
  readonly graceMs: number | null;
  readonly onWarning: (line: string) => void;
}

/** What is left of a job that was to end. */
export interface StopResult {
  /** The job was over before anything was done: there was nothing to stop. */
  readonly overAlready: boolean;
  /** Null when there is none, which a warning has explained. */
  readonly report: RunReport | null;
  /** Processes that did not end, even by the kill. */
  readonly left: readonly number[];
  /** Directories of its group that are still there. */
  readonly groups: readonly string[];
}

/** How long a job that is being started may take to have a process. */
const startMs = 10_000;
/** How long killed processes may take to disappear, and a Corral to write its result once they have. */
const endMs = 5000;
/** How often what does not die is killed again. */
const killAgainMs = 100;

/** Marks the order on record, for whoever writes the result. @throws CorralError JOB_NOT_FOUND, JOB_ENDED, JOB_BUSY */
function markStopped(jobId: string, { directories, graceMs }: StopOptions): Promise<StartRecord> {
  return withJobLock(directories, jobId, async () => {
    const running = await waitUntil(
      () => {
        const now = recordOf(directories, jobId);
        if (now === null) throw endedError(directories, jobId);
        return lifeOf(now) === "starting" ? null : now;
      },
      { paths: [jobsDirectory(directories)], processes: [], silent: false },
      { timeoutMs: startMs, signal: null },
    );
    if (running === null) {
      throw new CorralError("JOB_BUSY", `the job ${quote(jobId)} has been starting for ${startMs / 1000} s`, {
        object: jobId,
        fix: "end its Corral, then stop it again",
      });
    }
    if (lifeOf(running) === "dead") {
      collectGarbage(directories);
      throw endedError(directories, jobId);
    }
    const marked = {
      ...running,
      stop_time: running.stop_time ?? systemClock.wall(),
      // Whoever takes it up to see its end must not end it for another reason.
      timeout_sec: null,
      kill_after_sec: graceMs === null ? running.kill_after_sec : graceMs / 1000,
    };
    recordsOf(directories, jobId).update(marked);
    return marked;
  });
}

/** Lets frozen processes act on the TERM that waits for them. */
function thaw(record: StartRecord): void {
  const group = groupOfRecord(record);
  if (group !== null && freezerState(group) !== "thawed" && freezerState(group) !== null) group.setFrozen(false);
}

const goneWithin = async ({ living, sources }: WorkloadProcesses, timeoutMs: number): Promise<boolean> =>
  (await waitUntil(() => (living().length === 0 ? true : null), sources(), { timeoutMs, signal: null })) !== null;

/** TERM to every process, and after the grace a kill until none is left. Answers those that live on. */
async function terminate(record: StartRecord): Promise<readonly number[]> {
  const workload = processesOf(record);
  workload.signal("SIGTERM");
  // A stopped process acts on TERM only when it is continued, as timeout(1) does it.
  workload.signal("SIGCONT");
  thaw(record);
  if (await goneWithin(workload, record.kill_after_sec * 1000)) return [];
  for (const deadline = Date.now() + endMs; Date.now() < deadline; ) {
    workload.kill();
    if (await goneWithin(workload, killAgainMs)) return [];
  }
  return workload.living().map(({ pid }) => pid);
}

/** The result, once all is over; null, and a warning, when there is none. */
async function resultAfter(
  record: StartRecord,
  awaited: Promise<RunReport>,
  { directories, onWarning }: StopOptions,
): Promise<RunReport | null> {
  try {
    return await awaited.catch((thrown: unknown) => {
      const late = resultOf(directories, record.job_id, record.start_time);
      if (late === null) throw thrown;
      return late;
    });
  } catch (thrown) {
    onWarning(`WARNING: ${CorralError.from(thrown).message}`);
    return null;
  }
}

/** Waits until the Corral that watched the job has cleared up, and clears up what nobody else does. */
async function clearUp(record: StartRecord, directories: StateDirectories): Promise<readonly string[]> {
  const { job_id: jobId, start_time: startTime } = record;
  const isCleared = (): boolean => {
    const now = recordOf(directories, jobId);
    if (now === null || now.start_time !== startTime) return true;
    if (lifeOf(now) === "dead") collectGarbage(directories);
    return recordOf(directories, jobId)?.start_time !== startTime;
  };
  const sources = { paths: [jobsDirectory(directories)], processes: [record.corral], silent: false };
  await waitUntil(() => (isCleared() ? true : null), sources, { timeoutMs: endMs, signal: null });
  const now = recordOf(directories, jobId);
  if (now === null || now.start_time !== startTime) return [];
  return groupOfRecord(now)?.remove() ?? [];
}

/** Waits until somebody watches the job: we do, unless another was faster. */
async function watched(record: StartRecord, directories: StateDirectories, awaited: Promise<unknown>): Promise<void> {
  const isWatched = (): boolean => {
    const now = recordOf(directories, record.job_id);
    return now === null || ["running", "ending", "lingering", "dead"].includes(lifeOf(now));
  };
  const failed = awaited.then(
    () => true,
    () => true,
  );
  const seen = waitUntil(
    () => (isWatched() ? true : null),
    { paths: [jobsDirectory(directories)], processes: [], silent: false },
    { timeoutMs: startMs, signal: null },
  );
  await Promise.race([failed, seen]);
}

/** Answers for a job that was over before, by itself or by somebody who was faster. */
async function foundOver(jobId: string, { directories, onWarning }: StopOptions): Promise<StopResult> {
  // Another job may take the id at this moment; then it is not its end that is waited for.
  const signal = AbortSignal.timeout(endMs);
  const report = await awaitJob(jobId, { directories, signal, onWarning }).catch((thrown: unknown) => {
    if (isOver(thrown)) return null;
    throw thrown;
  });
  return { overAlready: true, report, left: [], groups: [] };
}

const isOver = (thrown: unknown): boolean => thrown instanceof CorralError && thrown.code === "JOB_ENDED";

/**
 * Ends a job: TERM to every process of it, a frozen one thawed so that it can act on it, and after the grace a kill. The
 * result is written by the Corral that watches the job, or else here, with the exit status where the kernel can tell it.
 * Of a job that is over already the result is answered, and nothing done.
 * @throws CorralError JOB_NOT_FOUND, JOB_BUSY; STATE_UNWRITABLE for the result of one that ended unseen
 */
export async function stopJob(jobId: string, options: StopOptions): Promise<StopResult> {
  const { directories } = options;
  const record = await markStopped(jobId, options).catch((thrown: unknown) => {
    if (isOver(thrown)) return null;
    throw thrown;
  });
  if (record === null) return foundOver(jobId, options);
  const giveUp = new AbortController();
  const awaited = awaitJob(jobId, { directories, signal: giveUp.signal, onWarning: options.onWarning });
  awaited.catch(() => {});
  // A job that nobody watches has to be taken up before its end, which could not be told afterwards.
  if (["orphaned", "detached"].includes(lifeOf(record))) await watched(record, directories, awaited);
  const left = await terminate(record);
  const timer = setTimeout(() => giveUp.abort(new Error("it did not end")), endMs);
  const report = await resultAfter(record, awaited, options);
  clearTimeout(timer);
  return { overAlready: false, report, left, groups: left.length > 0 ? [] : await clearUp(record, directories) };
}
