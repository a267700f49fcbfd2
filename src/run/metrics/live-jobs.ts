import type { JobLifeState } from "../job-life.ts";
import { jobStates, lifeOf } from "../job-life.ts";
import { listStartRecords } from "../records.ts";
import type { StateDirectories } from "../state-dir.ts";

/** States of a job of which something still lives. */
export type LiveState = Exclude<JobLifeState, "dead">;
export const liveStates: readonly LiveState[] = jobStates.filter((state) => state !== "dead");

/** Jobs that live now, by state. */
export type LiveJobs = Readonly<Record<LiveState, number>>;

/** Looks at every start record and the processes it names. */
export function countLiveJobs(directories: StateDirectories): LiveJobs {
  const counts = Object.fromEntries(liveStates.map((state) => [state, 0])) as Record<LiveState, number>;
  for (const { record } of listStartRecords(directories)) {
    const state = lifeOf(record);
    if (state !== "dead") counts[state] += 1;
  }
  return counts;
}
