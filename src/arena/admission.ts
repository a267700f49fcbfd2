import { packKinds, packResultNumbers } from "../kernel/index.ts";
import type { ArenaState } from "./arena-state.ts";
import { chunkStates } from "./chunk-table.ts";
import type { PackBatch } from "./codec.ts";
import { restoreChunk } from "./restore.ts";
import { allocatedBytes } from "./segment.ts";

/** What became of a chunk that was tried. */
export type Verdict = "admitted" | "filled" | "random" | "noGain" | "smallGain" | "poolFull" | "changed" | "unverified";

/**
 * Whether a chunk saves enough: percent of what it takes in the pool, header and rounding included, cut to a whole number. What
 * saves nothing is never admitted.
 */
export function savesEnough(chunkBytes: number, allocated: number, minSavingsPercent: number): boolean {
  return allocated < chunkBytes && Math.trunc(((chunkBytes - allocated) * 100) / chunkBytes) >= minSavingsPercent;
}

/**
 * Makes room by decompressing the chunk that was used longest ago. That costs a chunk of memory, as the new one saves one: it is
 * worth it only if its room holds two. What this sweep has admitted (`since`) is left alone, or a pool that is too small would
 * decompress with one hand what it compresses with the other.
 */
function evictFor(arena: ArenaState, bytes: number, since: number): boolean {
  const { table, lists, counters, settings } = arena;
  if (settings.whenFull === "refuse") return false;
  const victim = lists.leastRecent();
  if (victim === -1 || (table.changed[victim] as number) >= since) return false;
  if (allocatedBytes(table.size[victim] as number) < 2 * bytes) return false;
  const entry = arena.regionOf(victim);
  if (entry === null) return false;
  try {
    restoreChunk(arena, entry, victim - entry.base, "eviction");
  } catch {
    // Its copy is damaged, which whoever reads it is told, or there is no memory for it.
    return false;
  }
  counters.evictions_lru += 1;
  return true;
}

function admitBlock(arena: ArenaState, id: number, batch: PackBatch, index: number, since: number): Verdict {
  const { table, lists, pool, settings } = arena;
  const size = batch.results[index * packResultNumbers + 1] as number;
  const allocated = allocatedBytes(size);
  table.ratioBps[id] = Math.ceil((allocated * 10_000) / settings.chunkBytes);
  if (!savesEnough(settings.chunkBytes, allocated, settings.minSavingsPercent)) return "smallGain";
  const start = index * settings.chunkBytes;
  let place = pool.append(id, batch.output, start, size);
  if (place === -1 && evictFor(arena, allocated, since)) place = pool.append(id, batch.output, start, size);
  if (place === -1) return "poolFull";
  table.place[id] = place;
  table.size[id] = size;
  table.checksum[id] = batch.results[index * packResultNumbers + 2] as number;
  table.state[id] = chunkStates.packed;
  lists.insert(id, table.touched[id] as number);
  arena.packedChunks += 1;
  arena.blockBytes += size;
  return "admitted";
}

function admitFilled(arena: ArenaState, id: number, batch: PackBatch, index: number): Verdict {
  const { table } = arena;
  table.place[id] = batch.results[index * packResultNumbers + 1] as number;
  table.size[id] = batch.results[index * packResultNumbers + 2] as number;
  table.ratioBps[id] = 1;
  table.state[id] = chunkStates.filled;
  arena.filledChunks += 1;
  return "filled";
}

function judge(arena: ArenaState, id: number, batch: PackBatch, index: number, since: number): Verdict {
  switch (batch.results[index * packResultNumbers]) {
    case packKinds.filled:
      return admitFilled(arena, id, batch, index);
    case packKinds.lz4:
      return admitBlock(arena, id, batch, index, since);
    case packKinds.random:
      return "random";
    case packKinds.noGain:
      return "noGain";
    default:
      return "unverified";
  }
}

const rejectCounter = {
  random: "compression_reject_random",
  smallGain: "compression_reject_small_gain",
  poolFull: "compression_reject_pool_full",
  changed: "compression_reject_changed",
  unverified: "compression_reject_unverified",
} as const;

/** Counts a chunk that was tried, and notes what must not be tried again before it is written. */
function account(arena: ArenaState, id: number, verdict: Verdict): void {
  const { table, counters, settings } = arena;
  counters.total_chunks_attempted += 1;
  counters.total_input_bytes_attempted += settings.chunkBytes;
  if (verdict === "admitted" || verdict === "filled") {
    table.changed[id] = arena.lists.epoch;
    // Its memory is given back: what another sweep is packing from it is not true any more.
    table.version[id] = (table.version[id] as number) + 1;
    counters.chunks_admitted += 1;
    counters.compress_ops += 1;
    counters.logical_input_bytes += settings.chunkBytes;
    if (verdict === "filled") counters.chunks_admitted_filled += 1;
    return;
  }
  if (verdict !== "noGain") counters[rejectCounter[verdict]] += 1;
  if (verdict === "random" || verdict === "noGain" || verdict === "smallGain") {
    counters.incompressible_chunks += 1;
    table.state[id] = chunkStates.rejected;
    if (verdict !== "smallGain") table.ratioBps[id] = 10_000;
  }
}

/**
 * Puts the `index`-th chunk of a batch into the pool, or not. `changed`: the chunk is not any more what was packed. The region's
 * memory is left as it is.
 */
export function admitChunk(
  arena: ArenaState,
  id: number,
  batch: PackBatch,
  index: number,
  options: { readonly since: number; readonly changed: boolean },
): Verdict {
  const verdict = options.changed ? "changed" : judge(arena, id, batch, index, options.since);
  account(arena, id, verdict);
  return verdict;
}
