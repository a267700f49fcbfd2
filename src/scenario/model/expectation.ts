import type { PhaseMetric, SeriesMetric } from "./metrics.ts";
import type { Duration, ModuleReference, OneOf } from "./value-types.ts";

/** Ways a series can run. A sample that is missing is left out, but for `each`, where it fails. */
export interface Patterns {
  /** Change per millisecond between neighbours. */
  readonly rateWithin: { readonly low: number; readonly high: number };
  /** From `warmup` after the first sample on (default 0s), within this share of its mean: 0.1 is a tenth up or down. */
  readonly steadyWithin: { readonly warmup?: Duration; readonly tolerance: number };
  /** Three samples in a row within `tolerance` of `target`, at the latest so long after the first sample. */
  readonly convergesTo: { readonly target: number; readonly tolerance: number; readonly within: Duration };
  /** Every sample; at least one of the two is given. */
  readonly each: { readonly atLeast?: number; readonly atMost?: number };
  /** Sample by sample over the same metric of another group. */
  readonly ratioWithin: { readonly cgroup: string; readonly low: number; readonly high: number };
}

/** Patterns without parameters: no sample is below the one before; every sample is above it. */
export const patternWords = ["nondecreasing", "strictly_increasing"] as const;

export type Pattern = (typeof patternWords)[number] | OneOf<Patterns>;

/**
 * Ways to make one figure of samples. rate: growth per second, the default of counters; mean: the default of gauges; growth:
 * last less first.
 */
export const figureWords = ["rate", "growth", "mean", "min", "max", "last"] as const;
export type FigureWord = (typeof figureWords)[number];

/** What can be expected of a run, beside the checks. */
export interface Expectations {
  /** A pattern of what was sampled of a group (detail kind temporal). */
  readonly series: {
    readonly cgroup: string;
    readonly metric: SeriesMetric;
    /** rate: of the growth per second between samples. Default sampled. */
    readonly as?: "sampled" | "rate";
    /** Only samples of this step, from 0. Default: of the whole run. */
    readonly step?: number;
    readonly holds: Pattern;
  };
  /** A figure of a group (detail kind temporal); at least one bound is given. */
  readonly figure: {
    readonly cgroup: string;
    readonly metric: PhaseMetric;
    /** Default: the whole run. */
    readonly step?: number;
    /** Default: rate of a counter, mean of a gauge; says nothing of what workers did. */
    readonly as?: FigureWord;
    /** The figure is a share of the sum of this figure of these groups. Default: the figure itself. */
    readonly shareOf?: readonly string[];
    readonly atLeast?: number;
    readonly atMost?: number;
  };
  /** A figure of a group in one step over that in another (detail kind temporal); at least one bound is given. */
  readonly phases: {
    readonly cgroup: string;
    readonly metric: PhaseMetric;
    readonly step: number;
    readonly over: number;
    readonly atLeast?: number;
    readonly atMost?: number;
  };
  /** A function that gets the record and claims what it wants (detail kind claim). */
  readonly check: ModuleReference;
}

export type Expectation = OneOf<Expectations>;
