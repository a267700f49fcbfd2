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

/** The numbers of a packed field; null: they are not all of 32 bits. */
export function readPacked(bytes: Uint8Array): Uint32Array | null {
  let count = 0;
  for (let at = 0; at < bytes.length; at += 1) if ((bytes[at] ?? 0) < 128) count += 1;
  if (bytes.length > 0 && (bytes.at(-1) ?? 0) >= 128) return null;
  const numbers = new Uint32Array(count);
  let at = 0;
  for (let number = 0; number < count; number += 1) {
    const byte = bytes[at] ?? 0;
    at += 1;
    if (byte < 128) {
      numbers[number] = byte;
      continue;
    }
    const second = bytes[at] ?? 0;
    if (second < 128) {
      numbers[number] = (byte & 127) | (second << 7);
      at += 1;
      continue;
    }
    const { value, next } = readVarint(bytes, at - 1);
    if (value === null) return null;
    numbers[number] = value;
    at = next;
  }
  return numbers;
}
