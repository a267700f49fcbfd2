import type { ProcessIdentity, ReleasedLauncher } from "../kernel/index.ts";
import { bootId } from "../kernel/index.ts";
import type { JobContext, JobState } from "./job-report.ts";
import { startRecord } from "./recorded-job.ts";
import type { JobRecords } from "./records.ts";
import { recordText } from "./records.ts";

/**
 * The start record as it is to stand when the workload executes its command, for a parent that lets it go on without
 * asking again: only what the parent is there to see is missing.
 */
export interface RecordAhead {
  readonly path: string;
  /**
   * Between the four belong the pid, the start time (proc_pid_stat(5), in clock ticks) and CLOCK_MONOTONIC in nanoseconds, all
   * decimal.
   */
  readonly parts: readonly string[];
  /** What the parent has put on record; null: nothing yet. */
  readonly read: () => ReleasedLauncher | null;
}

/** Where a pid, a start time and a moment belong. A line break is never part of a text in JSON, so that no text looks like these. */
const blanks =
  /^([\s\S]*?\n {2}"workload": \{[\s\S]*?"pid": )0(,\s+"startTicks": )0([\s\S]*?\n {2}"begun_ns": ")0("[\s\S]*)$/;

/** @returns null where nothing is recorded */
export function recordAhead(context: JobContext, state: JobState, records: JobRecords): RecordAhead | null {
  const { path, current } = records;
  if (path === null) return null;
  const workload = { bootId: bootId(), pid: 0, startTicks: 0 } as ProcessIdentity;
  const text = recordText(startRecord(context, { ...state, plannedGroups: [], workload, begunNs: 0n }));
  const parts = blanks.exec(text)?.slice(1);
  if (parts === undefined) return null;
  return {
    path,
    parts,
    read: () => {
      const record = current();
      if (record === null || record.workload === null || record.begun_ns === null) return null;
      return { identity: record.workload, releasedNs: BigInt(record.begun_ns) };
    },
  };
}
