import type { SeriesMetric } from "../../model/index.ts";
import { seriesMetrics } from "../../model/index.ts";
import type { Moment, RunRecord } from "../../record/index.ts";
import type { Where } from "../result.ts";
import { everywhere } from "../result.ts";

/** One look. */
export interface Point {
  readonly atMs: Moment;
  /** Null: nothing was measured; NaN: what was measured is no number. */
  readonly value: number | null;
}

/** One metric over time. */
export interface Series {
  /** What messages call it. */
  readonly label: string;
  readonly points: readonly Point[];
  readonly where: Where;
  /** True: it only grows while what it counts is there, and a fall is a new begin. Default false. */
  readonly isCounter?: boolean;
  /** First moments of groups that were made again under the name of one that had ended. Default none. */
  readonly beginsMs?: readonly Moment[];
}

/** Part of a run; absent ends are those of the run. */
export interface Stretch {
  readonly fromMs?: Moment;
  readonly toMs?: Moment;
}

/** What was sampled of each group of this name, in the order they were made; without those that were not sampled at all. */
export const groupLives = (
  { groups }: RunRecord,
  cgroup: string,
  metric: SeriesMetric,
  { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY }: Stretch = {},
): readonly (readonly Point[])[] =>
  groups
    .filter(({ name }) => name === cgroup)
    .map(({ samples }) =>
      samples
        .map(({ atMs, values }) => ({ atMs, value: values[metric] }))
        .filter(({ atMs }) => fromMs <= atMs && atMs <= toMs),
    )
    .filter((points) => points.length > 0);

/** What was sampled of a group, of all groups of this name one after another; empty when there was none. */
export function groupSeries(record: RunRecord, cgroup: string, metric: SeriesMetric, stretch: Stretch = {}): Series {
  const lives = groupLives(record, cgroup, metric, stretch);
  return {
    label: `${metric} of ${cgroup}`,
    points: lives.flat(),
    where: { ...everywhere, cgroup },
    isCounter: seriesMetrics[metric] === "counter",
    beginsMs: lives.slice(1).flatMap(([first]) => first?.atMs ?? []),
  };
}

/** Growth of one point from the one before; null: one of them is missing, or a counter has begun anew between them. */
export function growthOf(before: Point, { atMs, value }: Point, isCounter: boolean): number | null {
  if (value === null || before.value === null || atMs <= before.atMs) return null;
  const growth = value - before.value;
  return isCounter && growth < 0 ? null : growth;
}

/** Growth per second between neighbours; one point fewer for every group. That from one group to the next of its name is none. */
export function rateSeries({ label, points, where, isCounter = false, beginsMs = [] }: Series): Series {
  const begins = new Set(beginsMs);
  const rates = points.slice(1).flatMap((point, at): Point[] => {
    const before = points[at];
    if (before === undefined || begins.has(point.atMs)) return [];
    const growth = growthOf(before, point, isCounter);
    return [{ atMs: point.atMs, value: growth === null ? null : (growth / (point.atMs - before.atMs)) * 1000 }];
  });
  return { label: `${label} per second`, points: rates, where };
}

/** The samples of a gauge, the rate of a counter: what is drawn, and what can be compared. */
export const levelSeries = (record: RunRecord, cgroup: string, metric: SeriesMetric, stretch?: Stretch): Series => {
  const series = groupSeries(record, cgroup, metric, stretch);
  return seriesMetrics[metric] === "counter" ? rateSeries(series) : series;
};
