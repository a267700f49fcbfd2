import type { GroupHandle } from "../cgroup/index.ts";
import { isRunning } from "../kernel/index.ts";
import { groupOfRecord } from "./recorded-job.ts";
import type { StartRecord } from "./start-record.ts";

/** True while a living Corral watches the job. */
export const isWatched = (record: StartRecord): boolean => record.left === null && isRunning(record.corral);

/** A recorded job lives while a Corral watches it or its leader runs. */
export const jobIsLive = (record: StartRecord): boolean =>
  isWatched(record) || (record.workload !== null && isRunning(record.workload));

/**
 * Where a recorded job stands, seen from outside:
 * - `starting`: its Corral prepares it; there is no process yet
 * - `running`: its Corral watches it
 * - `ending`: its leader has ended and its Corral is writing the result
 * - `orphaned`: the workload lives and its Corral was killed
 * - `detached`: the workload lives and its Corral left on purpose
 * - `lingering`: the leader has ended, others of its group live on
 * - `dead`: nothing of it lives; `corral gc`, or any next run, clears it away
 */
export const jobStates = ["starting", "running", "ending", "orphaned", "detached", "lingering", "dead"] as const;
export type JobLifeState = (typeof jobStates)[number];

/** Judges a record by the processes it names. @param group the group on record, where the caller has it already */
export function lifeOf(record: StartRecord, group: GroupHandle | null = groupOfRecord(record)): JobLifeState {
  const leader = record.workload !== null && isRunning(record.workload);
  if (isWatched(record)) return leader ? "running" : record.workload === null ? "starting" : "ending";
  if (leader) return record.left === null ? "orphaned" : "detached";
  return group?.isPopulated() === true ? "lingering" : "dead";
}
