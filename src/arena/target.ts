import { CorralError } from "../report/index.ts";
import { checkRange } from "./access.ts";
import type { ArenaState } from "./arena-state.ts";
import type { ByteRange, Region } from "./region.ts";
import { entryOf } from "./region.ts";
import type { SweepTarget } from "./sweep.ts";

/** Bytes of one region. */
export interface RegionRange extends ByteRange {
  readonly region: Region;
}

/** What to compress or prefetch: all regions, one, or some bytes of one, with the chunks that they touch as a whole. */
export type ArenaTarget = "all" | Region | RegionRange;

/**
 * The chunks of a target.
 * @throws CorralError ARENA_CLOSED, USAGE
 */
export function chunksOf(arena: ArenaState, target: ArenaTarget): SweepTarget[] {
  if (target === "all") return [...arena.regions].map((entry) => ({ entry, first: 0, end: entry.chunkCount }));
  // Callers in JavaScript may pass anything.
  if (typeof target !== "object" || target === null)
    throw new CorralError("USAGE", 'the target is a region, { region, offset, length } or "all"', {
      object: "target",
      found: String(target),
    });
  if (!("region" in target)) {
    const entry = entryOf(arena, target);
    return [{ entry, first: 0, end: entry.chunkCount }];
  }
  const entry = entryOf(arena, target.region);
  const { offset, length } = target;
  const { chunkBytes } = arena.settings;
  checkRange(entry, offset, length);
  if (length === 0) return [];
  return [{ entry, first: Math.floor(offset / chunkBytes), end: Math.floor((offset + length - 1) / chunkBytes) + 1 }];
}
