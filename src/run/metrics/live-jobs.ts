import type { JobLifeState } from "../job-life.ts";
import { jobStates, lifeOf } from "../job-life.ts";
import { listStartRecords } from "../records.ts";
import type { StartRecord } from "../start-record.ts";
import type { StateDirectories } from "../state-dir.ts";

/** States of a job of which something still lives. */
export type LiveState = Exclude<JobLifeState, "dead">;
export const liveStates: readonly LiveState[] = jobStates.filter((state) => state !== "dead");

/** Jobs that live now, by state. */
export type LiveJobs = Readonly<Record<LiveState, number>>;

/** Null for a record that is cut short or of another Corral: it names no process to look at. */
function stateOf(record: StartRecord): JobLifeState | null {
  try {
    return lifeOf(record);
  } catch {
    return null;
  }
}

/** Looks at every start record and the processes it names. */
export function countLiveJobs(directories: StateDirectories): LiveJobs {
  const counts = Object.fromEntries(liveStates.map((state) => [state, 0])) as Record<LiveState, number>;
  for (const { record } of listStartRecords(directories)) {
    const state = stateOf(record);
    if (state !== null && state !== "dead") counts[state] += 1;
  }
  return counts;
}
