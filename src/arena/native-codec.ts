import type { NativeAddon } from "../kernel/index.ts";
import type { Codec, CodecOptions } from "./codec.ts";

/** A batch takes a thread of libuv's pool for about a millisecond, and others wait for those threads too. */
const batchBytes = 256 * 2 ** 10;

/** The addon's codec; `packLater` runs on libuv's pool. */
export function nativeCodec(addon: NativeAddon, { chunkBytes, acceleration, sampleFirst }: CodecOptions): Codec {
  return {
    batchChunks: Math.min(64, Math.floor(batchBytes / chunkBytes)),
    pack: (memory, chunks, { output, results }) =>
      addon.packChunks(memory, chunkBytes, chunks, acceleration, sampleFirst, output, results),
    async packLater(memory, chunks, { output, results }) {
      await addon.packChunksAsync(memory, chunkBytes, chunks, acceleration, sampleFirst, output, results);
      return 0;
    },
    unpack: (block, blockOffset, blockBytes, memory, offset, checksum) =>
      addon.unpackChunk(block, blockOffset, blockBytes, memory, offset, chunkBytes, checksum),
  };
}
