import { CorralError } from "../report/index.ts";
import type { ArenaState, RegionEntry } from "./arena-state.ts";
import type { ChunkTable } from "./chunk-table.ts";
import { chunkStates } from "./chunk-table.ts";
import { chunkLost, dropCopy, restoreChunk } from "./restore.ts";

/** Accesses are halved with every epoch that passes without one. */
export const touchesNow = (table: ChunkTable, id: number, epoch: number): number => {
  const age = epoch - (table.touched[id] as number);
  return age > 7 ? 0 : (table.touches[id] as number) >>> age;
};

function noteAccess(table: ChunkTable, id: number, epoch: number): void {
  table.touches[id] = Math.min(255, touchesNow(table, id, epoch) + 1);
  table.touched[id] = epoch;
}

function restoreOnDemand(arena: ArenaState, entry: RegionEntry, chunk: number): void {
  const { counters } = arena;
  const start = performance.now();
  restoreChunk(arena, entry, chunk, "demand");
  const ms = performance.now() - start;
  arena.demandRestores.record(ms * 1e6);
  counters.access_hits_decompressed += 1;
  counters.demand_decompress_stall_events += 1;
  counters.demand_decompress_stall_ns_total += Math.round(ms * 1e6);
  arena.onDemandRestore?.(entry, chunk);
}

/**
 * Makes a chunk readable.
 * @returns false for one that was never written: it is all zeros and has no memory
 * @throws CorralError ARENA_CORRUPT, ARENA_MEMORY
 */
export function openForRead(arena: ArenaState, entry: RegionEntry, chunk: number): boolean {
  const { table, counters } = arena;
  const id = entry.base + chunk;
  const state = table.state[id];
  if (state === chunkStates.lost) throw chunkLost(entry, chunk, arena.settings.chunkBytes);
  if (state === chunkStates.packed || state === chunkStates.filled) restoreOnDemand(arena, entry, chunk);
  else counters.access_hits_raw += 1;
  noteAccess(table, id, arena.lists.epoch);
  return state !== chunkStates.fresh;
}

/**
 * Makes a chunk writable, and what was copied from it before untrue.
 * @param whole every byte will be written, so that what was there need not be restored
 * @throws CorralError ARENA_CORRUPT, ARENA_MEMORY
 */
export function openForWrite(arena: ArenaState, entry: RegionEntry, chunk: number, whole: boolean): void {
  const { table, counters } = arena;
  const id = entry.base + chunk;
  const state = table.state[id];
  if (state === chunkStates.raw) counters.access_hits_raw += 1;
  else if (whole || state === chunkStates.fresh || state === chunkStates.rejected) {
    entry.memory.acquire(chunk);
    if (state === chunkStates.packed || state === chunkStates.filled) counters.overwritten_compressed_chunks += 1;
    else counters.access_hits_raw += 1;
    dropCopy(arena, id);
  } else if (state === chunkStates.lost) throw chunkLost(entry, chunk, arena.settings.chunkBytes);
  else restoreOnDemand(arena, entry, chunk);
  table.state[id] = chunkStates.raw;
  table.version[id] = (table.version[id] as number) + 1;
  noteAccess(table, id, arena.lists.epoch);
}

/** A chunk in memory may have been written, without anyone noticing when. */
export function noteWritten({ table }: ArenaState, entry: RegionEntry, chunk: number): void {
  const id = entry.base + chunk;
  table.version[id] = (table.version[id] as number) + 1;
}

/** @throws CorralError USAGE when the bytes are not inside the region */
export function checkRange(entry: RegionEntry, offset: number, length: number): void {
  if (Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0) {
    if (offset + length <= entry.bytes) return;
  }
  throw new CorralError("USAGE", `the bytes are not inside region ${entry.name}`, {
    object: entry.name,
    found: `${length} bytes at ${offset}`,
    fix: `it has ${entry.bytes} bytes`,
  });
}
