import type { ArenaMemory, Slab } from "./memory.ts";
import type { BlockOwners } from "./segment.ts";
import { allocatedBytes, placeUnit, Segment } from "./segment.ts";

/** What the pool holds, in bytes. */
export interface PoolGauges {
  /** Blocks with their headers. */
  readonly live: number;
  /** Memory of its segments that was written. */
  readonly committed: number;
  /** Within `committed`: blocks that have no owner any more. */
  readonly dead: number;
  /** The longest block that fits without moving another. */
  readonly largestFree: number;
  readonly segments: number;
}

/** How large a pool is, and where its compactions are counted. */
export interface PoolOptions {
  readonly segmentBytes: number;
  /** Most memory that its segments may have together; `setLimit` changes it. */
  readonly limitBytes: number;
  readonly counters: { pool_compactions: number };
}

interface Hole {
  readonly segment: Segment;
  readonly at: number;
  readonly bytes: number;
}

const largestSegmentBytes = 2 ** 20;

/** A sixteenth of the pool, so that a small one wastes little; two chunks at least. */
export function segmentBytesFor(capacityBytes: number, chunkBytes: number): number {
  const smallest = Math.max(16_384, 2 * chunkBytes);
  let bytes = largestSegmentBytes;
  while (bytes > smallest && bytes * 16 > capacityBytes) bytes /= 2;
  return bytes;
}

/**
 * Blocks of any length in a budget of memory. They are appended to segments; a segment without owners is given back at
 * once, one with enough dead bytes is compacted before another is opened.
 */
export class Pool {
  readonly #memory: ArenaMemory;
  readonly #owners: BlockOwners;
  readonly #counters: { pool_compactions: number };
  readonly #segmentBytes: number;
  readonly #segments: (Segment | null)[] = [];
  #open: Segment | null = null;
  /** Room of blocks that were let go of to be used again at once. */
  #hole: Hole | null = null;
  #count = 0;
  #limitBytes: number;
  #live = 0;

  constructor(memory: ArenaMemory, owners: BlockOwners, options: PoolOptions) {
    this.#memory = memory;
    this.#owners = owners;
    this.#counters = options.counters;
    this.#segmentBytes = options.segmentBytes;
    this.#limitBytes = options.limitBytes;
  }

  get liveBytes(): number {
    return this.#live;
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** What has segments above a new limit keeps them until their blocks go. */
  setLimit(limitBytes: number): void {
    this.#limitBytes = limitBytes;
  }

  get isOverLimit(): boolean {
    return this.#count * this.#segmentBytes > this.#limitBytes;
  }

  /** Whether `tidy` is worth it: more than half of its segments is not in use. */
  get isWasteful(): boolean {
    return this.#count > 1 && this.#live * 2 < this.#count * this.#segmentBytes;
  }

  /**
   * Copies a block in.
   * @returns its place, or -1 when there is no room, or no memory for the room that it may have
   */
  append(owner: number, source: Uint8Array, sourceStart: number, blockBytes: number): number {
    const bytes = allocatedBytes(blockBytes);
    const segment = this.#withRoom(bytes);
    const hole = this.#hole;
    if (segment === null && (hole === null || hole.bytes < bytes)) return -1;
    this.#live += bytes;
    if (segment !== null) return segment.append(owner, source, sourceStart, blockBytes);
    const { segment: within, at } = hole as Hole;
    this.#hole = { segment: within, at: at + bytes, bytes: (hole as Hole).bytes - bytes };
    return within.fill(at, (hole as Hole).bytes, owner, source, sourceStart, blockBytes);
  }

  /** Lets go of a block. `reuse`: the next one that finds no room elsewhere may have this. */
  free(place: number, blockBytes: number, reuse = false): void {
    const bytes = allocatedBytes(blockBytes);
    const segment = this.segmentAt(place);
    segment.live -= bytes;
    this.#live -= bytes;
    if (segment.live === 0) this.#close(segment);
    else if (reuse) this.#hole = { segment, at: segment.offsetOf(place), bytes };
  }

  #indexOf(place: number): number {
    return Math.floor((place * placeUnit) / this.#segmentBytes);
  }

  segmentAt(place: number): Segment {
    const segment = this.#segments[this.#indexOf(place)];
    if (segment == null) throw new RangeError(`no block is at ${place}`);
    return segment;
  }

  /**
   * Moves blocks together as long as that empties a segment; one call moves about a segment's worth.
   * @returns whether a segment was given back
   */
  tidy(): boolean {
    const byLive = this.#present().toSorted((a, b) => a.live - b.live);
    const [from, to] = byLive;
    if (from === undefined || to === undefined || from.live + to.live > to.bytes) return false;
    this.#compact(to);
    from.moveTo(to, this.#owners);
    if (from.live > 0) return false;
    this.#open = to;
    this.#close(from);
    return true;
  }

  gauges(unitBytes: number): PoolGauges {
    const present = this.#present();
    const inUnits = (bytes: number): number => Math.min(this.#segmentBytes, Math.ceil(bytes / unitBytes) * unitBytes);
    const mayOpen = (this.#count + 1) * this.#segmentBytes <= this.#limitBytes;
    return {
      live: this.#live,
      committed: present.reduce((sum, segment) => sum + inUnits(segment.high), 0),
      dead: present.reduce((sum, { dead }) => sum + dead, 0),
      largestFree: mayOpen ? this.#segmentBytes : (this.#open?.room ?? 0),
      segments: this.#count,
    };
  }

  /** Bytes of its segments that the kernel says are in memory; null where nobody can tell. */
  residentBytes(): number | null {
    const resident = this.#present().map(({ slab }) => slab.residentBytes());
    return resident.reduce<number | null>((sum, bytes) => (sum === null || bytes === null ? null : sum + bytes), 0);
  }

  close(): void {
    for (const segment of this.#present()) this.#close(segment);
  }

  #present(): Segment[] {
    return this.#segments.filter((segment) => segment !== null);
  }

  #withRoom(bytes: number): Segment | null {
    if (this.#open !== null && this.#open.room >= bytes) return this.#open;
    const mayOpen = (this.#count + 1) * this.#segmentBytes <= this.#limitBytes;
    // Half dead is cheap to compact; when there is no other way, an eighth has to do.
    const worth = mayOpen ? this.#segmentBytes / 2 : this.#segmentBytes / 8;
    const deadest = this.#deadest();
    if (deadest !== null && deadest.dead + deadest.room >= Math.max(bytes, worth)) {
      this.#compact(deadest);
      this.#open = deadest;
      return deadest;
    }
    return mayOpen ? this.#openSegment() : null;
  }

  #deadest(): Segment | null {
    let found: Segment | null = null;
    for (const segment of this.#segments) {
      if (segment !== null && (found === null || segment.dead > found.dead)) found = segment;
    }
    return found;
  }

  #compact(segment: Segment): void {
    if (segment.dead === 0) return;
    segment.compact(this.#owners);
    this.#forgetHole(segment);
    this.#counters.pool_compactions += 1;
  }

  #forgetHole(segment: Segment): void {
    if (this.#hole?.segment === segment) this.#hole = null;
  }

  #openSegment(): Segment | null {
    const gap = this.#segments.indexOf(null);
    const index = gap === -1 ? this.#segments.length : gap;
    const slab = openSlab(this.#memory, this.#segmentBytes);
    if (slab === null) return null;
    const segment = new Segment(slab, (index * this.#segmentBytes) / placeUnit);
    this.#segments[index] = segment;
    this.#count += 1;
    this.#open = segment;
    return segment;
  }

  #close(segment: Segment): void {
    segment.slab.close();
    this.#forgetHole(segment);
    this.#segments[this.#indexOf(segment.start)] = null;
    this.#count -= 1;
    if (this.#open === segment) this.#open = null;
  }
}

/** A pool that the kernel gives no memory to is full, which is no error. */
function openSlab(memory: ArenaMemory, bytes: number): Slab | null {
  try {
    const slab = memory.open(bytes);
    slab.acquire();
    return slab;
  } catch {
    return null;
  }
}
