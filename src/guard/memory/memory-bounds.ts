import { dirname } from "node:path";
import { controlNumber, parseFlatKeyed } from "../../cgroup/index.ts";
import type { ReadFile } from "./kept-files.ts";

/** How much memory there is for a group, and how much of it can still be had. */
export interface MemoryBounds {
  readonly limitBytes: number;
  readonly headroomBytes: number;
  /** The group whose memory.max counts, or `host`. */
  readonly boundBy: string;
}

/** A field of /proc/meminfo in bytes. */
const meminfo = (text: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1024;

function hostBounds(read: ReadFile): MemoryBounds {
  const text = read("/proc/meminfo") ?? "";
  return {
    limitBytes: meminfo(text, "MemTotal"),
    headroomBytes: meminfo(text, "MemAvailable"),
    boundBy: "host",
  };
}

/** Page cache that goes without being missed much: what was used lately counts half, what must be written out not at all. */
function reclaimableBytes(directory: string, read: ReadFile): number {
  const stat = parseFlatKeyed(read(`${directory}/memory.stat`));
  const of = (key: string): number => stat.get(key) ?? 0;
  const cache = of("inactive_file") + of("active_file") / 2;
  return Math.max(0, Math.floor(cache - of("file_dirty") - of("file_writeback")));
}

/** A group's own bounds; null when it has no limit, or is gone. */
function groupBounds(directory: string, nearShare: number, read: ReadFile): MemoryBounds | null {
  const number = (file: string): number | null => controlNumber(read(`${directory}/${file}`));
  const limitBytes = number("memory.max");
  if (limitBytes === null || limitBytes === Number.POSITIVE_INFINITY) return null;
  const currentBytes = number("memory.current");
  if (currentBytes === null) return null;
  const freeBytes = Math.max(0, limitBytes - currentBytes);
  // memory.stat costs the kernel a walk over all CPUs: asked only when the answer can matter.
  const cacheBytes = freeBytes < limitBytes * nearShare ? reclaimableBytes(directory, read) : 0;
  return { limitBytes, headroomBytes: Math.min(limitBytes, freeBytes + cacheBytes), boundBy: directory };
}

/**
 * What holds for a group: the tightest of its own limit, those of the groups above it, and the host.
 * @param nearShare page cache counts as free below this share of a limit
 */
export function readBounds(directory: string, mountPoint: string, nearShare: number, read: ReadFile): MemoryBounds {
  let tightest = hostBounds(read);
  for (let one = directory; one.startsWith(`${mountPoint}/`); one = dirname(one)) {
    const bounds = groupBounds(one, nearShare, read);
    if (bounds !== null && bounds.headroomBytes < tightest.headroomBytes) tightest = bounds;
  }
  return tightest;
}
