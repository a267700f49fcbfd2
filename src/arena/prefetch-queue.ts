import type { RegionEntry } from "./arena-state.ts";
import type { Counters } from "./counters.ts";

/** A chunk that is wanted soon. */
export interface WantedChunk {
  readonly entry: RegionEntry;
  readonly chunk: number;
}

/** Chunks to decompress before they are asked for: each once, a bounded number of them. */
export class PrefetchQueue {
  readonly #limit: number;
  readonly #counters: Counters;
  readonly #waiting = new Map<number, WantedChunk>();

  constructor(limit: number, counters: Counters) {
    this.#limit = limit;
    this.#counters = counters;
  }

  get length(): number {
    return this.#waiting.size;
  }

  add(entry: RegionEntry, chunk: number): void {
    const id = entry.base + chunk;
    if (this.#waiting.has(id)) this.#counters.prefetch_queue_dedup_skips += 1;
    else if (this.#waiting.size >= this.#limit) this.#counters.prefetch_queue_drops += 1;
    else {
      this.#waiting.set(id, { entry, chunk });
      this.#counters.prefetch_queue_enqueues += 1;
    }
  }

  /** Takes everything that waits, in the order in which it came. */
  takeAll(): WantedChunk[] {
    const wanted = [...this.#waiting.values()];
    this.#waiting.clear();
    return wanted;
  }
}

/** So many accesses that had to decompress, one behind the other, make a run. */
const runLength = 3;

/** Notices when a region is read from one end to the other. */
export class RunDetector {
  readonly #last = new WeakMap<RegionEntry, { readonly chunk: number; readonly length: number }>();

  /**
   * Notes a chunk that an access had to decompress; answers whether it goes on a run.
   * @param reach chunks that may lie between two of a run, because they were prefetched
   */
  isRun(entry: RegionEntry, chunk: number, reach: number): boolean {
    const last = this.#last.get(entry);
    const goesOn = last !== undefined && chunk > last.chunk && chunk <= last.chunk + 1 + reach;
    const length = goesOn ? last.length + 1 : 1;
    this.#last.set(entry, { chunk, length });
    return length >= runLength;
  }
}
