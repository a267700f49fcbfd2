import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { CorralError, errnoOf, quote } from "../../report/index.ts";
import { faultOfRecord } from "../record-shape.ts";
import type { StartRecord } from "../start-record.ts";
import type { StateDirectories } from "../state-dir.ts";
import { jobsDirectory } from "../state-dir.ts";
import { endedIds, namesIn, recordedIds } from "./find-job.ts";

/** A file of the state directory that is not what it should be. It is told, and never touched. */
export interface Unreadable {
  readonly path: string;
  readonly reason: string;
}

/** The start records of a state directory. */
export interface RecordList {
  readonly records: readonly StartRecord[];
  readonly unreadable: readonly Unreadable[];
}

/** One start record, what is wrong with its file, or null when there is none. */
export function readRecord(path: string): StartRecord | Unreadable | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    const fault = faultOfRecord(value);
    if (fault !== null) return { path, reason: fault };
    const record = value as StartRecord;
    return `${record.job_id}.json` === basename(path) ? record : { path, reason: "it is the record of another job" };
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === "ENOENT") return null;
    return { path, reason: errno === null ? "it is cut short, or not JSON" : `it cannot be read (${errno})` };
  }
}

/** @throws CorralError STATE_UNREADABLE when the directory itself cannot be read */
export function listRecords(directories: StateDirectories): RecordList {
  const directory = jobsDirectory(directories);
  const records: StartRecord[] = [];
  const unreadable: Unreadable[] = [];
  for (const name of namesIn(directory).filter((one) => one.endsWith(".json"))) {
    const found = readRecord(join(directory, name));
    if (found === null) continue;
    if ("reason" in found) unreadable.push(found);
    else records.push(found);
  }
  return { records, unreadable };
}

/**
 * The start record of a job, null when it has none (any more).
 * @throws CorralError STATE_UNREADABLE when it has one that cannot be used
 */
export function recordOf(directories: StateDirectories, jobId: string): StartRecord | null {
  const found = readRecord(join(jobsDirectory(directories), `${jobId}.json`));
  if (found === null || !("reason" in found)) return found;
  throw new CorralError("STATE_UNREADABLE", `cannot use the start record ${found.path}: ${found.reason}`, {
    object: found.path,
    found: found.reason,
    fix: "look at the file; when it is of no use, remove it",
  });
}

/** The error for a job that is not living: it is over, or never was. */
export const endedError = (directories: StateDirectories, jobId: string): CorralError =>
  endedIds(directories).includes(jobId) || recordedIds(directories).includes(jobId)
    ? new CorralError("JOB_ENDED", `the job ${quote(jobId)} is over`, {
        object: jobId,
        fix: `corral status ${jobId} shows its result`,
      })
    : new CorralError("JOB_NOT_FOUND", `there is no job ${quote(jobId)}`, {
        object: jobId,
        fix: "corral ps --all lists the jobs",
      });
