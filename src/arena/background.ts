import type { ArenaState, RegionEntry } from "./arena-state.ts";
import type { BackgroundSettings } from "./background-options.ts";
import { chunkStates } from "./chunk-table.ts";
import { prefetchChunks } from "./prefetch.ts";
import { PrefetchQueue, RunDetector } from "./prefetch-queue.ts";
import type { SweepTarget } from "./sweep.ts";
import { sweepLater } from "./sweep.ts";
import { adaptColdEpochs, whySkip } from "./temperature.ts";

/**
 * What an arena does by itself: counts epochs, compresses what has become cold, decompresses ahead of sequential reads, and moves the
 * age at which a chunk is cold. The ticks are methods, so that tests need no clock; `start` has timers call them.
 */
export class Background {
  readonly settings: BackgroundSettings;
  readonly queue: PrefetchQueue;
  readonly #arena: ArenaState;
  readonly #runs = new RunDetector();
  #timers: NodeJS.Timeout[] = [];
  #coldEpochs: number;
  #stallsSeen: number;
  /** Where the next look for cold chunks begins. */
  #hand = 0;
  #compressing = false;
  #prefetching = false;

  constructor(arena: ArenaState, settings: BackgroundSettings) {
    this.#arena = arena;
    this.settings = settings;
    this.queue = new PrefetchQueue(settings.prefetchQueue, arena.counters);
    this.#coldEpochs = settings.coldEpochs;
    this.#stallsSeen = arena.counters.demand_decompress_stall_events;
    arena.countsEpochs = true;
    arena.onDemandRestore = (entry, chunk) => this.#noteRestore(entry, chunk);
  }

  get coldEpochs(): number {
    return this.#coldEpochs;
  }

  /** The timers keep no process alive. */
  start(): void {
    const { hotnessTickMs, compressTickMs, prefetchTickMs, adaptIntervalMs } = this.settings;
    const every = (ms: number, tick: () => void): NodeJS.Timeout => setInterval(tick, ms).unref();
    this.#timers = [
      every(hotnessTickMs, () => this.hotnessTick()),
      every(compressTickMs, () => void this.compressTick()),
      every(prefetchTickMs, () => void this.prefetchTick()),
      every(adaptIntervalMs, () => this.adaptTick()),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#arena.countsEpochs = false;
    this.#arena.onDemandRestore = null;
  }

  hotnessTick(): void {
    this.#arena.lists.advance();
  }

  /** Compresses up to so many cold chunks, going on where the last look ended. Never two at a time. */
  async compressTick(): Promise<void> {
    if (this.#compressing || this.#arena.closed) return;
    this.#compressing = true;
    try {
      await this.#compressCold();
      // A segment's worth at most: compaction is work as well.
      if (this.#arena.pool.isWasteful) this.#arena.pool.tidy();
    } finally {
      this.#compressing = false;
    }
  }

  async #compressCold(): Promise<void> {
    const { counters, settings, table, lists } = this.#arena;
    const before = counters.total_chunks_attempted;
    const ages = { ...this.settings, coldEpochsNow: this.#coldEpochs };
    let next = 0;
    const wants = (id: number): boolean => {
      const reason = whySkip(table, id, lists.epoch, ages);
      next = id + 1;
      if (reason !== null) counters[`bg_compress_skipped_${reason}`] += 1;
      return reason === null;
    };
    const { admitted, stopped } = await sweepLater(this.#arena, this.#targets(), {
      budgetMs: settings.sliceMs,
      signal: null,
      limit: this.settings.maxChunksPerTick,
      wants,
    });
    this.#hand = stopped === null ? 0 : next;
    counters.bg_compress_attempts += counters.total_chunks_attempted - before;
    counters.bg_compress_admits += admitted;
  }

  /** All regions, from the hand on and then up to it. */
  #targets(): SweepTarget[] {
    const regions = [...this.#arena.regions].toSorted((a, b) => a.base - b.base);
    const targets = regions.map((entry) => ({
      entry,
      first: Math.max(0, Math.min(entry.chunkCount, this.#hand - entry.base)),
      end: entry.chunkCount,
    }));
    const before = targets.map(({ entry, first }) => ({ entry, first: 0, end: first }));
    return [...targets, ...before];
  }

  /** Decompresses what waits. */
  async prefetchTick(): Promise<void> {
    if (this.#prefetching || this.queue.length === 0 || this.#arena.closed) return;
    this.#prefetching = true;
    try {
      await prefetchChunks(this.#arena, this.queue.takeAll(), {
        budgetMs: this.#arena.settings.sliceMs,
        signal: null,
      });
    } catch {
      // Without memory to decompress ahead, the access that needs the chunk will say so.
    } finally {
      this.#prefetching = false;
    }
  }

  adaptTick(): void {
    const { counters, pool } = this.#arena;
    const stalls = counters.demand_decompress_stall_events - this.#stallsSeen;
    this.#stallsSeen = counters.demand_decompress_stall_events;
    const poolPercent = pool.limitBytes === 0 ? 100 : (pool.liveBytes * 100) / pool.limitBytes;
    this.#coldEpochs = adaptColdEpochs(this.#coldEpochs, { stalls, poolPercent }, this.settings);
  }

  #noteRestore(entry: RegionEntry, chunk: number): void {
    const { prefetchBatch, prefetchDistance } = this.settings;
    if (prefetchBatch === 0 || !this.#runs.isRun(entry, chunk, prefetchDistance + prefetchBatch)) return;
    const first = chunk + prefetchDistance;
    const end = Math.min(entry.chunkCount, first + prefetchBatch);
    for (let at = first; at < end; at += 1) {
      const state = this.#arena.table.state[entry.base + at];
      if (state === chunkStates.packed || state === chunkStates.filled) this.queue.add(entry, at);
    }
  }
}
