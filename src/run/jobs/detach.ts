import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { processFacts, signalProcess } from "../../kernel/index.ts";
import type { RunReport } from "../../report/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import { takeUpJob } from "../attach/index.ts";
import { isWatched, lifeOf } from "../job-life.ts";
import { listStartRecords } from "../records.ts";
import type { StartRecord } from "../start-record.ts";
import type { StateDirectories } from "../state-dir.ts";
import { jobsDirectory } from "../state-dir.ts";
import { waitUntil } from "./changes.ts";
import { endedError, recordOf } from "./job-list.ts";
import { resultOf } from "./result-file.ts";

/** How long a Corral that was asked to leave may take: it gives attached processes back first. */
const leaveMs = 10_000;

/** What came of it. */
export interface DetachResult {
  /** `left`: its Corral has left; `released`: an attach that nobody watched was undone; `unwatched`: there was nothing to do. */
  readonly how: "left" | "released" | "unwatched";
  /** The result of an attach that is over by that; null for a job that goes on. */
  readonly report: RunReport | null;
}

export interface DetachOptions {
  readonly directories: StateDirectories;
  /** The file of the `corral` command that this process runs, by which another process is known to run it. */
  readonly program: string;
  readonly onWarning: (line: string) => void;
}

const realPath = (path: string): string | null => {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
};

/**
 * Whether a command line is that of a `corral` command whose whole task is one job. A program that uses the library, or
 * governs many jobs, has another: it must never be told to leave by a signal.
 * @param program real path of the command's file
 */
export function watchesOneJob(
  argv: readonly string[],
  cwd: string | null,
  program: string,
  resolveLink: (path: string) => string | null = realPath,
): boolean {
  const at = argv.findIndex((word, index) => index > 0 && !word.startsWith("-"));
  const [script, command] = argv.slice(at);
  if (at === -1 || script === undefined || (cwd === null && !script.startsWith("/"))) return false;
  return resolveLink(resolve(cwd ?? "/", script)) === program && (command === "run" || command === "attach");
}

function isOneJobCommand({ pid }: ProcessIdentity, program: string): boolean {
  const { argv, cwd } = processFacts(pid);
  const ours = realPath(program);
  return argv !== null && ours !== null && watchesOneJob(argv, cwd?.path ?? null, ours);
}

const jobsWatchedBy = (corral: ProcessIdentity, directories: StateDirectories): number =>
  listStartRecords(directories).filter(
    ({ record }) =>
      record.corral.pid === corral.pid && record.corral.startTicks === corral.startTicks && isWatched(record),
  ).length;

function refuse(record: StartRecord, why: string, fix: string): never {
  const jobId = record.job_id;
  throw new CorralError("JOB_WATCHED", `the job ${quote(jobId)} is watched by process ${record.corral.pid}, ${why}`, {
    object: jobId,
    found: String(record.corral.pid),
    fix,
  });
}

/** Makes the Corral that watches a job leave it, as TERM does, and waits until it has. */
async function sendAway(record: StartRecord, { directories, program }: DetachOptions): Promise<DetachResult> {
  const { corral, job_id: jobId, start_time: startTime } = record;
  const stop = `corral stop ${jobId} ends the workload`;
  if (record.lifetime === "tied") refuse(record, "which would end it rather than leave (--lifetime tied)", stop);
  const meant = (): boolean => isOneJobCommand(corral, program);
  if (jobsWatchedBy(corral, directories) > 1)
    refuse(
      record,
      "which watches other jobs as well and would leave them all",
      `kill -TERM ${corral.pid} does so; ${stop}`,
    );
  if (!meant()) refuse(record, "which is not a corral command of its own and cannot be told to leave", stop);
  if (signalProcess(corral, "SIGTERM", meant) === "refused")
    refuse(record, "which belongs to another user", "ask as that user, or as root");
  const isGone = (): boolean => {
    const now = recordOf(directories, jobId);
    return now === null || now.start_time !== startTime || !isWatched(now);
  };
  const sources = { paths: [jobsDirectory(directories)], processes: [corral], silent: false };
  const gone = await waitUntil(() => (isGone() ? true : null), sources, { timeoutMs: leaveMs, signal: null });
  if (gone === null) refuse(record, `which has not left within ${leaveMs / 1000} s`, "look at what it is doing");
  return { how: "left", report: resultOf(directories, jobId, startTime) };
}

/**
 * Ends the watch over a job; its workload goes on. A run keeps its limits and its record. An attach is undone: limits and
 * attributes go back to what they were, also where `--keep-limits` kept them when Corral left.
 * @throws CorralError JOB_NOT_FOUND, JOB_ENDED, JOB_BUSY, JOB_WATCHED when its Corral cannot be told to leave
 */
export async function detachJob(jobId: string, options: DetachOptions): Promise<DetachResult> {
  const { directories, onWarning } = options;
  const record = recordOf(directories, jobId);
  const life = record === null ? "dead" : lifeOf(record);
  if (record === null || life === "dead") throw endedError(directories, jobId);
  if (isWatched(record)) {
    const sent = await sendAway(record, options);
    const isKept = recordOf(directories, jobId)?.start_time === record.start_time;
    // Its Corral kept the limits, as it was told when it attached; this order is the later one.
    if (record.mode === "run" || sent.report !== null || !isKept) return sent;
  } else if (record.mode === "run") return { how: "unwatched", report: null };
  const job = await takeUpJob(jobId, { directories, onWarning });
  return { how: "released", report: await job.detach("detach", false) };
}
