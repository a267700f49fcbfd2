import { compressSync, uncompressSync } from "lz4-napi";
import { compressBlock, compressBound, decompressBlock } from "lz4js";

/** Another maker and reader of LZ4 blocks. */
export interface Lz4Peer {
  readonly name: string;
  /** Null when it does not compress the bytes. */
  compress(bytes: Uint8Array): Uint8Array | null;
  decompress(block: Uint8Array, length: number): Uint8Array;
}

/** Before its blocks lz4-napi has the length of the content. */
const lengthBytes = 4;

const lz4Napi: Lz4Peer = {
  name: "lz4-napi",
  compress: (bytes) => compressSync(Buffer.from(bytes)).subarray(lengthBytes),
  decompress(block, length) {
    const framed = Buffer.alloc(lengthBytes + block.length);
    framed.writeUInt32LE(length);
    framed.set(block, lengthBytes);
    return uncompressSync(framed);
  },
};

const table = new Uint32Array(65_536);

const lz4Js: Lz4Peer = {
  name: "lz4js",
  compress(bytes) {
    const target = new Uint8Array(compressBound(bytes.length));
    table.fill(0);
    const length = compressBlock(bytes, target, 0, bytes.length, table);
    return length === 0 ? null : target.subarray(0, length);
  },
  decompress(block, length) {
    const target = new Uint8Array(length);
    return target.subarray(0, decompressBlock(block, target, 0, block.length, 0));
  },
};

export const lz4Peers: readonly Lz4Peer[] = [lz4Napi, lz4Js];
