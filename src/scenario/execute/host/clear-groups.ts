import { existsSync, readdirSync, rmdirSync, statSync } from "node:fs";
import { basename } from "node:path";
import type { GroupDirectory } from "../../../cgroup/index.ts";
import { GroupHandle, processesBelow, writeControl } from "../../../cgroup/index.ts";
import { waitUntil } from "../../../run/jobs/index.ts";
import { killEach } from "./kill-group.ts";

function below(directory: string): readonly string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return entries.flatMap(({ name }) => [...below(`${directory}/${name}`), `${directory}/${name}`]);
  } catch {
    return [];
  }
}

/** Removes what a group has below it, the deepest first; what is in use stays. */
function removeBelow(directory: string): void {
  for (const path of below(directory)) {
    try {
      rmdirSync(path);
    } catch {
      // In use: the group above cannot be removed either, and says so.
    }
  }
}

const isStill = ({ path, device, inode }: GroupDirectory): boolean => {
  const now = statSync(path, { throwIfNoEntry: false });
  return now?.ino === inode && now.dev === device;
};

function killAll(directory: GroupDirectory): void {
  if (directory.version === 2) {
    try {
      writeControl(`${directory.path}/cgroup.kill`, "1");
      return;
    } catch {
      // Kernels before 5.14 have no cgroup.kill.
    }
  }
  killEach(directory.path);
}

/**
 * Ends every process of a scenario and removes its groups: the directories on record and all below them.
 * @param waitMs how long killed processes may take to be gone
 * @param remove takes the top away; without: as recorded
 * @returns paths that are still there
 */
export async function clearGroups(
  directories: readonly GroupDirectory[],
  waitMs: number,
  remove: () => readonly string[] = () => new GroupHandle(directories).remove(),
): Promise<readonly string[]> {
  const ours = directories.filter(isStill);
  const isVacant = (): boolean => ours.every(({ path }) => processesBelow(path).length === 0);
  if (!isVacant()) for (const directory of ours) killAll(directory);
  const tryRemove = (): true | null => {
    if (!isVacant()) return null;
    for (const { path } of ours) removeBelow(path);
    return remove().length === 0 ? true : null;
  };
  const events = ours.filter(({ version }) => version === 2).map(({ path }) => `${path}/cgroup.events`);
  // A process that has just ended is in the way of rmdir(2) for a moment, and nothing announces the end of that.
  await waitUntil(tryRemove, { paths: events, processes: [], silent: true }, { timeoutMs: waitMs, signal: null });
  return ours.filter(isStill).map(({ path }) => path);
}

/** Directories that were planned and made and not recorded any more: those with the run's name and no older than it. */
export function strayDirectories(planned: readonly string[], leaf: string, startTime: string): readonly string[] {
  return planned.filter((path) => {
    if (basename(path) !== leaf || !existsSync(path)) return false;
    return statSync(path).ctimeMs + stampLagMs >= Date.parse(startTime);
  });
}

/** The kernel stamps inodes by a clock that lags by a tick, 10 ms at most. */
const stampLagMs = 20;
