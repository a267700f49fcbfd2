import { rmdirSync, statSync } from "node:fs";
import { basename } from "node:path";
import type { GroupDirectory } from "../cgroup/index.ts";

/** What is on record of directories that a Corral was about to make when it was killed. */
export interface PlannedGroups {
  readonly jobId: string;
  /** Wall clock when the job began, RFC 3339. */
  readonly startTime: string;
  readonly planned: readonly string[];
  /** Those that were made and recorded. */
  readonly made: readonly GroupDirectory[];
}

/** The kernel stamps inodes by a clock that lags by a tick, 10 ms at most. */
const stampLagMs = 20;

/** Whether a directory is the job's own: it has the job's name and is no older than the job. */
function madeFor({ jobId, startTime }: PlannedGroups, path: string): boolean {
  const now = statSync(path, { throwIfNoEntry: false });
  if (now === undefined || !basename(path).startsWith(`corral-${jobId}`)) return false;
  return now.ctimeMs + stampLagMs >= Date.parse(startTime);
}

/**
 * Removes directories that were made in the moment between plan and record; rmdir(2) refuses those that are in use.
 * @returns false when one could not be removed
 */
export function removePlanned(groups: PlannedGroups): boolean {
  const recorded = new Set(groups.made.map(({ path }) => path));
  const strays = groups.planned.filter((path) => !recorded.has(path) && madeFor(groups, path));
  return strays.every((path) => {
    try {
      rmdirSync(path);
      return true;
    } catch {
      return false;
    }
  });
}
