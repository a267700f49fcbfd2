import { CorralError, quote } from "../report/index.ts";
import type { ArenaMeans, RegionEntry } from "./arena-state.ts";
import { ArenaState, findMeans } from "./arena-state.ts";
import { Background } from "./background.ts";
import type { BackgroundOptions } from "./background-options.ts";
import { resolveBackground } from "./background-options.ts";
import { ChunkTable } from "./chunk-table.ts";
import type { ArenaMeasurement } from "./measure.ts";
import { measureMemory } from "./measure.ts";
import { memoryRefused } from "./native-memory.ts";
import type { ArenaOptions } from "./options.ts";
import { numberOption, resolveOptions } from "./options.ts";
import type { PrefetchResult } from "./prefetch.ts";
import { prefetchChunks } from "./prefetch.ts";
import type { WantedChunk } from "./prefetch-queue.ts";
import type { Region } from "./region.ts";
import { makeRegion } from "./region.ts";
import { RegionMemory } from "./region-memory.ts";
import { dropCopy, restoreChunk } from "./restore.ts";
import type { ArenaStats } from "./stats.ts";
import { takeStats } from "./stats.ts";
import type { CompressResult, SweepTarget } from "./sweep.ts";
import { sweepLater, sweepNow } from "./sweep.ts";
import type { ArenaTarget } from "./target.ts";
import { chunksOf } from "./target.ts";
import { countTemperatures } from "./temperature.ts";

/** How `compress`, `prefetch` and `phaseHint` go about it. */
export interface SlicedOptions {
  /** How long one turn may hold the event loop, in milliseconds. Default: the arena's `sliceMs`. */
  readonly budgetMs?: number | undefined;
  /** Aborted: the promise rejects with ABORTED, and what was done until then stays. */
  readonly signal?: AbortSignal | undefined;
}

/** What a program can tell of itself: it will soon be busy, or it will not be for a while. */
export type Phase = "active_soon" | "idle";

/** A managed part of this process's memory; `createArena` makes one. Everything but `stats` and `close` throws ARENA_CLOSED afterwards. */
export interface Arena extends Disposable, AsyncDisposable {
  /** `native`: with the addon; `plain`: the same in JavaScript, several times slower, memory given back in slabs of 256 KiB. */
  readonly mode: "native" | "plain";
  readonly isOpen: boolean;
  /**
   * Memory of `bytes` zeros, rounded up to whole chunks. Nothing is held until something is written.
   * @param name of at most 63 characters, for errors. Default: `region-` and a number
   * @throws CorralError USAGE; ARENA_MEMORY when the kernel refuses
   */
  allocate(bytes: number, name?: string): Region;
  /**
   * Compresses what is in memory, beside the event loop, and gives the memory back. Reading and writing go on meanwhile; a chunk that
   * is written before it is done stays as it is.
   * @throws CorralError ABORTED, ARENA_CLOSED, USAGE
   */
  compress(target: ArenaTarget, options?: SlicedOptions): Promise<CompressResult>;
  /** The same on this thread, in one go: for a few chunks, or for a program that has nothing else to do. */
  compressSync(target: ArenaTarget): CompressResult;
  /**
   * Decompresses, in turns, what will be needed soon.
   * @throws CorralError ABORTED, ARENA_CLOSED, ARENA_MEMORY, USAGE
   */
  prefetch(target: ArenaTarget, options?: SlicedOptions): Promise<PrefetchResult>;
  /**
   * `active_soon` decompresses the eight chunks that were used last (twice the `prefetchBatch` of the background), `idle` compresses
   * everything.
   * @throws CorralError as `prefetch` and `compress`
   */
  phaseHint(phase: Phase, options?: SlicedOptions): Promise<void>;
  /**
   * Changes `capacityBytes`. A smaller pool decompresses what was used longest ago until the rest fits, on this thread.
   * @throws CorralError ARENA_MEMORY, ARENA_CLOSED, USAGE
   */
  resize(capacityBytes: number): void;
  /** Compresses what becomes cold from now on, with other options if it does already. @throws CorralError USAGE, ARENA_CLOSED */
  startBackground(options?: BackgroundOptions): void;
  /** Ends that; idempotent. */
  stopBackground(): void;
  /** Counters, gauges, ratios and latencies: `corral.arena/1`. Looks at every chunk, and asks the kernel nothing. */
  stats(): ArenaStats;
  /** What the kernel says of this process and of the arena's memory. */
  measure(): ArenaMeasurement;
  /** Frees every region, and gives back all memory. Idempotent. */
  close(): void;
}

const largestRegionBytes = 64 * 2 ** 30;
const longestName = 63;
/** Twice the default `prefetchBatch`. */
const hintChunks = 8;

function checkName(name: unknown): void {
  if (typeof name === "string" && name.length > 0 && name.length <= longestName) return;
  throw new CorralError("USAGE", `the name of a region has 1 to ${longestName} characters`, {
    object: "name",
    found: quote(String(name)),
  });
}

class CompressedArena implements Arena {
  readonly #state: ArenaState;
  #background: Background | null = null;
  #named = 0;

  constructor(state: ArenaState) {
    this.#state = state;
  }

  get mode(): "native" | "plain" {
    return this.#state.memory.kind;
  }

  get isOpen(): boolean {
    return !this.#state.closed;
  }

  allocate(bytes: number, name = `region-${this.#named}`): Region {
    this.#checkOpen();
    const state = this.#state;
    const { chunkBytes } = state.settings;
    checkName(name);
    numberOption("bytes", bytes, Number.NaN, { min: 1, max: largestRegionBytes, whole: true });
    const chunkCount = Math.ceil(bytes / chunkBytes);
    const memory = new RegionMemory(state.memory, chunkCount, chunkBytes);
    const base = this.#reserve(memory, chunkCount);
    const entry: RegionEntry = { name, bytes, base, chunkCount, memory, pins: new Map(), freed: false };
    state.regions.add(entry);
    state.setCapacity(state.capacityBytes);
    this.#named += 1;
    return makeRegion(state, entry, (freed) => this.#free(freed));
  }

  compress(target: ArenaTarget, options: SlicedOptions = {}): Promise<CompressResult> {
    return this.#later(() => sweepLater(this.#state, this.#chunks(target), this.#sweep(options)));
  }

  compressSync(target: ArenaTarget): CompressResult {
    return sweepNow(this.#state, this.#chunks(target), this.#sweep({}));
  }

  prefetch(target: ArenaTarget, options: SlicedOptions = {}): Promise<PrefetchResult> {
    return this.#later(() => prefetchChunks(this.#state, eachChunk(this.#chunks(target)), this.#sweep(options)));
  }

  async phaseHint(phase: Phase, options: SlicedOptions = {}): Promise<void> {
    this.#checkOpen();
    if (phase === "idle") {
      await this.compress("all", options);
    } else if (phase === "active_soon") {
      const batch = this.#background?.settings.prefetchBatch;
      const ids = this.#state.lists.mostRecent(batch === undefined ? hintChunks : 2 * batch);
      await prefetchChunks(this.#state, this.#wanted(ids), this.#sweep(options));
    } else {
      throw new CorralError("USAGE", 'a phase is "active_soon" or "idle"', { object: "phase", found: String(phase) });
    }
  }

  resize(capacityBytes: number): void {
    this.#checkOpen();
    const state = this.#state;
    resolveOptions({ capacityBytes, chunkBytes: state.settings.chunkBytes });
    state.setCapacity(capacityBytes);
    while (state.pool.isOverLimit) {
      if (state.pool.tidy()) continue;
      const [wanted] = this.#wanted([state.lists.leastRecent()]);
      if (wanted === undefined) return;
      try {
        restoreChunk(state, wanted.entry, wanted.chunk, "eviction");
        state.counters.evictions_lru += 1;
      } catch (thrown) {
        // A damaged copy has left the pool as well.
        if (CorralError.from(thrown).code !== "ARENA_CORRUPT") throw thrown;
      }
    }
  }

  startBackground(options: BackgroundOptions = {}): void {
    this.#checkOpen();
    const settings = resolveBackground(options);
    this.stopBackground();
    this.#background = new Background(this.#state, settings);
    this.#background.start();
  }

  stopBackground(): void {
    this.#background?.stop();
    this.#background = null;
  }

  stats(): ArenaStats {
    const { table, regions, lists } = this.#state;
    const settings = this.#background?.settings ?? resolveBackground({});
    const coldEpochs = this.#background?.coldEpochs ?? settings.coldEpochs;
    const ages = { hotEpochs: settings.hotEpochs, coldEpochs };
    return takeStats(this.#state, {
      temperatures: countTemperatures(table, regions, lists.epoch, ages),
      coldEpochs,
      queueLength: this.#background?.queue.length ?? 0,
    });
  }

  measure(): ArenaMeasurement {
    this.#checkOpen();
    return measureMemory(this.#state);
  }

  close(): void {
    if (this.#state.closed) return;
    this.#state.closed = true;
    this.stopBackground();
    for (const entry of this.#state.regions) this.#free(entry);
    this.#state.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** What is wrong with the arguments rejects, as all else does. */
  async #later<T>(begin: () => Promise<T>): Promise<T> {
    return begin();
  }

  #chunks(target: ArenaTarget): SweepTarget[] {
    this.#checkOpen();
    return chunksOf(this.#state, target);
  }

  #wanted(ids: readonly number[]): WantedChunk[] {
    return ids.flatMap((id) => {
      const entry = this.#state.regionOf(id);
      return entry === null ? [] : [{ entry, chunk: id - entry.base }];
    });
  }

  #sweep({ budgetMs, signal }: SlicedOptions) {
    const rule = { min: 0.05, max: 1000, whole: false };
    return {
      budgetMs: numberOption("budgetMs", budgetMs, this.#state.settings.sliceMs, rule),
      signal: signal ?? null,
      limit: Number.POSITIVE_INFINITY,
      wants: () => true,
    };
  }

  #reserve(memory: RegionMemory, chunkCount: number): number {
    try {
      return this.#state.table.reserve(chunkCount);
    } catch (thrown) {
      memory.close();
      throw memoryRefused(chunkCount * ChunkTable.bytesPerChunk, thrown);
    }
  }

  #free(entry: RegionEntry): void {
    if (entry.freed) return;
    const { table, regions } = this.#state;
    entry.freed = true;
    for (let id = entry.base; id < entry.base + entry.chunkCount; id += 1) dropCopy(this.#state, id);
    table.release(entry.base, entry.chunkCount);
    regions.delete(entry);
    entry.memory.close();
    this.#state.setCapacity(this.#state.capacityBytes);
  }

  #checkOpen(): void {
    if (!this.#state.closed) return;
    throw new CorralError("ARENA_CLOSED", "the arena was closed", { object: "arena", fix: "create another" });
  }
}

function* eachChunk(targets: readonly SweepTarget[]): Generator<WantedChunk> {
  for (const { entry, first, end } of targets) for (let chunk = first; chunk < end; chunk += 1) yield { entry, chunk };
}

/** An arena on means of the caller's choice: for tests of this room. */
export function createArenaOn(means: ArenaMeans | null, options: ArenaOptions): Arena {
  const settings = resolveOptions(options);
  const arena = new CompressedArena(new ArenaState(settings, means ?? findMeans(settings)));
  const { background = false } = options;
  if (background !== false) arena.startBackground(background === true ? {} : background);
  return arena;
}

/**
 * Makes an arena: memory of which parts can be compressed, and are restored by the next access.
 * @throws CorralError USAGE for an option out of its range
 */
export const createArena = (options: ArenaOptions): Arena => createArenaOn(null, options);
