import type { PhaseMetric, SeriesMetric } from "../../model/index.ts";
import type { PhaseRecord, RunRecord } from "../../record/index.ts";
import { phaseLabel } from "../../record/index.ts";
import { boundsText, figure } from "../numbers.ts";
import type { Finding, Outcome } from "../result.ts";
import { everywhere } from "../result.ts";
import { figureOf } from "./figures.ts";
import { groupSeries } from "./series.ts";

/** Samples of a metric by phase: those that lie between its begin and its end, missing ones left out. */
function valuesIn(record: RunRecord, cgroup: string, metric: SeriesMetric, { startMs, endMs }: PhaseRecord) {
  return groupSeries(record, cgroup, metric, { fromMs: startMs, toMs: endMs }).points.flatMap(({ atMs, value }) =>
    value === null ? [] : [{ atMs, value }],
  );
}

/** Of every phase, what `read` makes of its samples; null where there is none. */
const perPhase =
  (read: (values: readonly number[]) => number | undefined) =>
  (record: RunRecord, cgroup: string, metric: SeriesMetric): ReadonlyMap<number, number | null> =>
    new Map(
      record.phases.map((phase) => [
        phase.phase,
        read(valuesIn(record, cgroup, metric, phase).map(({ value }) => value)) ?? null,
      ]),
    );

/** First sample of a group in every phase, by the phase's number; null where there is none. */
export const firstPerPhase = perPhase((values) => values[0]);
/** Last sample of a group in every phase, by the phase's number; null where there is none. */
export const lastPerPhase = perPhase((values) => values.at(-1));
/** Growth of a counter from the first to the last sample of every phase, by its number; null with fewer than two. */
export const counterDeltaPerPhase = (
  record: RunRecord,
  cgroup: string,
  metric: SeriesMetric,
): ReadonlyMap<number, number | null> =>
  new Map(record.phases.map(({ phase }) => [phase, figureOf(record, cgroup, metric, { phase, as: "growth" })]));

/** A figure of a group in a phase, see `PhaseMetric`; null when it was not measured there. */
export const valueAtPhase = (record: RunRecord, cgroup: string, metric: PhaseMetric, phase: number): number | null =>
  figureOf(record, cgroup, metric, { phase });

/** A figure of one phase over that of another. */
export interface PhaseRatio {
  readonly cgroup: string;
  readonly metric: PhaseMetric;
  /** Numbers of phases; step k is k + 1. */
  readonly phase: number;
  readonly base: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Compares a group's figure in two phases; inconclusive when one of them has none, or the base is 0. */
export function ratioAcrossPhases(record: RunRecord, ratio: PhaseRatio): Finding {
  const { cgroup, metric, phase, base, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = ratio;
  const [a, b] = [phase, base].map((one) => valueAtPhase(record, cgroup, metric, one));
  const what = `${metric} of ${cgroup} in ${phaseLabel(phase)} over ${phaseLabel(base)}`;
  const limit = boundsText(ratio);
  const result = (outcome: Outcome, message: string, found: number | null): Finding => ({
    outcome,
    kind: "temporal",
    message: `${what}: ${message}`,
    found,
    limit,
    where: { ...everywhere, cgroup, phase },
  });
  if (a === null || a === undefined)
    return result("inconclusive", `nothing was measured in ${phaseLabel(phase)}`, null);
  if (b === null || b === undefined) return result("inconclusive", `nothing was measured in ${phaseLabel(base)}`, null);
  if (b === 0) return result("inconclusive", `it is 0 in ${phaseLabel(base)}`, null);
  const found = a / b;
  const holds = found >= atLeast && found <= atMost;
  return result(
    holds ? "pass" : "fail",
    `${figure(a)} / ${figure(b)} is ${figure(found)}, ${limit} is asked for`,
    found,
  );
}
