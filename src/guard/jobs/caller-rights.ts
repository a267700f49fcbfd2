import { doFileCalls } from "../../kernel/index.ts";

/** Namespaces in which a path, a pid, a user or a group would be another one. */
const namespaces = ["mnt", "pid", "user", "cgroup"] as const;

/** What a process sees and may do. */
interface Standing {
  readonly root: string;
  readonly links: readonly string[];
  readonly capabilities: bigint;
}

const effective = "\nCapEff:";

function capabilitiesIn(status: string): bigint {
  const at = status.indexOf(effective);
  return BigInt(
    `0x${status
      .slice(at + effective.length)
      .split("\n", 1)[0]
      ?.trim()}`,
  );
}

/** Null where it cannot be told, or the process is gone. */
function standingOf(pid: number | "self"): Standing | null {
  const [status, root, ...links] = doFileCalls([
    { call: "read", path: `/proc/${pid}/status` },
    { call: "identify", path: `/proc/${pid}/root/` },
    ...namespaces.map((kind) => ({ call: "link", path: `/proc/${pid}/ns/${kind}` }) as const),
  ]).map((answer) => ("text" in answer ? answer.text : null));
  if (status == null || root == null || !status.includes(effective)) return null;
  const told = links.filter((link) => link !== null);
  return told.length < namespaces.length ? null : { root, links: told, capabilities: capabilitiesIn(status) };
}

/** Constant for the life of this process. */
let own: Standing | null = null;

/**
 * Whether what the guard does for a process is nothing that the process could not do itself: root as the guard is, sees the
 * same files, processes, users and groups, and has every capability that the guard has.
 */
export function mayActFor({ uid, pid }: { readonly uid: number; readonly pid: number }): boolean {
  if (uid !== 0 || process.geteuid?.() !== 0) return false;
  own ??= standingOf("self");
  const theirs = standingOf(pid);
  if (own === null || theirs === null) return false;
  const { root, links, capabilities } = own;
  const hasAll = (capabilities & ~theirs.capabilities) === 0n;
  return hasAll && theirs.root === root && theirs.links.every((link, index) => link === links[index]);
}
