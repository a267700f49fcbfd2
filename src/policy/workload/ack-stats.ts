import type { ArenaStats } from "../../arena/index.ts";
import type { AckStats } from "../model/index.ts";

/** The statistics of an arena as an acknowledgement states them. */
export function toAckStats({ counters, gauges }: ArenaStats, triggerCount: number): AckStats {
  return {
    triggerCount: BigInt(triggerCount),
    totalInputBytesAttempted: BigInt(counters.total_input_bytes_attempted),
    chunksAdmitted: BigInt(counters.chunks_admitted),
    logicalInputBytes: BigInt(counters.logical_input_bytes),
    compressedBytesLive: BigInt(gauges.compressed_bytes_live),
    poolBytesLive: BigInt(gauges.pool_bytes_live),
    poolBytesFree: BigInt(gauges.pool_bytes_free),
    poolCompactions: BigInt(counters.pool_compactions),
    compressOps: BigInt(counters.compress_ops),
    decompressOps: BigInt(counters.decompress_ops),
    evictionsLru: BigInt(counters.evictions_lru),
    incompressibleChunks: BigInt(counters.incompressible_chunks),
  };
}
