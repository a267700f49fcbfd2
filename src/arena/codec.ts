/** Packs chunks out of a slab and unpacks them into one. */
export interface Codec {
  /** Most chunks that one batch may have. */
  readonly batchChunks: number;
  /** Packs on this thread. */
  pack(memory: Uint8Array, chunks: Uint32Array, batch: PackBatch): void;
  /** Packs on another thread, or in a later turn of the event loop; answers for how many milliseconds it held that. */
  packLater(memory: Uint8Array, chunks: Uint32Array, batch: PackBatch): Promise<number>;
  /** One of `unpackOutcomes`. */
  unpack(
    block: Uint8Array,
    blockOffset: number,
    blockBytes: number,
    memory: Uint8Array,
    offset: number,
    checksum: number,
  ): number;
}

/** Room for the answers of a batch: the n-th block is at n chunks of `output`, its numbers at 3 n of `results`. */
export interface PackBatch {
  readonly output: Uint8Array;
  readonly results: Uint32Array;
}

export interface CodecOptions {
  readonly chunkBytes: number;
  readonly acceleration: number;
  readonly sampleFirst: boolean;
}
