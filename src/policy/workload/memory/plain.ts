import type { WorkloadMemory } from "./workload-memory.ts";
import { bytesPerMib, pageBytes } from "./workload-memory.ts";

/** No buffer of JavaScript holds 16 GiB. */
const slabBytes = 64 * bytesPerMib;
const pagesPerSlab = slabBytes / pageBytes;

/** Anonymous memory of this process, as the C library gets it from the kernel. */
export function plainMemory(megabytes: number): WorkloadMemory {
  const bytes = megabytes * bytesPerMib;
  const slabs: Uint8Array[] = [];
  for (let at = 0; at < bytes; at += slabBytes) slabs.push(new Uint8Array(Math.min(slabBytes, bytes - at)));
  const slabOf = (index: number): Uint8Array => slabs[Math.floor(index / pagesPerSlab)] as Uint8Array;
  return {
    pageCount: bytes / pageBytes,
    arena: null,
    writePage(index, fill) {
      const at = (index % pagesPerSlab) * pageBytes;
      fill(slabOf(index).subarray(at, at + pageBytes), index);
    },
    touch(index, op) {
      const slab = slabOf(index);
      const at = (index % pagesPerSlab) * pageBytes;
      const byte = slab[at] as number;
      slab[at] = op === "increment" ? byte + 1 : byte ^ 1;
    },
    close() {
      slabs.length = 0;
    },
  };
}
