import type { AckStats, ArenaConfig } from "../../model/index.ts";
import { ProtocolFault } from "./protocol-errors.ts";

/** The kinds of field of which every message is made; little-endian, without padding (docs/protocol.md). */
export interface FieldValues {
  u8: number;
  u16: number;
  u32: number;
  u64: bigint;
  /** u16 length, then so many bytes of UTF-8. */
  str: string;
  /** u32 length, then so many bytes of UTF-8. */
  text: string;
  /** u16 count, then so many `str`. */
  strs: readonly string[];
  /** u16 count, then so many pairs of `str`. */
  pairs: Readonly<Record<string, string>>;
  /** u8 0, or u8 1 and the four fields of an arena. */
  arena: ArenaConfig | null;
  /** u8 0, or u8 1 and twelve u64. */
  stats: AckStats | null;
}

export type FieldKind = keyof FieldValues;

/** The order of the twelve statistics on the wire, in both protocols. */
export const statsOrder = [
  "triggerCount",
  "totalInputBytesAttempted",
  "chunksAdmitted",
  "logicalInputBytes",
  "compressedBytesLive",
  "poolBytesLive",
  "poolBytesFree",
  "poolCompactions",
  "compressOps",
  "decompressOps",
  "evictionsLru",
  "incompressibleChunks",
] as const satisfies readonly (keyof AckStats)[];

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads fields one after the other; whatever is left at the end belongs to a later version and is ignored. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8 = (): number => this.#bytes.readUInt8(this.#take(1));
  u16 = (): number => this.#bytes.readUInt16LE(this.#take(2));
  u32 = (): number => this.#bytes.readUInt32LE(this.#take(4));
  u64 = (): bigint => this.#bytes.readBigUInt64LE(this.#take(8));
  str = (): string => this.#utf8(this.u16());
  text = (): string => this.#utf8(this.u32());

  strs = (): readonly string[] => {
    const list: string[] = [];
    for (let left = this.u16(); left > 0; left -= 1) list.push(this.str());
    return list;
  };

  pairs = (): Readonly<Record<string, string>> => {
    const pairs: [string, string][] = [];
    for (let left = this.u16(); left > 0; left -= 1) pairs.push([this.str(), this.str()]);
    // Not by assignment: a key may be `__proto__`.
    return Object.fromEntries(pairs);
  };

  arena = (): ArenaConfig | null => {
    if (!this.#flag()) return null;
    const useMemArena = this.#flag();
    return { useMemArena, capMb: this.u32(), minSavingsPercent: this.u32(), regionMb: this.u32() };
  };

  stats = (): AckStats | null => {
    if (!this.#flag()) return null;
    return Object.fromEntries(statsOrder.map((name) => [name, this.u64()])) as unknown as AckStats;
  };

  #flag(): boolean {
    const value = this.u8();
    if (value > 1) throw new ProtocolFault("malformed", `a flag is ${value}`);
    return value === 1;
  }

  #utf8(length: number): string {
    const from = this.#take(length);
    try {
      return utf8.decode(this.#bytes.subarray(from, from + length));
    } catch {
      throw new ProtocolFault("malformed", "a text is not UTF-8");
    }
  }

  #take(length: number): number {
    const from = this.#at;
    if (from + length > this.#bytes.length) throw new ProtocolFault("malformed", "the message ends within a field");
    this.#at = from + length;
    return from;
  }
}

function lengthPrefixed(value: string, width: 2 | 4): Buffer[] {
  const bytes = Buffer.from(value, "utf8");
  return [number(bytes.length, width), bytes];
}

function number(value: number, width: 1 | 2 | 4): Buffer {
  const limit = 256 ** width;
  if (!Number.isInteger(value) || value < 0 || value >= limit)
    throw new ProtocolFault("malformed", `${value} is not a whole number below ${limit}`);
  const bytes = Buffer.alloc(width);
  bytes.writeUIntLE(value, 0, width);
  return bytes;
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
}

const flag = (value: boolean): Buffer => number(value ? 1 : 0, 1);

/** The bytes of one field, per kind. @throws ProtocolFault malformed for what does not fit */
export const fieldWriters: { readonly [K in FieldKind]: (value: FieldValues[K]) => readonly Buffer[] } = {
  u8: (value) => [number(value, 1)],
  u16: (value) => [number(value, 2)],
  u32: (value) => [number(value, 4)],
  u64: (value) => [u64(value)],
  str: (value) => lengthPrefixed(value, 2),
  text: (value) => lengthPrefixed(value, 4),
  strs: (values) => [number(values.length, 2), ...values.flatMap((value) => lengthPrefixed(value, 2))],
  pairs: (pairs) => {
    const entries = Object.entries(pairs);
    return [number(entries.length, 2), ...entries.flat().flatMap((value) => lengthPrefixed(value, 2))];
  },
  arena: (arena) => {
    if (arena === null) return [flag(false)];
    const { useMemArena, capMb, minSavingsPercent, regionMb } = arena;
    return [flag(true), flag(useMemArena), ...[capMb, minSavingsPercent, regionMb].map((value) => number(value, 4))];
  },
  stats: (stats) => (stats === null ? [flag(false)] : [flag(true), ...statsOrder.map((name) => u64(stats[name]))]),
};
