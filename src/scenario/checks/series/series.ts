import type { SeriesMetric } from "../../model/index.ts";
import { seriesMetrics } from "../../model/index.ts";
import type { Moment, RunRecord } from "../../record/index.ts";
import type { Where } from "../result.ts";
import { everywhere } from "../result.ts";

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
}

/** Part of a run; absent ends are those of the run. */
export interface Stretch {
  readonly fromMs?: Moment;
  readonly toMs?: Moment;
}

/** What was sampled of a group, of all groups of this name one after another; empty when there was none. */
export function groupSeries(
  { groups }: RunRecord,
  cgroup: string,
  metric: SeriesMetric,
  { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY }: Stretch = {},
): Series {
  const points = groups
    .filter(({ name }) => name === cgroup)
    .flatMap(({ samples }) => samples.map(({ atMs, values }) => ({ atMs, value: values[metric] })))
    .filter(({ atMs }) => fromMs <= atMs && atMs <= toMs);
  return { label: `${metric} of ${cgroup}`, points, where: { ...everywhere, cgroup } };
}

/** Growth per second between neighbours; one point fewer. A group that was made anew begins anew. */
export function rateSeries({ label, points, where }: Series): Series {
  const rates = points.slice(1).map(({ atMs, value }, at): Point => {
    const before = points[at];
    const known = before !== undefined && value !== null && before.value !== null && atMs > before.atMs;
    const growth = known ? value - (before.value ?? 0) : null;
    return { atMs, value: growth === null || growth < 0 ? null : (growth / (atMs - (before?.atMs ?? 0))) * 1000 };
  });
  return { label: `${label} per second`, points: rates, where };
}

/** The samples of a gauge, the rate of a counter: what is drawn, and what can be compared. */
export const levelSeries = (record: RunRecord, cgroup: string, metric: SeriesMetric, stretch?: Stretch): Series => {
  const series = groupSeries(record, cgroup, metric, stretch);
  return seriesMetrics[metric] === "counter" ? rateSeries(series) : series;
};
