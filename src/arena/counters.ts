/** What only ever grows. The names are those of `arena.stats()`; docs/arena.md says what each counts. */
export const counterNames = [
  "total_chunks_attempted",
  "total_input_bytes_attempted",
  "chunks_admitted",
  "chunks_admitted_filled",
  "logical_input_bytes",
  "compress_ops",
  "incompressible_chunks",
  "compression_reject_random",
  "compression_reject_small_gain",
  "compression_reject_pool_full",
  "compression_reject_changed",
  "compression_reject_unverified",
  "decompress_ops",
  "demand_decompress_ops",
  "prefetch_decompress_ops",
  "eviction_decompress_ops",
  "overwritten_compressed_chunks",
  "evictions_lru",
  "pool_compactions",
  "access_hits_raw",
  "access_hits_decompressed",
  "demand_decompress_stall_events",
  "demand_decompress_stall_ns_total",
  "corrupt_chunks",
  "bg_compress_attempts",
  "bg_compress_admits",
  "bg_compress_skipped_hot",
  "bg_compress_skipped_churn",
  "bg_compress_skipped_low_ratio",
  "bg_compress_skipped_recent_decompress",
  "prefetch_queue_enqueues",
  "prefetch_queue_dedup_skips",
  "prefetch_queue_drops",
] as const;

/** A counter of `arena.stats()`. */
export type CounterName = (typeof counterNames)[number];

/** Mutable inside; `stats()` gives copies. */
export type Counters = Record<CounterName, number>;

export const newCounters = (): Counters => Object.fromEntries(counterNames.map((name) => [name, 0])) as Counters;
