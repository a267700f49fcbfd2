/** A stream of numbers that is the same for the same seed. */
export interface Random {
  /** A whole number from 0 up to 2^32. */
  uint32(): number;
  /** A number from 0 up to 1, with 32 bits. */
  unit(): number;
  /** A whole number from 0 up to `limit`, which may be beyond 2^32. */
  below(limit: number): number;
}

/** Spreads a seed over four words, so that 0 and neighbours are as good as any (splitmix32). */
function* words(seed: number): Generator<number, never> {
  let state = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85eb_ca6b)) | 0;
  for (;;) {
    state = (state + 0x9e37_79b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    yield mixed ^ (mixed >>> 15);
  }
}

/** xoshiro128**: 128 bits of state, a few additions and shifts per number. */
export function seededRandom(seed: number): Random {
  const source = words(seed);
  let [a, b, c, d] = [source.next().value, source.next().value, source.next().value, source.next().value];
  const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
  const uint32 = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
  const unit = (): number => uint32() / 2 ** 32;
  return { uint32, unit, below: (limit) => Math.floor(unit() * limit) };
}
