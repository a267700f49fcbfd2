import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  createDurableFile,
  createFile,
  createFileSyncedAside,
  ensureDirectory,
  replaceFile,
  unlinkIfThere,
} from "../kernel/files/index.ts";
import type { RunReport } from "../report/index.ts";
import { CorralError, errnoOf, quote } from "../report/index.ts";
import { isStartRecord } from "./record-shape.ts";
import type { StartRecord } from "./start-record.ts";
import type { StateDirectories } from "./state-dir.ts";
import { jobsDirectory } from "./state-dir.ts";

/** Whether a result is on the disk when it stands, or soon after. */
export type ResultSync = "before" | "after";

/** The records of one job. When `problem` is set the state directory is unusable and nothing is recorded. */
export interface JobRecords {
  readonly problem: string | null;
  /** Of the start record; null when nothing is recorded. */
  readonly path: string | null;
  /** Replaces the start record. */
  readonly update: (record: StartRecord) => void;
  /** Takes note that the start record stands like this, written by the workload's parent. */
  readonly stands: (record: StartRecord) => void;
  /** The start record as it stands, with what other Corrals changed in it; null when there is none. */
  readonly current: () => StartRecord | null;
  /** Writes the immutable result; answers what was wrong when that fails, null when it stands. */
  readonly finish: (report: RunReport) => string | null;
  /** Forgets the start record: the job's result stands, or it never started. */
  readonly forget: () => void;
}

const startPath = (directories: StateDirectories, jobId: string): string =>
  `${jobsDirectory(directories)}/${jobId}.json`;

/** Result files sort by job and then by time: an id may be used again once its job is over. */
export function resultPath(directories: StateDirectories, jobId: string, startTime: string): string {
  return `${directories.results}/${jobId}~${startTime.replaceAll(":", "")}.json`;
}

/** A start record or a result as its file has it. */
export const recordText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/**
 * Claims a job id by creating its start record.
 * @param isLive decides whether an existing record's job is still alive; a dead one is taken over
 * @throws CorralError JOB_EXISTS while a job of that id lives
 */
export function claimJob(
  directories: StateDirectories,
  record: StartRecord,
  isLive: (existing: StartRecord) => boolean,
  sync: ResultSync = "before",
): JobRecords {
  const path = startPath(directories, record.job_id);
  try {
    ensureDirectory(jobsDirectory(directories));
    createExclusively(path, recordText(record), () => refuseIfLive(path, record.job_id, isLive));
  } catch (thrown) {
    if (thrown instanceof CorralError) throw thrown;
    return unrecorded(`${errnoOf(thrown) ?? "error"} in ${jobsDirectory(directories)}`);
  }
  return recordsOf(directories, record.job_id, sync);
}

/** The records of a job that is claimed already. */
export function recordsOf(directories: StateDirectories, jobId: string, sync: ResultSync = "before"): JobRecords {
  const path = startPath(directories, jobId);
  let known: { readonly file: FileVersion; readonly record: StartRecord } | null = null;
  return {
    problem: null,
    path,
    update: (next) => replaceFile(path, recordText(next)),
    stands: (record) => {
      const file = versionOf(path);
      known = file === null ? null : { file, record };
    },
    current: () => (known !== null && isVersion(path, known.file) ? known.record : readStartRecord(path)),
    finish: (report) => problemOf(() => writeResult(directories, report, sync)),
    forget: () => unlinkIfThere(path),
  };
}

/** What tells a file from another of the same name: records are replaced, never written over. */
interface FileVersion {
  readonly ino: number;
  readonly ctimeMs: number;
}

const versionOf = (path: string): FileVersion | null => statSync(path, { throwIfNoEntry: false }) ?? null;

function isVersion(path: string, { ino, ctimeMs }: FileVersion): boolean {
  const now = versionOf(path);
  return now !== null && now.ino === ino && now.ctimeMs === ctimeMs;
}

function unrecorded(problem: string): JobRecords {
  const nothing = (): void => {};
  return {
    problem,
    path: null,
    update: nothing,
    stands: nothing,
    current: () => null,
    finish: () => null,
    forget: nothing,
  };
}

function problemOf(write: () => void): string | null {
  try {
    write();
    return null;
  } catch (thrown) {
    return CorralError.from(thrown).message;
  }
}

/** The record appears whole, so that a rival never reads half of it and takes the id for free. */
function createExclusively(path: string, text: string, onExisting: () => void): void {
  for (let attempt = 0; ; attempt += 1) {
    try {
      createFile(path, text);
      return;
    } catch (thrown) {
      if (errnoOf(thrown) !== "EEXIST" || attempt > 0) throw thrown;
      onExisting();
    }
  }
}

function refuseIfLive(path: string, jobId: string, isLive: (existing: StartRecord) => boolean): void {
  const existing = readStartRecord(path);
  if (existing !== null && isLive(existing)) {
    throw new CorralError("JOB_EXISTS", `a job with the id ${quote(jobId)} is already running`, {
      object: jobId,
      fix: "wait for it, or choose another --job-id",
    });
  }
  unlinkIfThere(path);
}

/** Reads one start record; null when it is gone, cut short or not one. */
export function readStartRecord(path: string): StartRecord | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isStartRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** Every start record, live or left behind, with its path. */
export function listStartRecords(
  directories: StateDirectories,
): { readonly path: string; readonly record: StartRecord }[] {
  let names: string[] = [];
  try {
    names = readdirSync(jobsDirectory(directories)).filter((name) => name.endsWith(".json"));
  } catch {
    // No directory: no job was ever recorded.
  }
  return names.flatMap((name) => {
    const path = join(jobsDirectory(directories), name);
    const record = readStartRecord(path);
    return record === null ? [] : [{ path, record }];
  });
}

/** True when the job of a start record has its result. */
export const hasResult = (directories: StateDirectories, record: StartRecord): boolean =>
  existsSync(resultPath(directories, record.job_id, record.start_time));

/** Result files of a job id, oldest first; an id may have been used several times. */
export function resultPathsOf(directories: StateDirectories, jobId: string): string[] {
  try {
    return readdirSync(directories.results)
      .filter((name) => name.startsWith(`${jobId}~`) && name.endsWith(".json"))
      .sort()
      .map((name) => join(directories.results, name));
  } catch {
    // No directory: no job ever ended.
    return [];
  }
}

/** Writes the immutable result of a job. @throws CorralError STATE_UNWRITABLE, also when it has one already */
export function writeResult(directories: StateDirectories, report: RunReport, sync: ResultSync = "before"): void {
  const path = resultPath(directories, report.job_id, report.start_time);
  try {
    ensureDirectory(directories.results);
    if (sync === "before") createDurableFile(path, recordText(report));
    else createFileSyncedAside(path, recordText(report));
  } catch (cause) {
    throw new CorralError("STATE_UNWRITABLE", `cannot write the result to ${path}: ${errnoOf(cause) ?? "error"}`, {
      object: path,
      cause,
    });
  }
}
