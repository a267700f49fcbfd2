import { setImmediate } from "node:timers/promises";
import type { Verdict } from "./admission.ts";
import { admitChunk } from "./admission.ts";
import type { ArenaState, RegionEntry } from "./arena-state.ts";
import { checkAborted } from "./check-aborted.ts";
import { chunkStates } from "./chunk-table.ts";
import type { PackBatch } from "./codec.ts";
import { planReleases } from "./release-plan.ts";

/** Chunks of a region, from `first` up to `end`. */
export interface SweepTarget {
  readonly entry: RegionEntry;
  readonly first: number;
  readonly end: number;
}

/** What one compression did. */
export interface CompressResult {
  /** Chunks that were in memory and were tried. */
  readonly attempted: number;
  /** Those that are compressed now, `filled` ones included. */
  readonly admitted: number;
  /** Admitted because eight bytes repeat, which takes no room in the pool. */
  readonly filled: number;
  /** Those that stay as they are, by reason. */
  readonly rejected: {
    readonly random: number;
    readonly noGain: number;
    readonly smallGain: number;
    readonly poolFull: number;
    /** Written, freed or pinned while they were compressed. */
    readonly changed: number;
    readonly unverified: number;
  };
  /** Chunks that were decompressed to make room. */
  readonly evicted: number;
  /** Why not every chunk was tried; null when every one was. */
  readonly stopped: "pool-full" | "limit" | "closed" | null;
  /** Longest time that the event loop was held in one turn. */
  readonly longestHoldMs: number;
  readonly elapsedMs: number;
}

/** How a sweep goes about it. */
export interface SweepOptions {
  /** How long a turn may hold the event loop. */
  readonly budgetMs: number;
  readonly signal: AbortSignal | null;
  /** Most chunks that may be admitted. */
  readonly limit: number;
  /** Whether a chunk in memory is to be tried. */
  readonly wants: (id: number) => boolean;
}

/** After so many refusals in a row the pool is full for the others too. */
const patience = 64;
/** Chunks looked at in one turn: a million that are compressed already would hold the loop. */
const lookLimit = 16_384;
const firstBatch = 8;

/** Chunks of one slab, with the version that each had when it was chosen. */
interface Claim {
  readonly entry: RegionEntry;
  readonly chunks: readonly number[];
  readonly versions: readonly number[];
}

/** One pass over its targets; the two loops below drive it. */
class Sweep {
  readonly #arena: ArenaState;
  readonly #targets: SweepTarget[];
  readonly #options: SweepOptions;
  readonly #since: number;
  readonly #verdicts: Record<Verdict, number> = {
    admitted: 0,
    filled: 0,
    random: 0,
    noGain: 0,
    smallGain: 0,
    poolFull: 0,
    changed: 0,
    unverified: 0,
  };
  readonly #evictionsBefore: number;
  readonly #startMs = performance.now();
  #refusals = 0;
  #batchChunks: number;
  #longestHoldMs = 0;
  #stopped: CompressResult["stopped"] = null;

  constructor(arena: ArenaState, targets: readonly SweepTarget[], options: SweepOptions) {
    this.#arena = arena;
    this.#targets = [...targets];
    this.#options = options;
    this.#batchChunks = Math.min(arena.codec.batchChunks, firstBatch);
    this.#evictionsBefore = arena.counters.evictions_lru;
    // While the background counts epochs, a sweep is not one.
    if (!arena.countsEpochs) arena.lists.advance();
    this.#since = arena.lists.epoch;
  }

  /** The next chunks to pack; none when the look was cut short; null when it is over. */
  claim(limit: number): Claim | null {
    const target = this.#nextTarget();
    if (target === null) return null;
    const { entry, first, end } = target;
    const chunks: number[] = [];
    const versions: number[] = [];
    const stop = Math.min(end, entry.memory.lastInSlab(first) + 1, first + lookLimit);
    let at = first;
    for (; at < stop && chunks.length < limit; at += 1) {
      if (!this.#isCandidate(entry, at)) continue;
      chunks.push(at);
      versions.push(this.#arena.table.version[entry.base + at] as number);
    }
    this.#targets[0] = { entry, first: at, end };
    return { entry, chunks, versions };
  }

  #nextTarget(): SweepTarget | null {
    if (this.#arena.closed) this.#stopped = "closed";
    else if (this.#refusals >= patience) this.#stopped = "pool-full";
    else if (this.#admitted >= this.#options.limit) this.#stopped = "limit";
    if (this.#stopped !== null) return null;
    for (let target = this.#targets[0]; target !== undefined; target = this.#targets[0]) {
      if (!target.entry.freed && target.first < target.end) return target;
      this.#targets.shift();
    }
    return null;
  }

  get #admitted(): number {
    return this.#verdicts.admitted + this.#verdicts.filled;
  }

  #isCandidate(entry: RegionEntry, chunk: number): boolean {
    const id = entry.base + chunk;
    return this.#arena.table.state[id] === chunkStates.raw && !entry.pins.has(chunk) && this.#options.wants(id);
  }

  /** Takes in what a batch became, and gives back the memory of what was admitted. */
  settle({ entry, chunks, versions }: Claim, batch: PackBatch): void {
    const { table } = this.#arena;
    const admitted: number[] = [];
    chunks.forEach((chunk, index) => {
      const id = entry.base + chunk;
      const changed =
        entry.freed ||
        table.state[id] !== chunkStates.raw ||
        table.version[id] !== versions[index] ||
        entry.pins.has(chunk);
      const verdict = admitChunk(this.#arena, id, batch, index, { since: this.#since, changed });
      this.#verdicts[verdict] += 1;
      if (verdict === "poolFull") this.#refusals += 1;
      if (verdict !== "admitted" && verdict !== "filled") return;
      this.#refusals = 0;
      admitted.push(chunk);
    });
    if (admitted.length === 0) return;
    const { base, chunkCount, memory } = entry;
    memory.release(planReleases(table.state, admitted, { base, chunkCount, chunksPerUnit: memory.chunksPerUnit }));
  }

  get batchChunks(): number {
    const { limit } = this.#options;
    return Math.max(1, Math.min(this.#batchChunks, limit - this.#admitted));
  }

  /** Notes how long a turn took, and fits the next one into the budget. */
  noteHold(startMs: number): void {
    const ms = performance.now() - startMs;
    this.#arena.loopHolds.record(ms * 1e6);
    this.#longestHoldMs = Math.max(this.#longestHoldMs, ms);
    // Far below it, because a turn now and then meets the collector or another process.
    if (ms > this.#options.budgetMs / 3) this.#batchChunks = Math.max(1, Math.floor(this.#batchChunks / 2));
    else if (ms < this.#options.budgetMs / 8) {
      this.#batchChunks = Math.min(this.#arena.codec.batchChunks, this.#batchChunks * 2);
    }
  }

  result(): CompressResult {
    const { admitted, filled, ...rejected } = this.#verdicts;
    return {
      attempted: Object.values(this.#verdicts).reduce((sum, count) => sum + count, 0),
      admitted: admitted + filled,
      filled,
      rejected,
      evicted: this.#arena.counters.evictions_lru - this.#evictionsBefore,
      stopped: this.#stopped,
      longestHoldMs: this.#longestHoldMs,
      elapsedMs: performance.now() - this.#startMs,
    };
  }
}

const relative = ({ entry, chunks }: Claim): Uint32Array =>
  Uint32Array.from(chunks, (chunk) => entry.memory.indexInSlab(chunk));

/** Compresses on this thread, in one go. */
export function sweepNow(arena: ArenaState, targets: readonly SweepTarget[], options: SweepOptions): CompressResult {
  const sweep = new Sweep(arena, targets, options);
  const { batchChunks } = arena.codec;
  const batch = arena.takeBatch();
  const start = performance.now();
  try {
    for (let claim = sweep.claim(batchChunks); claim !== null; claim = sweep.claim(batchChunks)) {
      const [chunk] = claim.chunks;
      if (chunk === undefined) continue;
      arena.codec.pack(claim.entry.memory.slabOf(chunk).view, relative(claim), batch);
      sweep.settle(claim, batch);
    }
  } finally {
    arena.giveBatch(batch);
  }
  sweep.noteHold(start);
  return sweep.result();
}

/** Compresses beside the event loop, and takes the results in in turns that keep to the budget. */
export async function sweepLater(
  arena: ArenaState,
  targets: readonly SweepTarget[],
  options: SweepOptions,
): Promise<CompressResult> {
  checkAborted(options.signal, "compression");
  const sweep = new Sweep(arena, targets, options);
  const batch = arena.takeBatch();
  try {
    let startMs = performance.now();
    for (let claim = sweep.claim(sweep.batchChunks); claim !== null; claim = sweep.claim(sweep.batchChunks)) {
      const [chunk] = claim.chunks;
      if (chunk === undefined) {
        sweep.noteHold(startMs);
        await setImmediate();
        startMs = performance.now();
      } else {
        const { view } = claim.entry.memory.slabOf(chunk);
        const packing = arena.codec.packLater(view, relative(claim), batch);
        sweep.noteHold(startMs);
        const heldMs = await packing;
        startMs = performance.now() - heldMs;
        sweep.settle(claim, batch);
      }
      checkAborted(options.signal, "compression");
    }
    return sweep.result();
  } finally {
    arena.giveBatch(batch);
  }
}
