import { readMemoryUse } from "../kernel/index.ts";
import type { ArenaState } from "./arena-state.ts";

/** What the kernel says, in bytes; null where it cannot be asked. */
export interface ArenaMeasurement {
  /** Of the whole process: its share of what it maps, `/proc/self/smaps_rollup`. */
  readonly pss_bytes: number | null;
  readonly rss_bytes: number | null;
  /** Of the regions' memory, mincore(2); null without the addon. */
  readonly raw_bytes_resident: number | null;
  /** Of the pool's, likewise. */
  readonly pool_bytes_resident: number | null;
}

/** Asks the kernel. It walks the process's page tables: milliseconds per GiB. */
export function measureMemory(arena: ArenaState): ArenaMeasurement {
  const { pssBytes, rssBytes } = readMemoryUse(process.pid);
  const slabs = [...arena.regions].flatMap(({ memory }) => memory.slabs);
  const resident = slabs.reduce<number | null>((sum, slab) => {
    const bytes = slab.residentBytes();
    return sum === null || bytes === null ? null : sum + bytes;
  }, 0);
  const isNative = arena.memory.kind === "native";
  return {
    pss_bytes: pssBytes,
    rss_bytes: rssBytes,
    raw_bytes_resident: isNative ? resident : null,
    pool_bytes_resident: isNative ? arena.pool.residentBytes() : null,
  };
}
