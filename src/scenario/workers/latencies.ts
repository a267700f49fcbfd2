import { layout } from "./layout.ts";

/**
 * Latencies in the buckets of HdrHistogram with two significant digits: 256 of one nanosecond, then 128 of twice the width
 * of those before, and so on. Counts are exact, so that workers and phases can be added and subtracted.
 */
export interface Latencies {
  /** Samples of each bucket. */
  readonly buckets: Float64Array;
  readonly samples: number;
  /** Sum and sum of squares of all samples, nanoseconds: for mean and deviation. */
  readonly sumNs: number;
  readonly squares: number;
}

const half = layout.sub_buckets / 2;

const none: Latencies = { buckets: new Float64Array(layout.buckets), samples: 0, sumNs: 0, squares: 0 };

/** Those of who has none. */
export const noLatencies = (): Latencies => none;

/** Those of one worker, from its record. */
export function readLatencies(record: Buffer): Latencies {
  const from = record.byteOffset + layout.record.histogram;
  // Two words each, the lower first: a call for each of thousands of counts would be most of the work.
  const words = new Uint32Array(record.buffer.slice(from, from + layout.buckets * 8));
  const buckets = new Float64Array(layout.buckets);
  let samples = 0;
  for (let at = 0; at < layout.buckets; at += 1) {
    const count = (words[2 * at] ?? 0) + (words[2 * at + 1] ?? 0) * 2 ** 32;
    buckets[at] = count;
    samples += count;
  }
  return {
    buckets,
    samples,
    sumNs: record.readDoubleLE(layout.record.latency_sum_ns),
    squares: record.readDoubleLE(layout.record.latency_squares),
  };
}

/** All of them together. */
export function addLatencies(all: readonly Latencies[]): Latencies {
  return all.reduce((total, one) => combine(total, one, 1), noLatencies());
}

/** What came between two looks at the same workers: a phase. */
export const latenciesSince = (now: Latencies, before: Latencies): Latencies => combine(now, before, -1);

function combine(a: Latencies, b: Latencies, sign: 1 | -1): Latencies {
  if (b.samples === 0) return a;
  const buckets = new Float64Array(layout.buckets);
  for (let at = 0; at < buckets.length; at += 1) buckets[at] = (a.buckets[at] ?? 0) + sign * (b.buckets[at] ?? 0);
  return {
    buckets,
    samples: a.samples + sign * b.samples,
    sumNs: a.sumNs + sign * b.sumNs,
    squares: a.squares + sign * b.squares,
  };
}

/** Longest duration that has a bucket of its own. */
const longestNs = 2 ** 40 - 1;

/** The bucket of a duration in whole nanoseconds; what is longer than 18 minutes is in the last. */
export function bucketOf(ns: number): number {
  const kept = Math.min(ns, longestNs);
  let shift = 0;
  while (Math.floor(kept / 2 ** shift) >= layout.sub_buckets) shift += 1;
  return shift * half + Math.floor(kept / 2 ** shift);
}

/** Lowest duration of a bucket, and how many nanoseconds wide it is. */
function boundsOf(bucket: number): { readonly lowest: number; readonly width: number } {
  const shift = Math.max(0, Math.floor(bucket / half) - 1);
  return { lowest: (bucket - shift * half) * 2 ** shift, width: 2 ** shift };
}

/** Lowest duration of a bucket, nanoseconds. */
export const bucketLowestNs = (bucket: number): number => boundsOf(bucket).lowest;

/**
 * The middle of the bucket that holds the sample of this rank, ⌈n·share⌉ (nearest rank), nanoseconds; null without samples.
 * Off by less than 1/256 of the value.
 * @param share above 0 and at most 1: 0.99 is the 99th percentile
 */
export function percentileNs({ buckets, samples }: Latencies, share: number): number | null {
  if (samples <= 0) return null;
  const rank = Math.max(1, Math.ceil(samples * share));
  let seen = 0;
  for (const [bucket, count] of buckets.entries()) {
    seen += count;
    if (seen < rank) continue;
    const { lowest, width } = boundsOf(bucket);
    return lowest + (width - 1) / 2;
  }
  return null;
}

/** Nanoseconds; null without samples. */
export const meanNs = ({ samples, sumNs }: Latencies): number | null => (samples > 0 ? sumNs / samples : null);

/** Standard deviation over mean; null with fewer than two samples, or a mean of 0. */
export function variation({ samples, sumNs, squares }: Latencies): number | null {
  if (samples < 2 || sumNs <= 0) return null;
  const mean = sumNs / samples;
  return Math.sqrt(Math.max(0, squares / samples - mean * mean)) / mean;
}
