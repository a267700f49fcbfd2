import type { NumberRule } from "./options.ts";
import { numberOption } from "./options.ts";

/**
 * How the background finds what is cold. An epoch is one hotness tick; an age is the number of epochs since the last access. Every
 * number may be left out.
 */
export interface BackgroundOptions {
  /** Length of an epoch, in milliseconds. Default: 100. */
  readonly hotnessTickMs?: number | undefined;
  /** Time between two looks for cold chunks, in milliseconds. Default: 100. */
  readonly compressTickMs?: number | undefined;
  /** Time between two looks at the queue of chunks to prefetch, in milliseconds. Default: 50. */
  readonly prefetchTickMs?: number | undefined;
  /** Time between two adaptations of the cold age, in milliseconds. Default: 1000. */
  readonly adaptIntervalMs?: number | undefined;
  /** Up to this age a chunk is hot. Default: 5. */
  readonly hotEpochs?: number | undefined;
  /** From this age on a chunk is cold, at first; adapted between the next two. Default: 20. */
  readonly coldEpochs?: number | undefined;
  /** Default: 5. */
  readonly coldEpochsMin?: number | undefined;
  /** Default: 200. */
  readonly coldEpochsMax?: number | undefined;
  /** What too many stalls add to the cold age. Default: 2. */
  readonly coldStepUp?: number | undefined;
  /** What an underused pool takes off the cold age. Default: 1. */
  readonly coldStepDown?: number | undefined;
  /** Stalls (accesses that had to decompress) per interval that are too many. Default: 8. */
  readonly stallThreshold?: number | undefined;
  /** Below this use of its capacity, in percent, the pool is underused. Default: 70. */
  readonly targetPoolPercent?: number | undefined;
  /** Epochs for which a chunk that was decompressed is left alone. Default: 3. */
  readonly recompressGuardEpochs?: number | undefined;
  /** Accesses, halved every epoch, from which a chunk is left alone. Default: 8. */
  readonly churnThreshold?: number | undefined;
  /** A chunk that took more of itself than this the last time, in 1/10000, is left alone until it is written. Default: 9000. */
  readonly lowRatioSkipBps?: number | undefined;
  /** Most chunks admitted per look. Default: 128. */
  readonly maxChunksPerTick?: number | undefined;
  /** Chunks between the last of a sequential run and the first that is prefetched. Default: 1. */
  readonly prefetchDistance?: number | undefined;
  /** Chunks that a run or a hint prefetches; 0: none. Default: 4. */
  readonly prefetchBatch?: number | undefined;
  /** Most chunks that wait to be prefetched. Default: 1024. */
  readonly prefetchQueue?: number | undefined;
}

/** Every option with its value. */
export type BackgroundSettings = { readonly [K in keyof BackgroundOptions]-?: number };

const tick: NumberRule = { min: 1, max: 3_600_000, whole: true };
const epochs: NumberRule = { min: 1, max: 1_000_000, whole: true };
const amount: NumberRule = { min: 0, max: 1_000_000, whole: true };

const table: { readonly [K in keyof BackgroundSettings]: readonly [fallback: number, rule: NumberRule] } = {
  hotnessTickMs: [100, tick],
  compressTickMs: [100, tick],
  prefetchTickMs: [50, tick],
  adaptIntervalMs: [1000, tick],
  hotEpochs: [5, amount],
  coldEpochs: [20, epochs],
  coldEpochsMin: [5, epochs],
  coldEpochsMax: [200, epochs],
  coldStepUp: [2, amount],
  coldStepDown: [1, amount],
  stallThreshold: [8, amount],
  targetPoolPercent: [70, { min: 0, max: 100, whole: false }],
  recompressGuardEpochs: [3, amount],
  churnThreshold: [8, amount],
  lowRatioSkipBps: [9000, { min: 0, max: 10_000, whole: true }],
  maxChunksPerTick: [128, { min: 1, max: 1_000_000, whole: true }],
  prefetchDistance: [1, amount],
  prefetchBatch: [4, { min: 0, max: 1024, whole: true }],
  prefetchQueue: [1024, { min: 1, max: 1_000_000, whole: true }],
};

/**
 * Judges the options; the cold age is brought between its bounds.
 * @throws CorralError USAGE
 */
export function resolveBackground(options: BackgroundOptions): BackgroundSettings {
  const entries = Object.entries(table).map(([name, [fallback, rule]]) => {
    const value = options[name as keyof BackgroundOptions];
    return [name, numberOption(`background.${name}`, value, fallback, rule)] as const;
  });
  const settings = Object.fromEntries(entries) as BackgroundSettings;
  const { coldEpochs, coldEpochsMin, coldEpochsMax } = settings;
  return { ...settings, coldEpochs: Math.max(coldEpochsMin, Math.min(coldEpochsMax, coldEpochs)) };
}
