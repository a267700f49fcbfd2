import { deflateRawSync, inflateRawSync } from "node:zlib";
import { requireAddon } from "../../src/kernel/index.ts";
import { lz4Peers } from "../../test/shared/lz4-peers.ts";
import { nowMs, summarize } from "../lib/measure.ts";
import { bytesOf, contents } from "./contents.ts";

/** Compresses single chunks, and gives them back. */
export interface BenchCodec {
  readonly name: string;
  /** The compressed chunk, or null when it is to stay as it is. */
  compress(chunk: Uint8Array): Uint8Array | null;
  decompress(block: Uint8Array, chunkBytes: number): Uint8Array;
}

/** Medians for one codec, one content and one size of chunk. */
export interface CodecFigure {
  readonly codec: string;
  readonly content: string;
  readonly chunkBytes: number;
  /** Original to compressed; 1 where chunks stay as they are. */
  readonly ratio: number;
  readonly compressUs: number;
  /** NaN where nothing was compressed. */
  readonly decompressUs: number;
}

/** As the arena uses it: with the look for patterns, the sample, the proof and the checksum. */
function corralCodec(): BenchCodec {
  const addon = requireAddon();
  const output = new Uint8Array(65_536);
  const results = new Uint32Array(3);
  const first = new Uint32Array(1);
  const target = new Uint8Array(65_536);
  // Of the block that was made last with a checksum; filled chunks have none.
  let checksum = 0;
  let kind = 0;
  return {
    name: "corral",
    compress(chunk) {
      addon.packChunks(chunk, chunk.length, first, 1, true, output, results);
      const [found = 0, size = 0, sum = 0] = results;
      kind = found;
      checksum = sum;
      if (kind === 2) return output.subarray(0, 8);
      return kind === 1 ? output.slice(0, size) : null;
    },
    decompress(block, chunkBytes) {
      if (kind === 2) return target.fill(0, 0, chunkBytes);
      const outcome = addon.unpackChunk(block, 0, block.length, target, 0, chunkBytes, checksum);
      if (outcome !== 0) throw new Error(`unpackChunk answers ${outcome}`);
      return target;
    },
  };
}

const deflate: BenchCodec = {
  name: "zlib deflate-1",
  compress: (chunk) => deflateRawSync(chunk, { level: 1 }),
  decompress: (block) => inflateRawSync(block),
};

export const codecs: readonly BenchCodec[] = [corralCodec(), ...lz4Peers, deflate];

const chunksPerRound = 32;

/** Single calls of one codec on one content. */
class Samples {
  readonly compressMs: number[] = [];
  readonly decompressMs: number[] = [];
  packed = 0;
  original = 0;

  take(codec: BenchCodec, chunk: Uint8Array): void {
    const start = nowMs();
    const block = codec.compress(chunk);
    this.compressMs.push(nowMs() - start);
    this.original += chunk.length;
    // What does not get smaller is kept as it is.
    const isKept = block === null || block.length >= chunk.length;
    this.packed += isKept ? chunk.length : block.length;
    if (isKept) return;
    const again = nowMs();
    codec.decompress(block, chunk.length);
    this.decompressMs.push(nowMs() - again);
  }
}

/** Every codec on every chunk, by turns; the first round warms and is dropped. Medians of single calls. */
export function measureCodecs(rounds: number): CodecFigure[] {
  return [4096, 65_536].flatMap((chunkBytes) =>
    contents.flatMap((content) => {
      const chunks = Array.from({ length: chunksPerRound }, () => bytesOf(content, chunkBytes));
      const taken = codecs.map((codec) => ({ codec, samples: new Samples() }));
      for (let count = -1; count < rounds; count += 1) {
        for (const chunk of chunks) {
          for (const { codec, samples } of taken) (count < 0 ? new Samples() : samples).take(codec, chunk);
        }
      }
      return taken.map(({ codec, samples }) => ({
        codec: codec.name,
        content: content.name,
        chunkBytes,
        ratio: samples.original / samples.packed,
        compressUs: summarize(samples.compressMs).median * 1000,
        decompressUs: summarize(samples.decompressMs).median * 1000,
      }));
    }),
  );
}
