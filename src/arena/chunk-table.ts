/** Where the content of a chunk is. */
export const chunkStates = {
  /** Never written: zeros that no memory holds. */
  fresh: 0,
  /** In the region's memory. */
  raw: 1,
  /** In the region's memory, and not worth another try until it is written. */
  rejected: 2,
  /** An LZ4 block in the pool. */
  packed: 3,
  /** Eight bytes repeated; they stand in `place` and `size`. */
  filled: 4,
  /** It was packed, and its block is damaged. */
  lost: 5,
} as const;

/** Whether the region's memory holds the chunk. */
export const isRaw = (state: number): boolean => state === chunkStates.raw || state === chunkStates.rejected;

const grownTo = <T extends Uint8Array | Uint16Array | Uint32Array | Int32Array>(column: T, length: number): T => {
  const grown = new (column.constructor as new (length: number) => T)(length);
  grown.set(column);
  return grown;
};

interface Range {
  readonly base: number;
  readonly count: number;
}

/**
 * What is known of every chunk, in columns. A region has a range of ids; the first ids are no chunks but the heads of the lists that
 * `next` and `previous` make (generation-lists.ts).
 */
export class ChunkTable {
  /** One of `chunkStates`. */
  state = new Uint8Array(0);
  /** Changes with every write: a copy of the chunk with the same version is true. */
  version = new Uint32Array(0);
  /** Packed: where in the pool. Filled: the first four bytes. */
  place = new Uint32Array(0);
  /** Packed: bytes of the block. Filled: the second four bytes. */
  size = new Uint32Array(0);
  checksum = new Uint32Array(0);
  /** Epoch of the last access. */
  touched = new Uint32Array(0);
  /** Epoch of the last admission or restore. */
  changed = new Uint32Array(0);
  /** Accesses, halved with every epoch since `touched`. */
  touches = new Uint8Array(0);
  /** What it took in the pool when it was last packed, in 1/10000 of the chunk; 0: never tried. */
  ratioBps = new Uint16Array(0);
  next = new Int32Array(0);
  previous = new Int32Array(0);
  /** Bytes of all columns per chunk. */
  static readonly bytesPerChunk = 36;

  readonly #reserved: number;
  #used: number;
  #free: Range[] = [];

  /** @param reserved ids at the beginning that are no chunks */
  constructor(reserved: number) {
    this.#reserved = reserved;
    this.#used = reserved;
    this.#grow(reserved);
    for (let id = 0; id < reserved; id += 1) {
      this.next[id] = id;
      this.previous[id] = id;
    }
  }

  /** Bytes that the table takes. */
  get bytes(): number {
    return this.state.length * ChunkTable.bytesPerChunk;
  }

  /** Ids for `count` fresh chunks, one after the other; answers the first. */
  reserve(count: number): number {
    const at = this.#free.findIndex((range) => range.count >= count);
    const range = this.#free[at];
    if (range !== undefined) {
      const rest = { base: range.base + count, count: range.count - count };
      this.#free.splice(at, 1, ...(rest.count > 0 ? [rest] : []));
      return range.base;
    }
    const base = this.#used;
    if (base + count > this.state.length) this.#grow(base + count);
    this.#used = base + count;
    return base;
  }

  /** Makes ids free for others. They must be in no list. */
  release(base: number, count: number): void {
    for (const column of this.#columns()) column.fill(0, base, base + count);
    this.#free = mergeRanges([...this.#free, { base, count }]);
    const last = this.#free.at(-1);
    if (last === undefined || last.base + last.count !== this.#used) return;
    this.#free.pop();
    this.#used = last.base;
    if (this.#used === this.#reserved) this.#shrink();
  }

  #columns() {
    const { state, version, place, size, checksum, touched, changed, touches, ratioBps } = this;
    return [state, version, place, size, checksum, touched, changed, touches, ratioBps];
  }

  #grow(length: number): void {
    this.state = grownTo(this.state, length);
    this.version = grownTo(this.version, length);
    this.place = grownTo(this.place, length);
    this.size = grownTo(this.size, length);
    this.checksum = grownTo(this.checksum, length);
    this.touched = grownTo(this.touched, length);
    this.changed = grownTo(this.changed, length);
    this.touches = grownTo(this.touches, length);
    this.ratioBps = grownTo(this.ratioBps, length);
    this.next = grownTo(this.next, length);
    this.previous = grownTo(this.previous, length);
  }

  /** No region is left: only the heads are kept, whose lists are empty. */
  #shrink(): void {
    const length = this.#reserved;
    this.state = this.state.slice(0, length);
    this.version = this.version.slice(0, length);
    this.place = this.place.slice(0, length);
    this.size = this.size.slice(0, length);
    this.checksum = this.checksum.slice(0, length);
    this.touched = this.touched.slice(0, length);
    this.changed = this.changed.slice(0, length);
    this.touches = this.touches.slice(0, length);
    this.ratioBps = this.ratioBps.slice(0, length);
    this.next = this.next.slice(0, length);
    this.previous = this.previous.slice(0, length);
  }
}

/** Sorted, with neighbours made one. */
function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.base - b.base)) {
    const last = merged.at(-1);
    if (last === undefined || last.base + last.count < range.base) merged.push(range);
    else merged[merged.length - 1] = { base: last.base, count: last.count + range.count };
  }
  return merged;
}
