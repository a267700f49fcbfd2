/** Advice of madvise(2). */
export const memoryAdvice = {
  /** MADV_DONTNEED: the pages are given back; what is read there next is zero. */
  dontNeed: 4,
  /** MADV_NOHUGEPAGE: so that single pages can be given back. */
  noHugePage: 15,
} as const;

/** What became of a chunk: the first of its numbers in `results`. */
export const packKinds = {
  /** The second number is the length of the LZ4 block in `output`, the third the xxHash (32 bits) of the chunk. */
  lz4: 1,
  /** Eight bytes again and again: the second and third number, as they lie in memory. */
  filled: 2,
  /** The block would be no smaller than the chunk. */
  noGain: 3,
  /** A sample says that it would not be. */
  random: 4,
  /** The block does not decompress to what was compressed: a fault of this machine or of the codec. */
  unverified: 5,
} as const;

/** Numbers per chunk in `results`. */
export const packResultNumbers = 3;

/** Answers of `unpackChunk`. */
export const unpackOutcomes = { ok: 0, malformed: 1, wrongChecksum: 2 } as const;

/**
 * A batch of chunks: `chunks` are their numbers within `memory`, in units of `chunkBytes` (256 to 65536, a multiple of 8);
 * the block of the n-th is written at `n * chunkBytes` of `output`. `sample`: look at a few bytes first, and leave a chunk
 * alone that looks random. `acceleration` 1 compresses best, more is faster.
 */
export type PackParameters = readonly [
  memory: Uint8Array,
  chunkBytes: number,
  chunks: Uint32Array,
  acceleration: number,
  sample: boolean,
  output: Uint8Array,
  results: Uint32Array,
];

/** The addon's calls on memory of its own and its LZ4 codec (native/BOUNDARY.md). */
export interface NativeMemory {
  /** mmap(2): private anonymous memory, zero. It lives until the buffer is detached or collected. ENOMEM when refused. */
  readonly mapMemory: (bytes: number) => ArrayBuffer;
  /** A buffer onto part of a mapping's memory, to be detached by itself. */
  readonly windowMemory: (mapping: ArrayBuffer, offset: number, length: number) => ArrayBuffer;
  /** Makes a buffer and all its views empty. A mapping that nobody else uses is unmapped soon after. */
  readonly detachMemory: (buffer: ArrayBuffer) => void;
  /** madvise(2); the offset must be that of a page, as EINVAL tells. */
  readonly adviseMemory: (buffer: ArrayBuffer, offset: number, length: number, advice: number) => void;
  /** mincore(2): bytes of the pages that are in memory. */
  readonly residentBytes: (buffer: ArrayBuffer, offset: number, length: number) => number;
  /** sysconf(_SC_PAGESIZE). */
  readonly pageBytes: () => number;
  /** Packs a batch on this thread. */
  readonly packChunks: (...parameters: PackParameters) => void;
  /**
   * The same on a thread of libuv's pool, from copies of the chunks. `memory` must be all of a mapping, and may be written or detached
   * meanwhile; `output` and `results` must be left alone until the promise has settled.
   */
  readonly packChunksAsync: (...parameters: PackParameters) => Promise<void>;
  /** Decompresses a block to a chunk and compares its checksum; one of `unpackOutcomes`. */
  readonly unpackChunk: (
    block: Uint8Array,
    blockOffset: number,
    blockBytes: number,
    memory: Uint8Array,
    offset: number,
    chunkBytes: number,
    checksum: number,
  ) => number;
}

export const memoryCalls: readonly (keyof NativeMemory)[] = [
  "mapMemory",
  "windowMemory",
  "detachMemory",
  "adviseMemory",
  "residentBytes",
  "pageBytes",
  "packChunks",
  "unpackChunk",
];
