import { loadAddon, packResultNumbers } from "../kernel/index.ts";
import { LatencyHistogram } from "../report/index.ts";
import { ChunkTable, chunkStates } from "./chunk-table.ts";
import type { Codec, PackBatch } from "./codec.ts";
import { newCounters } from "./counters.ts";
import { GenerationLists, listHeads } from "./generation-lists.ts";
import type { ArenaMemory, Slab } from "./memory.ts";
import { nativeCodec } from "./native-codec.ts";
import { nativeMemory } from "./native-memory.ts";
import type { ArenaSettings } from "./options.ts";
import { plainCodec } from "./plain-codec.ts";
import { plainMemory } from "./plain-memory.ts";
import { Pool, segmentBytesFor } from "./pool.ts";
import type { RegionMemory } from "./region-memory.ts";

/** One region as the arena sees it. */
export interface RegionEntry {
  readonly name: string;
  readonly bytes: number;
  /** Id of its first chunk in the table. */
  readonly base: number;
  readonly chunkCount: number;
  readonly memory: RegionMemory;
  /** Chunks that must stay in memory, with how many ask for it. */
  readonly pins: Map<number, number>;
  freed: boolean;
}

/** Where memory and compression come from. */
export interface ArenaMeans {
  readonly memory: ArenaMemory;
  readonly codec: Codec;
}

/** The addon's where it can be used, else JavaScript's. */
export function findMeans(settings: ArenaSettings): ArenaMeans {
  const addon = loadAddon();
  if (addon === null) return { memory: plainMemory, codec: plainCodec(settings) };
  return { memory: nativeMemory(addon), codec: nativeCodec(addon, settings) };
}

/** A batch with the memory that it is in. */
export interface TakenBatch extends PackBatch {
  readonly slab: Slab;
}

/** Everything that the parts of an arena share. What may be done with it is in the files that take it. */
export class ArenaState {
  readonly settings: ArenaSettings;
  readonly memory: ArenaMemory;
  readonly codec: Codec;
  readonly table = new ChunkTable(listHeads);
  readonly lists = new GenerationLists(this.table);
  readonly pool: Pool;
  readonly regions = new Set<RegionEntry>();
  readonly counters = newCounters();
  /** Accesses that found their chunk compressed. */
  readonly demandRestores = new LatencyHistogram(2);
  /** Turns that compression and prefetch held the event loop. */
  readonly loopHolds = new LatencyHistogram(2);
  /** Blocks in the pool, without headers and rounding. */
  blockBytes = 0;
  packedChunks = 0;
  filledChunks = 0;
  /** Told when an access had to decompress. */
  onDemandRestore: ((entry: RegionEntry, chunk: number) => void) | null = null;
  /** Whether the background advances the epoch. */
  countsEpochs = false;
  closed = false;
  #capacityBytes: number;
  #spareSlab: Slab | null = null;
  #batchesTaken = 0;

  constructor(settings: ArenaSettings, { memory, codec }: ArenaMeans) {
    const { table } = this;
    this.settings = settings;
    this.memory = memory;
    this.codec = codec;
    this.#capacityBytes = settings.capacityBytes;
    const owners = {
      has: (owner: number, place: number) => table.state[owner] === chunkStates.packed && table.place[owner] === place,
      moved: (owner: number, place: number) => {
        table.place[owner] = place;
      },
    };
    const segmentBytes = segmentBytesFor(settings.capacityBytes, settings.chunkBytes);
    const { counters } = this;
    this.pool = new Pool(memory, owners, { segmentBytes, limitBytes: settings.capacityBytes, counters });
  }

  get capacityBytes(): number {
    return this.#capacityBytes;
  }

  /** What the arena needs besides regions and pool. */
  get metadataBytes(): number {
    return this.table.bytes + this.#batchesTaken * this.#batchBytes;
  }

  get #batchBytes(): number {
    return this.codec.batchChunks * this.settings.chunkBytes;
  }

  /** What the table takes is no longer there for blocks. */
  setCapacity(capacityBytes: number): void {
    this.#capacityBytes = capacityBytes;
    this.pool.setLimit(Math.max(0, capacityBytes - this.table.bytes));
  }

  /**
   * Room for a batch; `giveBatch` takes it back. Nothing else closes it: a thread of the pool may be writing it.
   * @throws CorralError ARENA_MEMORY
   */
  takeBatch(): TakenBatch {
    const slab = this.#spareSlab ?? this.memory.open(this.#batchBytes);
    this.#spareSlab = null;
    slab.acquire();
    this.#batchesTaken += 1;
    return { slab, output: slab.view, results: new Uint32Array(this.codec.batchChunks * packResultNumbers) };
  }

  /** Its memory goes back to the kernel; the next batch may have the addresses. */
  giveBatch({ slab }: TakenBatch): void {
    this.#batchesTaken -= 1;
    if (this.closed || this.#spareSlab !== null) slab.close();
    else {
      slab.release(0, this.#batchBytes);
      this.#spareSlab = slab;
    }
  }

  /** Gives everything back but regions and batches that are taken. */
  close(): void {
    this.closed = true;
    this.pool.close();
    this.#spareSlab?.close();
    this.#spareSlab = null;
  }

  /** The region that has a chunk. */
  regionOf(id: number): RegionEntry | null {
    for (const entry of this.regions) if (id >= entry.base && id < entry.base + entry.chunkCount) return entry;
    return null;
  }
}
