import { tryReadControl } from "../../cgroup/index.ts";
import { readProcessStat } from "../../kernel/index.ts";
import { groupOfLines } from "../tree/index.ts";

const mostAncestors = 64;

/**
 * Directories of the groups in which the guard and the processes that started it are: what is stopped there stops the guard (R21).
 */
export function sparedGroups(mountPoint: string): readonly string[] {
  const groups = new Set<string>();
  let pid = process.pid;
  for (let step = 0; pid > 0 && step < mostAncestors; step += 1) {
    const path = groupOfLines(tryReadControl(`/proc/${pid}/cgroup`));
    if (path !== null) groups.add(path === "/" ? mountPoint : `${mountPoint}${path}`);
    pid = readProcessStat(pid)?.ppid ?? 0;
  }
  return [...groups];
}

/** Whether one of these groups is a directory or below it. */
export const isSpared = (directory: string, spared: readonly string[]): boolean =>
  spared.some((one) => one === directory || one.startsWith(`${directory}/`));
