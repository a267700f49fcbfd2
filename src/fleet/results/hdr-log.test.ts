import { inflateSync } from "node:zlib";
import * as fc from "fast-check";
import * as hdr from "hdr-histogram-js";
import { expect, test } from "vitest";
import { indexOf, Latencies, LatencyTable } from "../latencies/index.ts";
import { hdrLog } from "./hdr-log.ts";

/*
 * A decoder of its own, after the description of the V2 encoding in HdrHistogram's AbstractHistogram.java: a compressed
 * envelope (cookie, length, zlib), in it a header of 40 bytes and counts as ZigZag LEB128 with up to nine bytes, of which a
 * negative one stands for so many buckets without anything.
 */
const compressedCookie = 0x1c849304;
const plainCookie = 0x1c849303;
/** Both cookies say in their second digit that words have 64 bits. */
const cookieMask = 0xffffff0f;

function readZigZag(bytes: Buffer, at: number): readonly [value: bigint, next: number] {
  let value = 0n;
  for (let byte = 0; byte < 9; byte += 1) {
    const one = BigInt(bytes[at + byte] ?? 0);
    if (byte === 8) return [unzigzag(value | (one << 56n)), at + 9];
    value |= (one & 0x7fn) << BigInt(7 * byte);
    if (one < 0x80n) return [unzigzag(value), at + byte + 1];
  }
  throw new Error("unreachable");
}
const unzigzag = (value: bigint): bigint => (value >> 1n) ^ -(value & 1n);

function decode(base64: string) {
  const envelope = Buffer.from(base64, "base64");
  expect((envelope.readUInt32BE(0) & cookieMask) >>> 0).toBe((compressedCookie & cookieMask) >>> 0);
  expect(envelope.readUInt32BE(4)).toBe(envelope.length - 8);
  const bytes = inflateSync(envelope.subarray(8));
  expect((bytes.readUInt32BE(0) & cookieMask) >>> 0).toBe((plainCookie & cookieMask) >>> 0);
  const header = {
    payloadBytes: bytes.readUInt32BE(4),
    normalizingOffset: bytes.readUInt32BE(8),
    digits: bytes.readUInt32BE(12),
    lowest: bytes.readBigUInt64BE(16),
    highest: bytes.readBigUInt64BE(24),
    ratio: bytes.readDoubleBE(32),
  };
  const counts: [number, number][] = [];
  let index = 0;
  for (let at = 40; at < 40 + header.payloadBytes; ) {
    const [value, next] = readZigZag(bytes, at);
    at = next;
    if (value < 0n) index += Number(-value);
    else {
      if (value > 0n) counts.push([index, Number(value)]);
      index += 1;
    }
  }
  return { header, counts };
}

const us = fc.oneof(fc.integer({ min: 1, max: 3_600_000_000 }), fc.integer({ min: 1, max: 3000 }));

const bodyOf = (log: string): string[] => log.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

test("a log has a line for each kind and size, which a reader of the format takes apart", () => {
  const table = new LatencyTable();
  table.record("get", 4096, 100);
  table.record("meta", 0, 3_600_000_000);
  const log = hdrLog(table, { startMs: 1_800_000_000_000, lastsMs: 2500 });
  expect(log.split("\n").slice(0, 4)).toEqual([
    "#[Logged by corral; values are microseconds]",
    "#[Histogram log format version 1.3]",
    "#[StartTime: 1800000000.000 (seconds since epoch), 2027-01-15T08:00:00.000Z]",
    "#[BaseTime: 1800000000.000 (seconds since epoch)]",
  ]);
  const [heading, ...lines] = bodyOf(log);
  expect(heading).toBe('"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"');
  expect(lines.map((line) => line.split(",").slice(0, 4))).toEqual([
    ["Tag=GET/1B-8KiB", "0.000", "2.500", "100.000"],
    ["Tag=META/zero", "0.000", "2.500", "3600809983.000"],
  ]);
  const { header, counts } = decode(lines[0]?.split(",")[4] ?? "");
  expect({ ...header, payloadBytes: 0 }).toEqual({
    ...{ payloadBytes: 0, normalizingOffset: 0, digits: 3, ratio: 1 },
    lowest: 1n,
    highest: 3_600_000_000n,
  });
  expect(counts).toEqual([[100, 1]]);
});

test("whatever was counted comes back from the encoding, bucket by bucket", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(us, fc.integer({ min: 1, max: 2 ** 45 })), { minLength: 1 }), (recorded) => {
      const latencies = new Latencies();
      for (const [value, count] of recorded) latencies.add(indexOf(value), count);
      const buckets = [...latencies.buckets()];
      const table = LatencyTable.of([{ operation: "put", sizeBucket: 1, bytes: 1n, ...latencies.toBuckets() }]);
      const base64 = bodyOf(hdrLog(table, { startMs: 0, lastsMs: 0 }))[1]?.split(",")[4] ?? "";
      expect(decode(base64).counts).toEqual(buckets);
    }),
  );
});

test("another implementation reads the same percentiles from the log", () => {
  fc.assert(
    fc.property(fc.array(us, { minLength: 1, maxLength: 200 }), (recorded) => {
      const table = new LatencyTable();
      for (const value of recorded) table.record("meta", 0, value);
      const base64 = bodyOf(hdrLog(table, { startMs: 0, lastsMs: 0 }))[1]?.split(",")[4] ?? "";
      const read = hdr.decodeFromCompressedBase64(base64);
      const { latencies } = table.sum();
      expect(read.totalCount).toBe(recorded.length);
      for (const percent of [50, 90, 99, 100])
        expect([percent, read.getValueAtPercentile(percent)]).toEqual([percent, latencies.percentileUs(percent)]);
    }),
    { numRuns: 30 },
  );
});

test("a file of other programs' reader has every line", () => {
  const table = new LatencyTable();
  table.record("get", 4096, 100);
  table.record("put", 4096, 200);
  const reader = new hdr.HistogramLogReader(hdrLog(table, { startMs: 1_800_000_000_000, lastsMs: 2500 }));
  const read = [reader.nextIntervalHistogram(), reader.nextIntervalHistogram(), reader.nextIntervalHistogram()];
  expect(read.map((one) => (one === null ? null : [one.tag, one.maxValue]))).toEqual([
    ["GET/1B-8KiB", 100],
    ["PUT/1B-8KiB", 200],
    null,
  ]);
});
