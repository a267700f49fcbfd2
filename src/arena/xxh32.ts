const prime1 = 0x9e3779b1;
const prime2 = 0x85ebca77;
const prime3 = 0xc2b2ae3d;
const prime4 = 0x27d4eb2f;
const prime5 = 0x165667b1;

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

const mix = (lane: number, input: number): number =>
  Math.imul(rotate((lane + Math.imul(input, prime2)) | 0, 13), prime1);

const read32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);

/** xxHash with 32 bits and seed 0 of a part of `bytes`; native/addon/arena-checksum.c computes the same. */
export function xxh32(bytes: Uint8Array, start: number, length: number): number {
  const end = start + length;
  let at = start;
  let hash = prime5;
  if (length >= 16) {
    let a = (prime1 + prime2) | 0;
    let b = prime2 | 0;
    let c = 0;
    let d = -prime1 | 0;
    for (; end - at >= 16; at += 16) {
      a = mix(a, read32(bytes, at));
      b = mix(b, read32(bytes, at + 4));
      c = mix(c, read32(bytes, at + 8));
      d = mix(d, read32(bytes, at + 12));
    }
    hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
  }
  hash = (hash + length) | 0;
  for (; end - at >= 4; at += 4) {
    hash = Math.imul(rotate((hash + Math.imul(read32(bytes, at), prime3)) | 0, 17), prime4);
  }
  for (; at < end; at += 1) {
    hash = Math.imul(rotate((hash + Math.imul(bytes[at] as number, prime5)) | 0, 11), prime1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), prime2);
  hash = Math.imul(hash ^ (hash >>> 13), prime3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
