import type { Random } from "./random.ts";

/** Chooses an index from 0 up to the number of items. */
export type Choose = () => number;

/** Every item as often as any other. */
export const uniform =
  (items: number, random: Random): Choose =>
  () =>
    random.below(items);

/** (exp(x) - 1) / x, also near 0. */
const expRatio = (x: number): number => (Math.abs(x) > 1e-8 ? Math.expm1(x) / x : 1 + x / 2);
/** log(1 + x) / x, also near 0. */
const logRatio = (x: number): number => (Math.abs(x) > 1e-8 ? Math.log1p(x) / x : 1 - x / 2);

/**
 * Ranks from 1 on, the k-th in proportion to 1/k^exponent, in constant time and memory: rejection inversion (W. Hörmann,
 * G. Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", 1996).
 */
function zipfRank(items: number, exponent: number, random: Random): Choose {
  const integral = (x: number): number => expRatio((1 - exponent) * Math.log(x)) * Math.log(x);
  const density = (x: number): number => Math.exp(-exponent * Math.log(x));
  const inverse = (x: number): number => {
    const t = Math.max(-1, x * (1 - exponent));
    return Math.exp(logRatio(t) * x);
  };
  const first = integral(1.5) - 1;
  const last = integral(items + 0.5);
  const certain = 2 - inverse(integral(2.5) - density(2));
  return () => {
    for (;;) {
      const u = last + random.unit() * (first - last);
      const x = inverse(u);
      const rank = Math.min(items, Math.max(1, Math.round(x)));
      if (rank - x <= certain || u >= integral(rank + 0.5) - density(rank)) return rank;
    }
  };
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** A step that visits all of `items` before it visits one again. */
function stepOver(items: number): number {
  let step = Math.max(1, Math.floor(items * 0.618_033_988_75));
  while (divisor(step, items) !== 1) step += 1;
  return step;
}

/**
 * Few items often and most of them seldom: rank k in proportion to 1/k^exponent. The hot ones are spread over all, as the
 * hot pages of a heap are.
 * @param exponent above 0; 0.99 is what YCSB takes for a working set
 */
export function zipf(items: number, exponent: number, random: Random): Choose {
  const rank = zipfRank(items, exponent, random);
  const step = stepOver(items);
  // At most 2^22 pages each: the product is exact.
  return () => ((rank() - 1) * step) % items;
}
