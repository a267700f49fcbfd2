import { readlinkSync, statSync } from "node:fs";
import { readProcText } from "../../kernel/index.ts";

/** Namespaces in which a path, a pid, a user or a group would be another one. */
const namespaces = ["mnt", "pid", "user", "cgroup"] as const;

const capabilitiesOf = (pid: number | "self"): bigint | null => {
  const text = readProcText(`/proc/${pid}/status`);
  const field = text === null ? undefined : /^CapEff:\s*([0-9a-f]+)$/m.exec(text)?.[1];
  return field === undefined ? null : BigInt(`0x${field}`);
};

function isSameRoot(pid: number): boolean {
  const [ours, theirs] = [statSync("/"), statSync(`/proc/${pid}/root/`)];
  return ours.ino === theirs.ino && ours.dev === theirs.dev;
}

/** Constant for the life of this process. */
let own: { readonly links: readonly string[]; readonly capabilities: bigint | null } | null = null;

const linksOf = (pid: number | "self"): readonly string[] =>
  namespaces.map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));

/**
 * Whether what the guard does for a process is nothing that the process could not do itself: root as the guard is, sees the
 * same files, processes, users and groups, and has every capability that the guard has.
 */
export function mayActFor({ uid, pid }: { readonly uid: number; readonly pid: number }): boolean {
  if (uid !== 0 || process.geteuid?.() !== 0) return false;
  try {
    own ??= { links: linksOf("self"), capabilities: capabilitiesOf("self") };
    const theirs = capabilitiesOf(pid);
    const hasAll = theirs !== null && own.capabilities !== null && (own.capabilities & ~theirs) === 0n;
    return hasAll && isSameRoot(pid) && linksOf(pid).every((link, index) => link === own?.links[index]);
  } catch {
    return false;
  }
}
