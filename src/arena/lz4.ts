/**
 * The LZ4 block format in JavaScript, for where the addon is missing; native/addon/arena-lz4.c says how it works, and both make the
 * same blocks.
 */

const minMatch = 4;
const lastLiterals = 5;
const matchMargin = 12;
const runMask = 15;
const skipTrigger = 6;
/** From here on the larger table is used. */
const largeBytes = 16_384;
const table = new Uint16Array(2 ** 13);

const read32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);

const slotOf = (source: Uint8Array, at: number, value: number, bits: number): number =>
  (Math.imul(value, 0x9e3779b1) + Math.imul(source[at + 4] as number, 0x85ebca77)) >>> (32 - bits);

const lengthBytes = (length: number): number => (length < runMask ? 0 : Math.floor((length - runMask) / 255) + 1);

function writeLength(target: Uint8Array, at: number, length: number): number {
  let out = at;
  let left = length;
  for (; left >= 255; left -= 255) target[out++] = 255;
  target[out++] = left;
  return out;
}

/** Token and literals; -1 when `extra` more bytes would not fit behind them. */
function writeLiterals(target: Uint8Array, at: number, source: Uint8Array, from: number, to: number, extra: number) {
  const count = to - from;
  let out = at + 1;
  if (target.length - at < 1 + Math.floor(count / 255) + 1 + count + extra) return -1;
  target[at] = Math.min(count, runMask) << 4;
  if (count >= runMask) out = writeLength(target, out, count - runMask);
  if (count < 32) for (let index = from; index < to; index += 1) target[out++] = source[index] as number;
  else {
    target.set(source.subarray(from, to), out);
    out += count;
  }
  return out;
}

/** The place of the next match at or after `from`, or -1; `found.match` is where it matches. */
function findMatch(source: Uint8Array, from: number, lastStart: number, acceleration: number, bits: number): number {
  let at = from;
  for (let attempts = acceleration << skipTrigger; at <= lastStart; at += attempts++ >>> skipTrigger) {
    const value = read32(source, at);
    const slot = slotOf(source, at, value, bits);
    const candidate = table[slot] as number;
    table[slot] = at;
    if (read32(source, candidate) === value) {
      foundMatch = candidate;
      return at;
    }
  }
  return -1;
}

/** Second result of `findMatch`: an object per match would cost more than the match. */
let foundMatch = 0;

/**
 * Compresses all of `source`, 65536 bytes at most, into `target`.
 * @returns bytes written, 0 when the block does not fit
 */
export function lz4Compress(source: Uint8Array, target: Uint8Array, acceleration: number): number {
  const end = source.length;
  const lastStart = end - matchMargin;
  let anchor = 0;
  let at = 1;
  let out = 0;
  const bits = end >= largeBytes ? 13 : 12;
  table.fill(0, 0, 2 ** bits);
  while (at <= lastStart) {
    at = findMatch(source, at, lastStart, acceleration, bits);
    if (at === -1) break;
    let match = foundMatch;
    for (; at > anchor && match > 0 && source[at - 1] === source[match - 1]; at -= 1) match -= 1;
    let length = minMatch;
    for (const limit = end - lastLiterals; at + length < limit && source[at + length] === source[match + length]; ) {
      length += 1;
    }
    const token = out;
    out = writeLiterals(target, out, source, anchor, at, 2 + Math.floor(length / 255) + 1);
    if (out === -1) return 0;
    const distance = at - match;
    target[out++] = distance & 0xff;
    target[out++] = distance >>> 8;
    target[token] = (target[token] as number) | Math.min(length - minMatch, runMask);
    if (lengthBytes(length - minMatch) > 0) out = writeLength(target, out, length - minMatch - runMask);
    at += length;
    anchor = at;
    if (at <= lastStart) table[slotOf(source, at - 2, read32(source, at - 2), bits)] = at - 2;
  }
  return Math.max(0, writeLiterals(target, out, source, anchor, end, 0));
}

/**
 * Decompresses the block in `block` to exactly all of `target`.
 * @returns false when the block is malformed or of another size; nothing outside of `target` is written
 */
export function lz4Decompress(block: Uint8Array, target: Uint8Array): boolean {
  let at = 0;
  let out = 0;
  while (at < block.length) {
    const token = block[at++] as number;
    let literals = token >>> 4;
    for (let byte = literals === runMask ? 255 : 0; byte === 255; literals += byte) {
      if (at === block.length) return false;
      byte = block[at++] as number;
    }
    if (literals > block.length - at || literals > target.length - out) return false;
    for (const stop = at + literals; at < stop; ) target[out++] = block[at++] as number;
    if (at === block.length) return out === target.length;
    if (block.length - at < 2) return false;
    const distance = (block[at] as number) | ((block[at + 1] as number) << 8);
    at += 2;
    let length = token & runMask;
    for (let byte = length === runMask ? 255 : 0; byte === 255; length += byte) {
      if (at === block.length) return false;
      byte = block[at++] as number;
    }
    length += minMatch;
    if (distance === 0 || distance > out || length > target.length - out) return false;
    for (const stop = out + length; out < stop; out += 1) target[out] = target[out - distance] as number;
  }
  return false;
}
