import { deflateSync } from "node:zlib";
import type { Latencies } from "../latencies/index.ts";
import { highestUs } from "../latencies/index.ts";

/*
 * The compressed V2 encoding of HdrHistogram, as its AbstractHistogram.java describes and reads it: an envelope around a
 * header of 40 bytes and the counts. hdr-histogram-js is not used for it: it writes 1 as the normalizing offset, and the
 * conversion ratio as an integer in place of a double.
 */

/** Both say in their second digit that words have up to 64 bits. */
const plainCookie = 0x1c849313;
const compressedCookie = 0x1c849314;
const headerBytes = 40;

/** Histograms are small, and thousands are written one after the other: the usual window would take a quarter of a MiB each time. */
const small = { windowBits: 12, memLevel: 5, chunkSize: 4096 } as const;

/** ZigZag LEB128 of at most nine bytes; eight are enough for whole numbers that JavaScript knows exactly. */
function pushZigZag(bytes: number[], value: number): void {
  let left = value < 0 ? -2 * value - 1 : 2 * value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
}

/** Counts by index; a negative number stands for so many buckets without anything. */
function payloadOf(latencies: Latencies): number[] {
  const bytes: number[] = [];
  let next = 0;
  for (const [index, count] of latencies.buckets()) {
    const empty = index - next;
    if (empty > 0) pushZigZag(bytes, empty === 1 ? 0 : -empty);
    pushZigZag(bytes, count);
    next = index + 1;
  }
  return bytes;
}

/** The encoding as base64, as logs have it. */
export function encodeHistogram(latencies: Latencies): string {
  const payload = payloadOf(latencies);
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(plainCookie, 0);
  header.writeUInt32BE(payload.length, 4);
  // The normalizing offset, at 8, is 0.
  header.writeUInt32BE(3, 12);
  header.writeBigUInt64BE(1n, 16);
  header.writeBigUInt64BE(BigInt(highestUs), 24);
  header.writeDoubleBE(1, 32);
  const compressed = deflateSync(Buffer.concat([header, Buffer.from(payload)]), small);
  const envelope = Buffer.alloc(8);
  envelope.writeUInt32BE(compressedCookie, 0);
  envelope.writeUInt32BE(compressed.length, 4);
  return Buffer.concat([envelope, compressed]).toString("base64");
}
