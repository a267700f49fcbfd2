import type { LatencyFigures } from "../report/index.ts";
import type { ArenaState } from "./arena-state.ts";
import { chunkStates } from "./chunk-table.ts";
import type { Counters } from "./counters.ts";
import type { Temperatures } from "./temperature.ts";

/** What stands now, in bytes or chunks. */
export interface ArenaGauges {
  readonly regions: number;
  /** Of all regions, rounded up to whole chunks. */
  readonly region_bytes: number;
  readonly chunk_bytes: number;
  /** Content of the chunks that are compressed now, `filled_bytes_live` included. */
  readonly logical_bytes_live: number;
  /** Of those, chunks of eight repeated bytes, which take no room in the pool. */
  readonly filled_bytes_live: number;
  /** Blocks in the pool, without headers and rounding. */
  readonly compressed_bytes_live: number;
  /** The same with headers and rounding. */
  readonly pool_bytes_live: number;
  /** Another name of `pool_bytes_live`. */
  readonly slot_bytes_live: number;
  /** Memory that the pool holds, dead blocks included. */
  readonly pool_bytes_committed: number;
  /** What blocks may still take. */
  readonly pool_bytes_free: number;
  /** Dead blocks within `pool_bytes_committed`. */
  readonly pool_bytes_fragmented: number;
  /** The longest block that fits without moving another. */
  readonly pool_largest_free_extent: number;
  readonly pool_segments: number;
  readonly pool_capacity_bytes: number;
  /** What is noted of every chunk, and room for batches. */
  readonly metadata_bytes: number;
  /** Of regions: pages that are in memory for certain or by all that the arena knows. */
  readonly raw_bytes_resident: number;
  readonly chunks_raw: number;
  readonly chunks_compressed: number;
  readonly chunks_rejected: number;
  readonly chunks_untouched: number;
  readonly chunks_lost: number;
  /** Chunks in memory by age; all are hot while the background is off. */
  readonly chunks_hot: number;
  readonly chunks_warm: number;
  readonly chunks_cold: number;
  readonly hotness_epoch: number;
  readonly adaptive_t_cold_epochs_current: number;
  readonly prefetch_queue_length: number;
}

/** Ratios are original to compressed: 4 means a fourth is left. Null: nothing to divide. */
export interface ArenaRatios {
  /** What the codec makes of a chunk that has a block. */
  readonly ratio_codec: number | null;
  /** Memory that was given back to memory that is held for it: pool, dead blocks and metadata. */
  readonly ratio_live: number | null;
  /** Content that was written to all memory that is held: pages, pool and metadata. Below 1: the arena costs more than it saves. */
  readonly ratio_e2e: number | null;
  /** Chunks admitted to chunks tried. */
  readonly admit_rate: number | null;
  /** Content that was written less all memory that is held. Negative: the arena costs more than it saves. */
  readonly saved_bytes: number;
}

/** `corral.arena/1`. */
export interface ArenaStats {
  readonly schema: "corral.arena/1";
  /** `native`, or `plain` without the addon. */
  readonly mode: "native" | "plain";
  /** They only grow. */
  readonly counters: Readonly<Counters>;
  readonly gauges: ArenaGauges;
  readonly derived: ArenaRatios;
  readonly latency: {
    /** Accesses that had to decompress. */
    readonly demand_decompress: LatencyFigures;
    /** Turns in which compression or prefetch held the event loop. */
    readonly loop_hold: LatencyFigures;
  };
}

const ratio = (over: number, under: number): number | null => (under === 0 ? null : over / under);

function countStates({ table, regions }: ArenaState): number[] {
  const counts = Object.values(chunkStates).map(() => 0);
  for (const { base, chunkCount } of regions) {
    for (let id = base; id < base + chunkCount; id += 1) {
      const state = table.state[id] as number;
      counts[state] = (counts[state] as number) + 1;
    }
  }
  return counts;
}

/** Background figures that the arena itself does not know. */
export interface BackgroundGauges {
  readonly temperatures: Temperatures;
  readonly coldEpochs: number;
  readonly queueLength: number;
}

export function takeStats(arena: ArenaState, background: BackgroundGauges): ArenaStats {
  const { settings, counters, memory } = arena;
  const { chunkBytes } = settings;
  const states = countStates(arena);
  const chunks = (state: keyof typeof chunkStates): number => states[chunkStates[state]] as number;
  const pool = arena.pool.gauges(memory.unitBytes);
  const total = states.reduce((sum, count) => sum + count, 0);
  const written = (total - chunks("fresh") - chunks("lost")) * chunkBytes;
  const compressed = (arena.packedChunks + arena.filledChunks) * chunkBytes;
  const resident = [...arena.regions].reduce((sum, entry) => sum + entry.memory.residentBytes, 0);
  const overhead = pool.committed + arena.metadataBytes;
  return {
    schema: "corral.arena/1",
    mode: memory.kind,
    counters: { ...counters },
    gauges: {
      regions: arena.regions.size,
      region_bytes: total * chunkBytes,
      chunk_bytes: chunkBytes,
      logical_bytes_live: compressed,
      filled_bytes_live: arena.filledChunks * chunkBytes,
      compressed_bytes_live: arena.blockBytes,
      pool_bytes_live: pool.live,
      slot_bytes_live: pool.live,
      pool_bytes_committed: pool.committed,
      pool_bytes_free: Math.max(0, arena.pool.limitBytes - pool.live),
      pool_bytes_fragmented: pool.dead,
      pool_largest_free_extent: pool.largestFree,
      pool_segments: pool.segments,
      pool_capacity_bytes: arena.capacityBytes,
      metadata_bytes: arena.metadataBytes,
      raw_bytes_resident: resident,
      chunks_raw: chunks("raw") + chunks("rejected"),
      chunks_compressed: chunks("packed") + chunks("filled"),
      chunks_rejected: chunks("rejected"),
      chunks_untouched: chunks("fresh"),
      chunks_lost: chunks("lost"),
      chunks_hot: background.temperatures.hot,
      chunks_warm: background.temperatures.warm,
      chunks_cold: background.temperatures.cold,
      hotness_epoch: arena.lists.epoch,
      adaptive_t_cold_epochs_current: background.coldEpochs,
      prefetch_queue_length: background.queueLength,
    },
    derived: {
      ratio_codec: ratio(arena.packedChunks * chunkBytes, arena.blockBytes),
      ratio_live: compressed === 0 ? null : ratio(Math.max(0, written - resident), overhead),
      ratio_e2e: written === 0 ? null : ratio(written, resident + overhead),
      admit_rate: ratio(counters.chunks_admitted, counters.total_chunks_attempted),
      saved_bytes: written - resident - overhead,
    },
    latency: { demand_decompress: arena.demandRestores.figures, loop_hold: arena.loopHolds.figures },
  };
}
