import { tryReadControl } from "./control-file.ts";
import type { GroupPlace } from "./place.ts";
import { parseFlatKeyed } from "./usage.ts";

/** Memory charged to a group, in bytes; a field is null where this host does not tell. */
export interface GroupMemory {
  readonly currentBytes: number | null;
  readonly swapBytes: number | null;
  /** Anonymous memory, page cache left out. */
  readonly anonBytes: number | null;
  /** `memory.high`, Infinity without a limit; null on v1. */
  readonly highBytes: number | null;
}

/** One number of a control file, `max` being Infinity; null when it is absent or something else. */
export function controlNumber(text: string | null): number | null {
  const word = (text ?? "").trim();
  if (word === "max") return Number.POSITIVE_INFINITY;
  return /^\d+$/.test(word) ? Number(word) : null;
}

/** The file that holds what a group uses now. */
export const currentMemoryFile = ({ hierarchy, directory }: GroupPlace): string =>
  `${directory}/${hierarchy.version === 2 ? "memory.current" : "memory.usage_in_bytes"}`;

/** Reads what is charged to a group of the memory controller. Never throws. */
export function readGroupMemory(place: GroupPlace): GroupMemory {
  const read = (file: string): string | null => tryReadControl(`${place.directory}/${file}`);
  const stat = parseFlatKeyed(read("memory.stat"));
  const currentBytes = controlNumber(tryReadControl(currentMemoryFile(place)));
  if (place.hierarchy.version === 2) {
    return {
      currentBytes,
      swapBytes: controlNumber(read("memory.swap.current")),
      anonBytes: stat.get("anon") ?? null,
      highBytes: controlNumber(read("memory.high")),
    };
  }
  // v1 counts swap only where its accounting is on (memory.memsw.*).
  return { currentBytes, swapBytes: stat.get("swap") ?? null, anonBytes: stat.get("rss") ?? null, highBytes: null };
}
