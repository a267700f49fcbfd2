import type { ProcessIdentity } from "../../kernel/index.ts";
import { treeOf } from "../../run/attach/index.ts";
import type { MoveInto } from "../../run/moves/index.ts";

/** What came of a move. */
export interface TreeMove {
  /** Processes that were moved. */
  readonly moved: number;
  /** Why not all went, for people; null: all did. */
  readonly refusal: string | null;
}

/** How a tree is moved. */
export interface TreeMover {
  readonly move: MoveInto;
  /**
   * Whether the pid is still that process's, and the process is to be moved; asked just before it is. A pid names nobody else as
   * long as this process is not reaped.
   */
  readonly isOutside: (one: ProcessIdentity) => boolean;
  /** The same for the root alone, of which more may be known. */
  readonly isDue: (root: ProcessIdentity) => boolean;
}

/** How often a tree is looked through that forks all the while outside of the group. */
const mostPasses = 50;

/**
 * Moves a process and all its descendants into a group, itself first and parents before children, until a look at the tree finds
 * nobody outside. What a process forks once it is inside is born there, so that only forks from before are ever to be found, and
 * they get fewer.
 */
export function moveTree(root: ProcessIdentity, directory: string, { move, isOutside, isDue }: TreeMover): TreeMove {
  let moved = 0;
  let refusal: string | null = null;
  const stuck = new Set<number>();
  const take = ({ pid }: ProcessIdentity): void => {
    const refused = move(pid, directory);
    if (refused === null) moved += 1;
    else stuck.add(pid);
    refusal ??= refused === null ? null : `process ${pid}: ${refused.reason}`;
  };
  if (isDue(root)) take(root);
  for (let pass = 0; pass < mostPasses; pass += 1) {
    let found = 0;
    for (const one of treeOf(root).filter(({ pid }) => !stuck.has(pid))) {
      if (!isOutside(one)) continue;
      found += 1;
      take(one);
    }
    if (found === 0) return { moved, refusal };
  }
  return { moved, refusal: refusal ?? "it forks faster than its children can be moved" };
}
