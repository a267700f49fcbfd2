import { closeSync, constants, existsSync, fstatSync, openSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { ensureDirectory } from "../../kernel/files/index.ts";
import { CorralError, errnoOf, quote } from "../../report/index.ts";
import { lifeOf } from "../job-life.ts";
import type { StateDirectories } from "../state-dir.ts";
import { jobsDirectory } from "../state-dir.ts";
import { waitUntil } from "./changes.ts";
import { recordOf } from "./job-list.ts";
import { resultsOf } from "./result-file.ts";

/** Where the output of a workload is kept. */
export interface CapturedFiles {
  readonly stdout: string;
  readonly stderr: string;
}

/** Beside the results, and kept as long as they are. */
export const logsDirectory = (directories: StateDirectories): string => join(dirname(directories.results), "logs");

/** The files of one use of a job id; their names sort as those of the results do. */
export function logPaths(directories: StateDirectories, jobId: string, startTime: string): CapturedFiles {
  const stem = join(logsDirectory(directories), `${jobId}~${startTime.replaceAll(":", "")}`);
  return { stdout: `${stem}.out`, stderr: `${stem}.err` };
}

/** The files that have the output of a job, or null when it was not captured. */
export function capturedFiles(directories: StateDirectories, jobId: string, startTime: string): CapturedFiles | null {
  const paths = logPaths(directories, jobId, startTime);
  return existsSync(paths.stdout) || existsSync(paths.stderr) ? paths : null;
}

/** Open files that are to become standard output and error of a workload. */
export interface Capture {
  readonly stdout: number;
  readonly stderr: number;
  /** Closes our ends; the workload has its own. */
  readonly close: () => void;
  /** Closes them and removes what nothing was written to: the workload never started. */
  readonly discard: () => void;
}

// Appended to, so that a file that is cut while the workload runs goes on at its end and not with a hole.
const openFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND | constants.O_NOFOLLOW;

/**
 * Makes the files for the output of a job that is about to start.
 * @throws CorralError STATE_UNWRITABLE
 */
export function openCapture(directories: StateDirectories, jobId: string, startTime: string): Capture {
  const paths = Object.values(logPaths(directories, jobId, startTime));
  const open: { readonly path: string; readonly fd: number }[] = [];
  const close = (): void => {
    for (const { fd } of open.splice(0)) closeSync(fd);
  };
  const discard = (): void => {
    for (const { path, fd } of open) if (fstatSync(fd).size === 0) unlinkSync(path);
    close();
  };
  try {
    ensureDirectory(logsDirectory(directories));
    for (const path of paths) open.push({ path, fd: openSync(path, openFlags, 0o640) });
  } catch (cause) {
    discard();
    const errno = errnoOf(cause) ?? "error";
    throw new CorralError("STATE_UNWRITABLE", `cannot capture output in ${logsDirectory(directories)}: ${errno}`, {
      object: logsDirectory(directories),
      cause,
      fix: "make the directory writable, or leave out --capture",
    });
  }
  const [stdout, stderr] = open;
  return { stdout: stdout?.fd ?? -1, stderr: stderr?.fd ?? -1, close, discard };
}

/**
 * The captured output of a job: of its living use, or else of the newest that has some.
 * @throws CorralError NOT_CAPTURED, STATE_UNREADABLE
 */
export function findLog(directories: StateDirectories, jobId: string): CapturedFiles {
  const record = recordOf(directories, jobId);
  const { newest } = resultsOf(directories, jobId);
  const startTime = record?.start_time ?? newest?.start_time ?? null;
  const files = startTime === null ? null : capturedFiles(directories, jobId, startTime);
  if (files !== null) return files;
  throw new CorralError("NOT_CAPTURED", `the output of the job ${quote(jobId)} was not captured`, {
    object: jobId,
    fix: "start it with: corral run --capture",
  });
}

/** Tells when there is more to read. */
export interface LogFollower {
  /** Waits until `hasMore`, or the job is over, which it answers. */
  readonly moreOrOver: (hasMore: () => boolean) => Promise<boolean>;
}

/** Follows a log until nothing can write to it any more: the job is over, nothing of it lives. */
export function followLog(directories: StateDirectories, jobId: string, path: string): LogFollower {
  const startTime = recordOf(directories, jobId)?.start_time ?? null;
  const isOver = (): boolean => {
    const now = recordOf(directories, jobId);
    return now === null || now.start_time !== startTime || lifeOf(now) === "dead";
  };
  return {
    moreOrOver: async (hasMore) => {
      const record = recordOf(directories, jobId);
      const { workload } = record ?? { workload: null };
      const sources = {
        paths: [path, jobsDirectory(directories)],
        processes: workload === null ? [] : [workload],
        silent: false,
      };
      const look = (): { readonly over: boolean } | null =>
        isOver() ? { over: true } : hasMore() ? { over: false } : null;
      const found = await waitUntil(look, sources, { timeoutMs: null, signal: null });
      return found?.over ?? true;
    },
  };
}
