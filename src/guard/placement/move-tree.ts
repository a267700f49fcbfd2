import { moveProcess } from "../../cgroup/index.ts";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { isSameProcess, readProcText } from "../../kernel/index.ts";
import { treeOf } from "../../run/attach/index.ts";
import { groupOfLines } from "../tree/index.ts";

/** What came of a move. */
export interface TreeMove {
  /** Processes that were moved. */
  readonly moved: number;
  /** Why not all went, for people; null: all did. */
  readonly refusal: string | null;
}

/** How often a tree is looked through that forks all the while outside of the group. */
const mostPasses = 50;

/**
 * Moves a process and all its descendants into a group, parents first, until a look at the tree finds nobody outside. What a
 * process forks once it is inside is born there, so that only forks from before are ever to be found, and they get fewer.
 * @param stays tells by the path of its group whether a process is where it may stay
 */
export function moveTree(root: ProcessIdentity, directory: string, stays: (group: string) => boolean): TreeMove {
  let moved = 0;
  let refusal: string | null = null;
  const tried = new Set<number>();
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const outside = treeOf(root).filter((one) => !tried.has(one.pid) && isOutside(one, stays));
    if (outside.length === 0) return { moved, refusal };
    for (const one of outside) {
      // The pid must be the process's still when it is written; it names nobody else as long as this one is not reaped.
      if (!isSameProcess(one)) continue;
      const refused = moveProcess(one.pid, directory);
      if (refused === null) moved += 1;
      else tried.add(one.pid);
      refusal ??= refused === null ? null : `process ${one.pid}: ${refused.reason}`;
    }
  }
  return { moved, refusal: refusal ?? "it forks faster than its children can be moved" };
}

function isOutside({ pid }: ProcessIdentity, stays: (group: string) => boolean): boolean {
  const group = groupOfLines(readProcText(`/proc/${pid}/cgroup`));
  return group !== null && !stays(group);
}
