/*
 * The counts array of an HDR histogram with 2048 sub-buckets and a unit of 1: the first 2048 values have a bucket each,
 * from there on every power of two has 1024.
 */

/** The longest latency that is told apart, in microseconds: one hour. */
export const highestUs = 3_600_000_000;

const halfBits = 10;
const half = 2 ** halfBits;

/** Index of the bucket that has a value; what is below 1 or above one hour belongs to the nearest. */
export function indexOf(us: number): number {
  const value = us >= highestUs ? highestUs : us >= 1 ? Math.floor(us) : 1;
  const exponent = 32 - Math.clz32(value | (2 * half - 1)) - (halfBits + 1);
  return ((exponent + 1) << halfBits) + (value >>> exponent) - half;
}

/** Buckets there are. */
export const indexCount = indexOf(highestUs) + 1;

const exponentOf = (index: number): number => Math.max(0, (index >>> halfBits) - 1);

/** The least value that a bucket has. */
export function lowestOf(index: number): number {
  const isFirst = index < 2 * half;
  return isFirst ? index : ((index & (half - 1)) + half) * (1 << exponentOf(index));
}

/** Values that a bucket has; all 128 from a multiple of 128 on have as many. */
export const widthOf = (index: number): number => 1 << exponentOf(index);

/** The greatest value that a bucket has. */
export const highestOf = (index: number): number => lowestOf(index) + widthOf(index) - 1;

/** The value in the middle of a bucket, which stands for all of them in a mean. */
export const midOf = (index: number): number => lowestOf(index) + (widthOf(index) >>> 1);
