/** What can be told of a chunk for less than compressing it costs; native/addon/arena-pack.c tells the same. */

const sampleBytes = 256;
/** 256 bytes of random data have 162 different values on average, and fewer than this once in a hundred thousand chunks. */
const randomValues = 140;

/** Whether eight bytes are repeated over and over. */
export function isFilled(chunk: Uint8Array): boolean {
  for (let at = 8; at < chunk.length; at += 1) if (chunk[at] !== chunk[at - 8]) return false;
  return true;
}

/** Many different values among bytes from all over the chunk, and from every place of a word. */
export function looksRandom(chunk: Uint8Array): boolean {
  const seen = new Uint8Array(256);
  const step = Math.floor(chunk.length / sampleBytes);
  let values = 0;
  for (let index = 0; index < sampleBytes; index += 1) {
    const value = chunk[index * step + (index % step)] as number;
    values += 1 - (seen[value] as number);
    seen[value] = 1;
  }
  return values >= randomValues;
}
