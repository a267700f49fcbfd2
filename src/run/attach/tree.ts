import type { ProcessIdentity, ProcessStat } from "../../kernel/index.ts";
import { bootId, isSameProcess, listChildren, listPids, readProcessStat } from "../../kernel/index.ts";

/** The living processes of this pid namespace by parent, as one pass over /proc found them. */
function childrenByParent(): ReadonlyMap<number, readonly ProcessIdentity[]> {
  const children = new Map<number, ProcessIdentity[]>();
  for (const pid of listPids()) {
    const stat = readProcessStat(pid);
    if (stat === null || stat.state === "Z") continue;
    const siblings = children.get(stat.ppid);
    if (siblings === undefined) children.set(stat.ppid, [identityOfStat(stat)]);
    else siblings.push(identityOfStat(stat));
  }
  return children;
}

const identityOfStat = ({ pid, startTicks }: ProcessStat): ProcessIdentity => ({ bootId: bootId(), pid, startTicks });

/** How often a list of children is read that differs each time. */
const maxReadings = 20;

/** The living children of a process. The pass over /proc is made when the kernel lists no children, and then once. */
function makeChildrenOf(): (parent: ProcessIdentity) => readonly ProcessIdentity[] {
  let byParent: ReadonlyMap<number, readonly ProcessIdentity[]> | null = null;
  return ({ pid }) => {
    if (byParent === null) {
      const listed = listedChildren(pid);
      if (listed !== null) return listed;
    }
    byParent ??= childrenByParent();
    return byParent.get(pid) ?? [];
  };
}

/**
 * The kernel's own list (proc_pid_task(5), children), which spares the pass over /proc. It may leave out a child when
 * another one is reaped while it is read; that one is missing in the next reading, so two equal readings are whole.
 */
function listedChildren(pid: number): readonly ProcessIdentity[] | null {
  let before = listChildren(pid);
  for (let reading = 0; before !== null && reading < maxReadings; reading += 1) {
    const now = listChildren(pid);
    if (now !== null && now.join() === before.join()) return now.flatMap(livingIdentity);
    before = now;
  }
  return null;
}

function livingIdentity(pid: number): readonly ProcessIdentity[] {
  const stat = readProcessStat(pid);
  return stat === null || stat.state === "Z" ? [] : [identityOfStat(stat)];
}

/** Which descendants are left out, with all that descends from them. */
export type LeftOut = (one: ProcessIdentity) => boolean;

/**
 * Processes and all their living descendants, parents before children. A descendant whose parent has ended belongs to
 * whoever inherited it and is not found.
 */
export function descendantsOf(roots: readonly ProcessIdentity[], isLeftOut: LeftOut = () => false): ProcessIdentity[] {
  const childrenOf = makeChildrenOf();
  const found: ProcessIdentity[] = [...roots];
  const seen = new Set(roots.map(keyOf));
  for (let at = 0; at < found.length; at += 1) {
    const parent = found[at];
    const here = parent === undefined ? [] : childrenOf(parent);
    // Asked afterwards: had the parent's pid been reused meanwhile, these would be somebody else's children.
    if (here.length === 0 || parent === undefined || !isSameProcess(parent)) continue;
    for (const child of here) {
      if (seen.has(keyOf(child)) || isLeftOut(child)) continue;
      seen.add(keyOf(child));
      found.push(child);
    }
  }
  return found;
}

/** A process and all its living descendants. */
export const treeOf = (root: ProcessIdentity, isLeftOut?: LeftOut): ProcessIdentity[] =>
  descendantsOf([root], isLeftOut);

/** Names an identity as a key of maps and sets; the boot is this one. */
export const keyOf = ({ pid, startTicks }: ProcessIdentity): string => `${pid}:${startTicks}`;
