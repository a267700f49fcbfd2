import { unpackOutcomes } from "../kernel/index.ts";
import { CorralError } from "../report/index.ts";
import type { ArenaState, RegionEntry } from "./arena-state.ts";
import { chunkStates } from "./chunk-table.ts";

/** Why a chunk is decompressed. */
export type RestoreCause = "demand" | "prefetch" | "eviction";

const causeCounter = {
  demand: "demand_decompress_ops",
  prefetch: "prefetch_decompress_ops",
  eviction: "eviction_decompress_ops",
} as const;

/** The error for a chunk whose block is damaged. */
export function chunkLost(entry: RegionEntry, chunk: number, chunkBytes: number): CorralError {
  const offset = chunk * chunkBytes;
  return new CorralError("ARENA_CORRUPT", `the compressed copy of a chunk of ${entry.name} is damaged`, {
    object: entry.name,
    found: `bytes ${offset} to ${offset + chunkBytes - 1} are lost`,
    fix: "overwrite the whole chunk, or free the region; other chunks are not affected",
  });
}

/** Forgets the compressed copy of a chunk, whose state the caller sets next. `reuse`: its room is wanted at once. */
export function dropCopy(arena: ArenaState, id: number, reuse = false): void {
  const { table, lists, pool } = arena;
  const state = table.state[id];
  if (state === chunkStates.filled) arena.filledChunks -= 1;
  if (state !== chunkStates.packed) return;
  const bytes = table.size[id] as number;
  lists.remove(id);
  // Not packed any more, or a compaction would move the block that goes.
  table.state[id] = chunkStates.raw;
  pool.free(table.place[id] as number, bytes, reuse);
  arena.packedChunks -= 1;
  arena.blockBytes -= bytes;
}

/** Eight bytes, again and again. */
function fillChunk(target: Uint8Array, first: number, second: number): void {
  const words = new DataView(target.buffer, target.byteOffset, 8);
  words.setUint32(0, first, true);
  words.setUint32(4, second, true);
  for (let done = 8; done < target.length; done *= 2) target.copyWithin(done, 0, Math.min(done, target.length - done));
}

/**
 * Brings a compressed chunk back into memory and lets go of the copy.
 * @throws CorralError ARENA_CORRUPT when the copy is damaged, ARENA_MEMORY when there is no memory for it
 */
export function restoreChunk(arena: ArenaState, entry: RegionEntry, chunk: number, cause: RestoreCause): void {
  const { table, codec, pool, counters, settings } = arena;
  const { memory } = entry;
  const id = entry.base + chunk;
  const state = table.state[id];
  memory.acquire(chunk);
  const { view } = memory.slabOf(chunk);
  const offset = memory.offsetOf(chunk);
  if (state === chunkStates.filled) {
    const target = view.subarray(offset, offset + settings.chunkBytes);
    fillChunk(target, table.place[id] as number, table.size[id] as number);
  } else {
    const place = table.place[id] as number;
    const segment = pool.segmentAt(place);
    const block = segment.blockAt(place);
    const size = table.size[id] as number;
    const outcome = codec.unpack(segment.slab.view, block, size, view, offset, table.checksum[id] as number);
    if (outcome !== unpackOutcomes.ok) {
      dropCopy(arena, id);
      table.state[id] = chunkStates.lost;
      counters.corrupt_chunks += 1;
      throw chunkLost(entry, chunk, settings.chunkBytes);
    }
  }
  dropCopy(arena, id, cause === "eviction");
  table.state[id] = chunkStates.raw;
  table.changed[id] = arena.lists.epoch;
  counters.decompress_ops += 1;
  counters[causeCounter[cause]] += 1;
}
