import { readlinkSync } from "node:fs";
import { readProcText } from "./proc-read.ts";

/** Inode numbers of the initial namespaces (include/linux/proc_ns.h). */
const initialNamespaces = { pid: 0xeffffffc, user: 0xeffffffd, cgroup: 0xeffffffb } as const;

export type NamespaceKind = keyof typeof initialNamespaces;

/** Whether this process is in the host's own namespace of a kind; null when that cannot be seen. */
export function isInitialNamespace(kind: NamespaceKind): boolean | null {
  try {
    return readlinkSync(`/proc/self/ns/${kind}`) === `${kind}:[${initialNamespaces[kind]}]`;
  } catch {
    return null;
  }
}

/** What a time namespace adds to a clock of the host, in nanoseconds (time_namespaces(7)); 0 outside of one. */
export function parseClockOffsetNs(offsets: string, clock: "monotonic" | "boottime"): bigint {
  const match = new RegExp(`^${clock}\\s+(-?\\d+)\\s+(\\d+)`, "m").exec(offsets);
  return match === null ? 0n : BigInt(match[1] ?? 0) * 1_000_000_000n + BigInt(match[2] ?? 0);
}

/** `parseClockOffsetNs` of this process. */
export const clockOffsetNs = (clock: "monotonic" | "boottime"): bigint =>
  parseClockOffsetNs(readProcText("/proc/self/timens_offsets") ?? "", clock);
