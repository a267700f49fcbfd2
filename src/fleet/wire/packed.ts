/*
 * Fields of a message where they lie, without a copy (protobuf.dev/programming-guides/encoding). What is not as every encoder
 * writes it is left to the generated code, which also says what is wrong with it.
 */

/** Number and wire type of a field, as its key has them. */
export const lengthDelimited = (field: number): number => field * 8 + 2;

interface Varint {
  /** Null: it has no end within 32 bits. */
  value: number | null;
  next: number;
}

/** A varint of at most 32 bits. */
function readVarint(bytes: Uint8Array, from: number): Varint {
  let value = 0;
  for (let at = from, factor = 1; at < bytes.length && at < from + 5; at += 1, factor *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * factor;
    if (byte < 128) return { value: value < 2 ** 32 ? value : null, next: at + 1 };
  }
  return { value: null, next: from };
}

/** Behind a varint of any length; null: it has no end. */
function skipVarint(bytes: Uint8Array, from: number): number | null {
  for (let at = from; at < bytes.length && at < from + 10; at += 1) if ((bytes[at] ?? 0) < 128) return at + 1;
  return null;
}

/** Behind the value of a field; null: it does not lie in the message, or is of a kind that nobody writes any more. */
function skipValue(bytes: Uint8Array, from: number, wireType: number): number | null {
  if (wireType === 0) return skipVarint(bytes, from);
  if (wireType === 1) return from + 8;
  if (wireType === 5) return from + 4;
  if (wireType !== 2) return null;
  const { value, next } = readVarint(bytes, from);
  return value === null ? null : next + value;
}

/** A field behind all others. */
export interface TailField {
  readonly key: number;
  readonly bytes: Uint8Array;
}

interface SplitMessage {
  /** The fields before. */
  readonly head: Uint8Array;
  readonly tail: readonly TailField[];
}

/** Takes a message apart whose last fields, and no others, have these keys of `lengthDelimited`; null: it is not so. */
export function splitMessage(bytes: Uint8Array, keys: readonly number[]): SplitMessage | null {
  const tail: TailField[] = [];
  let headEnd = 0;
  for (let at = 0; at < bytes.length; ) {
    const { value: key, next } = readVarint(bytes, at);
    if (key === null || key === 0) return null;
    const isTail = keys.includes(key);
    if (tail.length > 0 && !isTail) return null;
    const end = skipValue(bytes, next, key & 7);
    if (end === null || end > bytes.length) return null;
    if (isTail) tail.push({ key, bytes: bytes.subarray(readVarint(bytes, next).next, end) });
    else headEnd = end;
    at = end;
  }
  return { head: bytes.subarray(0, headEnd), tail };
}

/** How many numbers a packed field has: each ends with a byte below 128. */
function countPacked(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += 1) if ((bytes[at] ?? 0) < 128) count += 1;
  return count;
}

/** The numbers of a packed field; null: they are not all of 32 bits. */
export function readPacked(bytes: Uint8Array): Uint32Array | null {
  const numbers = new Uint32Array(countPacked(bytes));
  let at = 0;
  for (let entry = 0; entry < numbers.length; entry += 1) {
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    if (first < 128) {
      numbers[entry] = first;
      at += 1;
    } else if (second < 128) {
      numbers[entry] = (first & 127) | (second << 7);
      at += 2;
    } else {
      const { value, next } = readVarint(bytes, at);
      if (value === null) return null;
      numbers[entry] = value;
      at = next;
    }
  }
  return at === bytes.length ? numbers : null;
}

/**
 * The sums of the numbers of a packed field, each with all before it; `last` is the last of them, however large.
 * @param count so many there must be; null: there are others, or they are not all of 32 bits
 */
export function readSums(
  bytes: Uint8Array,
  count: number,
): { readonly sums: Uint16Array; readonly last: number } | null {
  const sums = new Uint16Array(count);
  let [at, last] = [0, 0];
  for (let entry = 0; entry < count; entry += 1) {
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    if (first < 128) {
      last += first;
      at += 1;
    } else if (second < 128) {
      last += (first & 127) | (second << 7);
      at += 2;
    } else {
      const { value, next } = readVarint(bytes, at);
      if (value === null) return null;
      last += value;
      at = next;
    }
    sums[entry] = last;
  }
  return at === bytes.length ? { sums, last } : null;
}
