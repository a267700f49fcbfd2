import { seededRandom } from "../../policy/workload/index.ts";

/** A share with its confidence interval. */
export interface Share {
  readonly count: number;
  readonly of: number;
  readonly share: number;
  /** 95 %, two-sided, Wilson. */
  readonly low: number;
  readonly high: number;
  /** Exact bound below which the share is not, 95 % one-sided (Clopper and Pearson). */
  readonly atLeast: number;
}

const z95 = 1.959964;
const oneSided = 0.05;

/** Log of the number of ways to choose. */
function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let at = 1; at <= k; at += 1) sum += Math.log((n - k + at) / at);
  return sum;
}

/** Chance of at least `count` successes out of `of` that each come with `share`. */
function atLeastChance(count: number, of: number, share: number): number {
  let sum = 0;
  for (let k = count; k <= of; k += 1)
    sum += Math.exp(logChoose(of, k) + k * Math.log(share) + (of - k) * Math.log1p(-share));
  return sum;
}

/** The least share for which so many successes are not too surprising. */
function clopperPearson(count: number, of: number): number {
  let [low, high] = [0, count / of];
  if (count === 0) return 0;
  if (count === of) return oneSided ** (1 / of);
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (atLeastChance(count, of, middle) < oneSided) low = middle;
    else high = middle;
  }
  return low;
}

/** @returns null of nothing */
export function shareOf(count: number, of: number): Share | null {
  if (of === 0) return null;
  const share = count / of;
  const divisor = 1 + z95 ** 2 / of;
  const middle = (share + z95 ** 2 / (2 * of)) / divisor;
  const half = (z95 / divisor) * Math.sqrt((share * (1 - share)) / of + z95 ** 2 / (4 * of * of));
  return {
    ...{ count, of, share },
    low: count === 0 ? 0 : middle - half,
    high: count === of ? 1 : middle + half,
    atLeast: clopperPearson(count, of),
  };
}

/** The value below which a part of all are; NaN of none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  return below + ((sorted[Math.ceil(at)] ?? below) - below) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** A figure with what it may be as well, 95 %; null: there are too few to say. */
export interface Estimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

const resamples = 2000;
/** With fewer even the least and the greatest of a sample do not enclose the median of all with 95 %: 1 − 2 · 0.5⁵ is 94 %. */
const leastForInterval = 6;

/**
 * What the medians of two samples are to each other, by the bootstrap; the same figures give the same interval.
 * @returns null when one of them is empty
 */
export function medianRatio(values: readonly number[], base: readonly number[]): Estimate | null {
  if (values.length === 0 || base.length === 0) return null;
  const value = median(values) / median(base);
  if (Math.min(values.length, base.length) < leastForInterval) return { value, low: null, high: null };
  const random = seededRandom(values.length * 7919 + base.length);
  const draw = (from: readonly number[]): number =>
    median(from.map(() => from[random.below(from.length)] ?? Number.NaN));
  const ratios = Array.from({ length: resamples }, () => draw(values) / draw(base));
  return { value, low: percentile(ratios, 0.025), high: percentile(ratios, 0.975) };
}
