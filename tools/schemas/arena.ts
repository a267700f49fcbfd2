/** The schema of what `arena.stats()` answers. */
import * as v from "valibot";
import type { CounterName } from "../../src/arena/index.ts";
import { counterNames } from "../../src/arena/index.ts";
import { count, describe, latency } from "./parts.ts";

const amount = (description: string) => v.pipe(v.number(), v.minValue(0), v.description(description));
const ratioOrNull = (description: string) =>
  v.pipe(v.nullable(v.pipe(v.number(), v.minValue(0))), v.description(`${description}; null: nothing to divide.`));
const counter = amount("docs/arena.md says what it counts.");

/** `corral.arena/1`. */
export const arena = v.strictObject({
  schema: v.pipe(v.literal("corral.arena/1"), v.description("Name and version of this document.")),
  mode: v.pipe(v.picklist(["native", "plain"]), v.description("With the addon, or in JavaScript.")),
  counters: v.pipe(
    v.strictObject(
      Object.fromEntries(counterNames.map((name) => [name, counter])) as Record<CounterName, typeof counter>,
    ),
    v.description("What only ever grows."),
  ),
  gauges: v.pipe(
    v.strictObject({
      regions: count("Regions that are open."),
      region_bytes: count("Bytes of all regions, in whole chunks."),
      chunk_bytes: count("Bytes of a chunk."),
      logical_bytes_live: count("Content of the chunks that are compressed now."),
      filled_bytes_live: count("Of those, chunks of eight repeated bytes."),
      compressed_bytes_live: count("Length of all blocks."),
      pool_bytes_live: count("The same with headers and rounding."),
      slot_bytes_live: count("Another name of pool_bytes_live."),
      pool_bytes_committed: count("Memory that the pool holds."),
      pool_bytes_free: count("What blocks may still take."),
      pool_bytes_fragmented: count("Dead blocks within pool_bytes_committed."),
      pool_largest_free_extent: count("Longest block that fits without moving another."),
      pool_segments: count("Segments of the pool."),
      pool_capacity_bytes: count("The capacity that was asked for."),
      metadata_bytes: count("What is noted of every chunk, and room for batches."),
      raw_bytes_resident: count("Memory that the regions hold."),
      chunks_raw: count("Chunks in memory."),
      chunks_compressed: count("Chunks that are compressed."),
      chunks_rejected: count("Chunks in memory that are not tried again before they are written."),
      chunks_untouched: count("Chunks that were never written."),
      chunks_lost: count("Chunks whose block was damaged."),
      chunks_hot: count("Chunks in memory that were used of late."),
      chunks_warm: count("Chunks in memory between hot and cold."),
      chunks_cold: count("Chunks in memory that were not used for long."),
      hotness_epoch: count("Number of the epoch."),
      adaptive_t_cold_epochs_current: count("Age from which a chunk is cold now, in epochs."),
      prefetch_queue_length: count("Chunks that wait to be prefetched."),
    }),
    v.description("What stands now."),
  ),
  derived: v.pipe(
    v.strictObject({
      ratio_codec: ratioOrNull("Content of blocks to their length"),
      ratio_live: ratioOrNull("Memory given back to memory held for it"),
      ratio_e2e: ratioOrNull("Content written to memory held in all"),
      admit_rate: ratioOrNull("Chunks admitted to chunks tried"),
      saved_bytes: v.pipe(v.number(), v.integer(), v.description("Content written less memory held; may be negative.")),
    }),
    v.description("Ratios of original to compressed."),
  ),
  latency: v.pipe(
    v.strictObject({
      demand_decompress: latency("Accesses that had to decompress."),
      loop_hold: latency("Turns in which compression or prefetch held the event loop."),
    }),
    v.description("Latencies since the arena was made."),
  ),
});

export const arenaSchemas = { "arena.schema.json": describe("corral.arena/1: figures of an arena", arena) };
