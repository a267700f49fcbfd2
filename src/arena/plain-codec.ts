import { setImmediate } from "node:timers/promises";
import { packKinds, packResultNumbers, unpackOutcomes } from "../kernel/index.ts";
import { isFilled, looksRandom } from "./chunk-look.ts";
import type { Codec, CodecOptions, PackBatch } from "./codec.ts";
import { lz4Compress, lz4Decompress } from "./lz4.ts";
import { xxh32 } from "./xxh32.ts";

const read32 = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);

/** The codec in JavaScript: the same answers, several times slower, and on the event loop. */
export function plainCodec({ chunkBytes, acceleration, sampleFirst }: CodecOptions): Codec {
  const check = new Uint8Array(chunkBytes);

  /** Kind and the two numbers that go with it. */
  function packOne(chunk: Uint8Array, output: Uint8Array): readonly [number, number, number] {
    if (isFilled(chunk)) return [packKinds.filled, read32(chunk, 0), read32(chunk, 4)];
    if (sampleFirst && looksRandom(chunk)) return [packKinds.random, 0, 0];
    const bytes = lz4Compress(chunk, output.subarray(0, chunkBytes - 1), acceleration);
    if (bytes === 0) return [packKinds.noGain, 0, 0];
    if (!lz4Decompress(output.subarray(0, bytes), check) || Buffer.compare(check, chunk) !== 0) {
      return [packKinds.unverified, 0, 0];
    }
    return [packKinds.lz4, bytes, xxh32(chunk, 0, chunkBytes)];
  }

  function pack(memory: Uint8Array, chunks: Uint32Array, { output, results }: PackBatch): void {
    chunks.forEach((chunk, index) => {
      const bytes = memory.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes);
      results.set(
        packOne(bytes, output.subarray(index * chunkBytes, (index + 1) * chunkBytes)),
        index * packResultNumbers,
      );
    });
  }

  return {
    batchChunks: Math.max(1, Math.min(32, Math.floor((128 * 2 ** 10) / chunkBytes))),
    pack,
    async packLater(memory, chunks, batch) {
      await setImmediate();
      const start = performance.now();
      // Empty: given back meanwhile, and whatever stands in the batch will be found untrue.
      if (memory.length > 0) pack(memory, chunks, batch);
      return performance.now() - start;
    },
    unpack(block, blockOffset, blockBytes, memory, offset, checksum) {
      const target = memory.subarray(offset, offset + chunkBytes);
      if (!lz4Decompress(block.subarray(blockOffset, blockOffset + blockBytes), target))
        return unpackOutcomes.malformed;
      return xxh32(target, 0, chunkBytes) === checksum ? unpackOutcomes.ok : unpackOutcomes.wrongChecksum;
    },
  };
}
