import type { MetricDefinition } from "../../metrics/index.ts";
import type { RunFigure } from "./figures.ts";
import { centre } from "./figures.ts";
import { welch } from "./welch.ts";

/** From which probability on a difference counts as chance. */
export const alpha = 0.05;

/** Repeats on each side from which on ranges with nothing in common are less likely by chance than `alpha`. */
const fewestForRanges = 4;

/**
 * regression and improvement: the change is large enough, and more than noise where there are repeats. noisy: it is large
 * enough, and the repeats do not tell it from chance. informational: nobody says which way is better.
 */
export const changeStatuses = ["regression", "improvement", "noisy", "unchanged", "informational"] as const;
export type ChangeStatus = (typeof changeStatuses)[number];

export interface MetricChange {
  readonly metric: string;
  readonly unit: string;
  readonly status: ChangeStatus;
  /** Runs, their middle, and their ends. */
  readonly a: Spread;
  readonly b: Spread;
  /** b less a. */
  readonly delta: number;
  /** Share of a; null when a is 0. */
  readonly share: number | null;
  /** Welch's test; null without repeats on both sides. */
  readonly p: number | null;
}

export interface Spread {
  readonly runs: number;
  readonly middle: number;
  readonly low: number;
  readonly high: number;
}

function spread(figures: readonly RunFigure[]): Spread {
  const values = figures.map(({ value }) => value);
  return { runs: values.length, middle: centre(figures), low: Math.min(...values), high: Math.max(...values) };
}

/**
 * Judges one metric of two sides, each with at least one run. Both gates must be reached: the least change and the least share
 * (a move away from 0 has no share and reaches that gate). With repeats on both sides the two must also be separated: by
 * Welch's test at 5 %, or, from four repeats on each side on, because their ranges have nothing in common: of runs that
 * are alike that happens in 2 of the 70 orders. With repeats on one side only nothing is certain.
 * @param leastShare in place of the metric's own
 */
export function judgeMetric(
  metric: string,
  definition: MetricDefinition,
  figures: { readonly a: readonly RunFigure[]; readonly b: readonly RunFigure[] },
  leastShare: number = definition.leastShare,
): MetricChange {
  const [a, b] = [spread(figures.a), spread(figures.b)];
  const delta = b.middle - a.middle;
  const share = a.middle === 0 ? null : delta / Math.abs(a.middle);
  const test = welch(
    figures.a.map(({ value }) => value),
    figures.b.map(({ value }) => value),
  );
  const isMaterial = isLarge(delta, share, definition.leastChange, leastShare);
  const common = { metric, unit: definition.unit, a, b, delta, share, p: test?.p ?? null };
  const direction = directionOf(definition, a.middle, b.middle);
  if (direction === null) return { ...common, status: "informational" };
  if (!isMaterial || direction === 0) return { ...common, status: "unchanged" };
  const single = a.runs === 1 && b.runs === 1;
  const areApart = Math.min(a.runs, b.runs) >= fewestForRanges && (a.high < b.low || b.high < a.low);
  const separated = areApart || (test !== null && test.p < alpha);
  if (!single && !separated) return { ...common, status: "noisy" };
  return { ...common, status: direction > 0 ? "improvement" : "regression" };
}

const isLarge = (delta: number, share: number | null, leastChange: number, leastShare: number): boolean =>
  delta !== 0 && Math.abs(delta) >= leastChange && (share === null || Math.abs(share) >= leastShare);

/** Above 0: better; below 0: worse; null: neither is. */
function directionOf({ polarity }: MetricDefinition, a: number, b: number): number | null {
  if (typeof polarity === "object") return Math.abs(a - polarity.targetValue) - Math.abs(b - polarity.targetValue);
  if (polarity === "higher_better") return b - a;
  return polarity === "lower_better" ? a - b : null;
}
