import type { ProcessIdentity, ProcessStat } from "../../kernel/index.ts";
import { bootId, listPids, readProcessStat } from "../../kernel/index.ts";

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
 * A process and all its living descendants, parents before children. A descendant whose parent has ended belongs to
 * whoever inherited it and is not found.
 */
export function treeOf(root: ProcessIdentity): ProcessIdentity[] {
  const children = childrenByParent();
  const found: ProcessIdentity[] = [root];
  for (let at = 0; at < found.length; at += 1) {
    const parent = found[at];
    if (parent !== undefined) found.push(...(children.get(parent.pid) ?? []).map(identityOfStat));
  }
  return found;
}

/** Names an identity as a key of maps and sets; the boot is this one. */
export const keyOf = ({ pid, startTicks }: ProcessIdentity): string => `${pid}:${startTicks}`;
