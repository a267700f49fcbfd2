import { parseFlatKeyed, tryReadControl } from "../../cgroup/index.ts";

/** Memory of one session, in bytes. */
export interface SessionMemory {
  /** memory.current; null without a memory controller. */
  readonly currentBytes: number | null;
  /** What of it the kernel can take back when it is needed: files and reclaimable slabs (memory.stat). */
  readonly reclaimableBytes: number | null;
  /** The lower of memory.max and memory.high as they stand now; null: neither. */
  readonly capBytes: number | null;
}

/** The lower of two files that hold a size or `max`; null: neither holds a size. */
function lowestOf(...texts: readonly (string | null)[]): number | null {
  const sizes = texts.map((text) => Number(text?.trim() || "max")).filter((size) => Number.isFinite(size));
  return sizes.length === 0 ? null : Math.min(...sizes);
}

/** What memory.stat says can be taken back. Tmpfs and shared memory count as files there, and cannot. */
export function reclaimableOf(stat: string | null): number | null {
  if (stat === null) return null;
  const values = parseFlatKeyed(stat);
  const of = (key: string): number => values.get(key) ?? 0;
  return of("inactive_file") + of("active_file") + of("slab_reclaimable");
}

/** Reads the memory of a session's group. */
export function readSessionMemory(directory: string): SessionMemory {
  const read = (file: string): string | null => tryReadControl(`${directory}/${file}`);
  const current = read("memory.current");
  return {
    currentBytes: current === null ? null : Number(current),
    reclaimableBytes: reclaimableOf(read("memory.stat")),
    capBytes: lowestOf(read("memory.max"), read("memory.high")),
  };
}

/** What a session has free below its own caps; null: it has no cap. Nothing of other sessions or the host is in it. */
export function headroomBytes({ currentBytes, reclaimableBytes, capBytes }: SessionMemory): number | null {
  if (capBytes === null) return null;
  const held = Math.max(0, (currentBytes ?? 0) - (reclaimableBytes ?? 0));
  return Math.max(0, capBytes - held);
}
