import { unlinkIfThere } from "../kernel/files/index.ts";
import type { RunReport } from "../report/index.ts";
import { jobIsLive } from "./job-life.ts";
import { buildReport, collectUsage, openEnd } from "./job-report.ts";
import { removePlanned } from "./planned-groups.ts";
import { unclaimProcess } from "./process-claim.ts";
import { contextOfRecord, groupOfRecord, plannedOf, stateOfRecord } from "./recorded-job.ts";
import { hasResult, listStartRecords, writeResult } from "./records.ts";
import type { StartRecord } from "./start-record.ts";
import type { StateDirectories } from "./state-dir.ts";

/**
 * The account of a job whose Corral left or was killed: what the start record and the group still tell. When and how
 * the workload ended nobody saw.
 */
function lostReport(record: StartRecord): RunReport {
  const state = stateOfRecord(record);
  const warning = "Corral had left or was killed before the end, which nobody observed";
  return buildReport(
    contextOfRecord(record, record.corral),
    { ...state, warnings: [...record.warnings, warning] },
    {
      ...openEnd,
      usage: collectUsage(state.group, null),
      survivors: state.group === null ? null : [],
      endedByCorral: record.stop_time === null ? null : "stop",
      detached: true,
      endUnobserved: true,
      monitorLost: record.left === null,
    },
  );
}

/** What clearing up did with one job that nobody watches and of which nothing lives. */
export interface ClearedJob {
  readonly jobId: string;
  /** False: its group or its record could not be removed yet. */
  readonly cleared: boolean;
}

/** Clears one record; null when the job is alive. */
function clear(directories: StateDirectories, path: string, record: StartRecord): ClearedJob | null {
  const group = groupOfRecord(record);
  if (jobIsLive(record) || group?.isPopulated() === true) return null;
  const kept = { jobId: record.job_id, cleared: false };
  try {
    // A job that ended while something lived on in its group has its result already.
    if (record.workload !== null && !hasResult(directories, record)) writeResult(directories, lostReport(record));
  } catch {
    // The record stays, so that a later run with a writable directory can account for the job.
    return kept;
  }
  if ((group?.remove() ?? []).length > 0 || !removePlanned(plannedOf(record))) return kept;
  unlinkIfThere(path);
  if (record.mode === "attach" && record.workload !== null) unclaimProcess(directories, record.workload);
  return { ...kept, cleared: true };
}

/**
 * Clears up after Corrals that were killed: of every job whose Corral and leader are gone and whose group is empty,
 * writes the result as far as it is known, then removes the group (only directories recorded with this inode, or
 * planned and made since) and the start record.
 * @returns the jobs that were dead, and whether they are gone now
 */
export function collectGarbage(directories: StateDirectories): ClearedJob[] {
  return listStartRecords(directories).flatMap(({ path, record }) => clear(directories, path, record) ?? []);
}
