import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { breakDeadLock, unlinkIfThere } from "../../kernel/files/index.ts";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { isRunning, readProcessStat } from "../../kernel/index.ts";
import { collectGarbage } from "../gc.ts";
import type { JobLifeState } from "../job-life.ts";
import { isWatched, lifeOf } from "../job-life.ts";
import { withJobLock } from "../job-lock.ts";
import { claimsDirectory } from "../process-claim.ts";
import { groupOfRecord } from "../recorded-job.ts";
import { hasResult } from "../records.ts";
import type { StartRecord } from "../start-record.ts";
import type { StateDirectories } from "../state-dir.ts";
import { jobsDirectory } from "../state-dir.ts";
import { endedIds, namesIn, recordedIds } from "./find-job.ts";
import type { Unreadable } from "./job-list.ts";
import { listRecords, recordOf } from "./job-list.ts";
import { logsDirectory } from "./logs.ts";
import { oldResults } from "./old-results.ts";

/** A job that stays as it is, and why. */
export interface KeptJob {
  readonly job_id: string;
  readonly state: JobLifeState;
  readonly reason: string;
  /** The processes that are the reason: the Corral that watches it, or else what lives of it. */
  readonly pids: readonly number[];
}

/** A file that is of no use to anybody. */
export interface StaleFile {
  readonly path: string;
  /**
   * `lock`: its holder is dead; `temporary`: its writer was killed; `claim`: its job is gone; `log`: so is its result;
   * `result`: it is older than was asked for; `policy`: what a policy kept that is gone, and that no next one takes up;
   * `scenario`: the record of one whose Corral was killed, with what is left of it.
   */
  readonly kind: "lock" | "temporary" | "claim" | "log" | "result" | "policy" | "scenario";
}

/** A stale file of another room, which knows how it is removed. */
export interface ForeignFile extends StaleFile {
  readonly remove: () => void | Promise<void>;
}

/** What `corral gc --json` prints, `corral.gc/1`; schemas/gc.schema.json is its JSON Schema. */
export interface SweepDocument {
  readonly schema: "corral.gc/1";
  /** Wall clock, RFC 3339. */
  readonly time: string;
  readonly dry_run: boolean;
  /** Ids of dead jobs that were, or would be, cleared away. */
  readonly cleared: readonly string[];
  /** Jobs that live. */
  readonly kept: readonly KeptJob[];
  /** Dead jobs that could not be cleared away. */
  readonly stuck: readonly KeptJob[];
  /** Files that were, or would be, removed. */
  readonly removed: readonly StaleFile[];
  readonly unreadable: readonly Unreadable[];
}

/** A file that is being written is younger: nobody writes for an hour. */
const temporaryAgeMs = 3_600_000;

const reasons: Readonly<Record<Exclude<JobLifeState, "dead">, string>> = {
  starting: "its Corral is starting it",
  running: "its Corral watches it",
  ending: "its Corral is writing the result",
  orphaned: "its workload lives",
  detached: "its workload lives",
  lingering: "its leader has ended, others of its group live on",
};

function keptJob(record: StartRecord, state: Exclude<JobLifeState, "dead">): KeptJob {
  const reason = reasons[state];
  if (isWatched(record)) return { job_id: record.job_id, state, reason, pids: [record.corral.pid] };
  const pids = groupOfRecord(record)?.processes() ?? (record.workload === null ? [] : [record.workload.pid]);
  return { job_id: record.job_id, state, reason, pids };
}

/** Why a dead job is still there after it was to be cleared away. */
function stuckJob(record: StartRecord, directories: StateDirectories): KeptJob {
  const group = groupOfRecord(record);
  const still = (group?.directories ?? []).filter(({ path, inode }) => {
    const now = statSync(path, { throwIfNoEntry: false });
    return now?.ino === inode;
  });
  const reason =
    record.workload !== null && !hasResult(directories, record)
      ? `its result cannot be written to ${directories.results}`
      : still.length > 0
        ? `its group cannot be removed: ${still.map(({ path }) => path).join(", ")}`
        : "its record cannot be removed";
  return { job_id: record.job_id, state: "dead", reason, pids: group?.processes() ?? [] };
}

function ageMs(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 0 : Date.now() - stat.mtimeMs;
}

function holderIsDead(path: string): boolean {
  try {
    return !isRunning(JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity);
  } catch {
    // Gone, or not a lock that anybody could hold: the next one who wants it breaks it.
    return existsSync(path);
  }
}

/** The writer's pid is in the name (atomic-file.ts); who is not here does not write any more. */
function writerIsDead(path: string): boolean {
  const pid = /\.(\d+)\.[0-9a-z]+\.tmp$/.exec(path)?.[1];
  return ageMs(path) > temporaryAgeMs || (pid !== undefined && readProcessStat(Number(pid)) === null);
}

/** A job's record is there before its claims: a claim without one was left by who was killed as he let go. */
function claimIsStale(path: string, directories: StateDirectories): boolean {
  try {
    return recordOf(directories, readFileSync(path, "utf8").trim()) === null;
  } catch {
    return false;
  }
}

const filesIn = (directory: string, ending: string): string[] =>
  namesIn(directory)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(directory, name));

/** The files that nobody needs any more. */
function staleFiles(directories: StateDirectories): StaleFile[] {
  const jobs = jobsDirectory(directories);
  const claims = claimsDirectory(directories);
  const logs = logsDirectory(directories);
  const recorded = new Set(recordedIds(directories));
  const known = new Set([...recorded, ...endedIds(directories)]);
  const temporary = [jobs, claims, directories.runtime, directories.results].flatMap((directory) =>
    filesIn(directory, ".tmp"),
  );
  const found = (kind: StaleFile["kind"], paths: readonly string[]): StaleFile[] =>
    paths.map((path) => ({ path, kind }));
  return [
    ...found("lock", [jobs, directories.runtime].flatMap((one) => filesIn(one, ".lock")).filter(holderIsDead)),
    ...found("temporary", temporary.filter(writerIsDead)),
    ...found(
      "claim",
      filesIn(claims, "").filter((path) => !path.endsWith(".tmp") && claimIsStale(path, directories)),
    ),
    ...found(
      "log",
      filesIn(logs, "").filter(
        (path) => !known.has(basename(path).split("~", 1)[0] ?? "") && ageMs(path) > temporaryAgeMs,
      ),
    ),
  ];
}

async function removeStale({ path, kind }: StaleFile, directories: StateDirectories): Promise<void> {
  if (kind !== "lock") return unlinkIfThere(path);
  // Taken as anybody would take it, so that a rival's fresh lock is never removed.
  if (dirname(path) === jobsDirectory(directories)) return withJobLock(directories, basename(path, ".lock"), () => {});
  // A watch that wants this one while we hold it would refuse to start, so it is broken and not taken.
  breakDeadLock(path);
}

/** Results that have become too old, each before its output: one without the other would be found by the next sweep. */
const agedFiles = (directories: StateDirectories, ageMs: number): StaleFile[] =>
  oldResults(directories, ageMs).flatMap(({ result, logs }) => [
    { path: result, kind: "result" as const },
    ...logs.map((path) => ({ path, kind: "log" as const })),
  ]);

export interface SweepOptions {
  /** Only tells what would be done. */
  readonly dryRun: boolean;
  /** Milliseconds after which results are removed too; null: they are kept for ever. */
  readonly resultsOlderThanMs: number | null;
  /** Files of other rooms that are removed with the rest. */
  readonly foreign: readonly ForeignFile[];
}

/**
 * Clears up after Corrals that were killed: jobs of which nothing lives, and files they left behind.
 * @throws CorralError STATE_UNREADABLE
 */
export async function sweep(directories: StateDirectories, options: SweepOptions): Promise<SweepDocument> {
  const { dryRun, resultsOlderThanMs, foreign } = options;
  const { records, unreadable } = listRecords(directories);
  const judged = records.map((record) => ({ record, state: lifeOf(record) }));
  const dead = judged.filter(({ state }) => state === "dead").map(({ record }) => record);
  const kept = judged.flatMap(({ record, state }) => (state === "dead" ? [] : [keptJob(record, state)]));
  if (!dryRun) collectGarbage(directories);
  const isStill = ({ job_id, start_time }: StartRecord): boolean =>
    recordOf(directories, job_id)?.start_time === start_time;
  const stuck = dryRun ? [] : dead.filter(isStill);
  const aged = resultsOlderThanMs === null ? [] : agedFiles(directories, resultsOlderThanMs);
  const removed = [...staleFiles(directories), ...aged];
  if (!dryRun) {
    for (const file of removed) await removeStale(file, directories);
    for (const file of foreign) await file.remove();
  }
  return {
    schema: "corral.gc/1",
    time: new Date().toISOString(),
    dry_run: dryRun,
    cleared: dead.filter((record) => !stuck.includes(record)).map(({ job_id }) => job_id),
    kept,
    stuck: stuck.map((record) => stuckJob(record, directories)),
    removed: [...removed, ...foreign.map(({ path, kind }) => ({ path, kind }))],
    unreadable,
  };
}
