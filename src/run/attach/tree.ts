import type { ProcessIdentity, ProcessStat } from "../../kernel/index.ts";
import { bootId, isSameProcess, listPids, readProcessStat } from "../../kernel/index.ts";

/** The living processes of this pid namespace by parent, as one pass over /proc found them. */
function childrenByParent(): ReadonlyMap<number, readonly ProcessStat[]> {
  const children = new Map<number, ProcessStat[]>();
  for (const pid of listPids()) {
    const stat = readProcessStat(pid);
    if (stat === null || stat.state === "Z") continue;
    const siblings = children.get(stat.ppid);
    if (siblings === undefined) children.set(stat.ppid, [stat]);
    else siblings.push(stat);
  }
  return children;
}

const identityOfStat = ({ pid, startTicks }: ProcessStat): ProcessIdentity => ({ bootId: bootId(), pid, startTicks });

/**
 * Processes and all their living descendants, parents before children. A descendant whose parent has ended belongs to
 * whoever inherited it and is not found.
 */
export function descendantsOf(roots: readonly ProcessIdentity[]): ProcessIdentity[] {
  const children = childrenByParent();
  const found: ProcessIdentity[] = [...roots];
  const seen = new Set(roots.map(keyOf));
  for (let at = 0; at < found.length; at += 1) {
    const parent = found[at];
    const here = parent === undefined ? undefined : children.get(parent.pid);
    // Asked after the pass: had the parent's pid been reused meanwhile, these would be somebody else's children.
    if (here === undefined || parent === undefined || !isSameProcess(parent)) continue;
    for (const child of here.map(identityOfStat)) {
      if (seen.has(keyOf(child))) continue;
      seen.add(keyOf(child));
      found.push(child);
    }
  }
  return found;
}

/** A process and all its living descendants. */
export const treeOf = (root: ProcessIdentity): ProcessIdentity[] => descendantsOf([root]);

/** Names an identity as a key of maps and sets; the boot is this one. */
export const keyOf = ({ pid, startTicks }: ProcessIdentity): string => `${pid}:${startTicks}`;
