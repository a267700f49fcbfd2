import { processesBelow } from "../../cgroup/index.ts";
import { CorralError } from "../../report/index.ts";
import type { MoveInto } from "../../run/moves/index.ts";

/** What came of a move. */
export interface GroupMove {
  readonly moved: readonly number[];
  /** Processes that stayed, and why, for people. */
  readonly left: readonly { readonly pid: number; readonly reason: string }[];
}

/** How often a group is looked through in which processes fork all the while. */
const mostPasses = 50;

/**
 * Moves every process of a group, and of those below it, into another, until a look finds only such as cannot be moved.
 * @param judge throws for a process that must stay
 */
export function moveGroup(from: string, to: string, move: MoveInto, judge: (pid: number) => void): GroupMove {
  const moved = new Set<number>();
  const left = new Map<number, string>();
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const here = processesBelow(from).filter((pid) => !left.has(pid));
    if (here.length === 0) break;
    for (const pid of here) {
      const reason = refusalOf(
        () => judge(pid),
        () => move(pid, to)?.reason ?? null,
      );
      if (reason === null) moved.add(pid);
      else left.set(pid, reason);
    }
  }
  return { moved: [...moved], left: [...left].map(([pid, reason]) => ({ pid, reason })) };
}

/** Its group was just read from the kernel: a process that ended since is refused, a pid that was used anew meanwhile is in no such group. */
function refusalOf(judge: () => void, move: () => string | null): string | null {
  try {
    judge();
    return move();
  } catch (thrown) {
    return CorralError.from(thrown).message;
  }
}
