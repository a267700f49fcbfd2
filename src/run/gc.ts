import { GroupHandle } from "../cgroup/index.ts";
import { jobIsLive } from "./job-life.ts";
import { listStartRecords, unlinkIfThere } from "./records.ts";
import type { StateDirectories } from "./state-dir.ts";

/**
 * Clears up after Corrals that were killed: of every job whose Corral and leader are gone and whose group is
 * empty, removes the group (only directories recorded with this inode) and the start record.
 * @returns the ids of the jobs that were cleared
 */
export function collectGarbage(directories: StateDirectories): string[] {
  const cleared: string[] = [];
  for (const { path, record } of listStartRecords(directories)) {
    if (jobIsLive(record)) continue;
    const group = new GroupHandle(record.groups);
    if (group.isPopulated() || group.remove().length > 0) continue;
    unlinkIfThere(path);
    cleared.push(record.job_id);
  }
  return cleared;
}
