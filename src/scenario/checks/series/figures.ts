import { total } from "../../../report/index.ts";
import type { Expectations, FigureWord, PhaseMetric, SeriesMetric } from "../../model/index.ts";
import { phaseWorkMetrics, seriesMetrics } from "../../model/index.ts";
import type { PhaseRecord, PhaseWork, RunRecord } from "../../record/index.ts";
import { phaseLabel, phaseOfStep } from "../../record/index.ts";
import { addLatencies, percentileNs } from "../../workers/index.ts";
import { boundsText, figure, isWithinBounds, mean } from "../numbers.ts";
import type { Finding, Outcome } from "../result.ts";
import { everywhere } from "../result.ts";
import { groupLives, growthOf } from "./series.ts";

type WorkMetric = (typeof phaseWorkMetrics)[number];

const isOfWork = (metric: PhaseMetric): metric is WorkMetric =>
  (phaseWorkMetrics as readonly string[]).includes(metric);

/** Of what time, and how a figure is made of samples. */
export interface FigureOptions {
  /** Number of the phase; step k is k + 1. Default: the whole run. */
  readonly phase?: number;
  /** How samples become a figure. Default: rate of a counter, mean of a gauge. */
  readonly as?: FigureWord;
}

/** Samples of each group of one name, the missing ones left out. */
interface Samples {
  readonly lives: readonly (readonly { readonly atMs: number; readonly value: number }[])[];
  readonly isCounter: boolean;
}

/** Growth and the time it took, over all groups: what is between two groups, or before a counter began anew, is in neither. */
function growthIn({ lives, isCounter }: Samples): { readonly by: number; readonly ms: number } | null {
  const steps = lives.flatMap((life) =>
    life.slice(1).flatMap((point, at) => {
      const before = life[at];
      const by = before === undefined ? null : growthOf(before, point, isCounter);
      return before === undefined || by === null ? [] : [{ by, ms: point.atMs - before.atMs }];
    }),
  );
  return steps.length === 0 ? null : { by: total(steps.map(({ by }) => by)), ms: total(steps.map(({ ms }) => ms)) };
}

const ofSome = ({ lives }: Samples, read: (numbers: readonly number[]) => number): number | null => {
  const numbers = lives.flat().map(({ value }) => value);
  return numbers.length === 0 ? null : read(numbers);
};

/** How samples become one figure; null when there are too few. */
const readings: Readonly<Record<FigureWord, (samples: Samples) => number | null>> = {
  rate: (samples) => {
    const grown = growthIn(samples);
    return grown === null ? null : (grown.by / grown.ms) * 1000;
  },
  growth: (samples) => growthIn(samples)?.by ?? null,
  mean: (samples) => ofSome(samples, mean),
  min: (samples) => ofSome(samples, (numbers) => Math.min(...numbers)),
  max: (samples) => ofSome(samples, (numbers) => Math.max(...numbers)),
  last: ({ lives }) => lives.flat().at(-1)?.value ?? null,
};

/** A figure of a group in a phase or in the whole run, see `PhaseMetric`; null when it was not measured. */
export function figureOf(
  record: RunRecord,
  cgroup: string,
  metric: PhaseMetric,
  { phase, as }: FigureOptions = {},
): number | null {
  const phases = phase === undefined ? record.phases : record.phases.filter((one) => one.phase === phase);
  if (phases.length === 0) return null;
  if (isOfWork(metric)) return workFigure(phases, cgroup, metric);
  const [only] = phases;
  const stretch = phase === undefined || only === undefined ? {} : { fromMs: only.startMs, toMs: only.endMs };
  return readings[as ?? defaultWord(metric)](samplesOf(record, cgroup, metric, stretch));
}

const defaultWord = (metric: SeriesMetric): FigureWord => (seriesMetrics[metric] === "counter" ? "rate" : "mean");

const samplesOf = (...[record, cgroup, metric, stretch]: Parameters<typeof groupLives>): Samples => ({
  lives: groupLives(record, cgroup, metric, stretch).map((points) =>
    points.flatMap(({ atMs, value }) => (value === null ? [] : [{ atMs, value }])),
  ),
  isCounter: seriesMetrics[metric] === "counter",
});

function workFigure(phases: readonly PhaseRecord[], cgroup: string, metric: WorkMetric): number | null {
  const perPhase = phases.map(({ work }) => work.filter((one) => one.cgroup === cgroup && one.elapsedMs > 0));
  const ran = perPhase.flat();
  if (ran.length === 0) return null;
  switch (metric) {
    case "iteration_rate":
      return iterationRate(perPhase.filter((work) => work.length > 0));
    case "work_rate": {
      const cpuNs = total(ran.map(({ cpuTimeNs }) => cpuTimeNs));
      return cpuNs === 0 ? null : total(ran.map(({ workUnits }) => workUnits)) / (cpuNs / 1e9);
    }
    case "p50_wake_latency_us":
      return wakeUs(ran, 0.5);
    case "p99_wake_latency_us":
      return wakeUs(ran, 0.99);
  }
}

/** In a phase the rates of all works together, each over its own time; over phases, as long as each was. */
function iterationRate(phases: readonly (readonly PhaseWork[])[]): number {
  const rates = phases.map((work) => ({
    ms: Math.max(...work.map(({ elapsedMs }) => elapsedMs)),
    rate: total(work.map(({ iterations, elapsedMs }) => (iterations / elapsedMs) * 1000)),
  }));
  return total(rates.map(({ ms, rate }) => ms * rate)) / total(rates.map(({ ms }) => ms));
}

function wakeUs(work: readonly PhaseWork[], share: number): number | null {
  const waking = work.filter(({ latencyKind }) => latencyKind === "wake");
  const ns = percentileNs(addLatencies(waking.map(({ latencies }) => latencies)), share);
  return ns === null ? null : ns / 1000;
}

/** Judges a figure of a group, or its share of that of several; inconclusive when one was not measured, or their sum is 0. */
export function judgeFigure(expected: Expectations["figure"], record: RunRecord): Finding {
  const { cgroup, metric, step, as, shareOf } = expected;
  const phase = step === undefined ? undefined : phaseOfStep(step);
  const options = { ...(phase !== undefined && { phase }), ...(as && { as }) };
  const read = (name: string): number | null => figureOf(record, name, metric, options);
  const limit = boundsText(expected);
  const where = { ...everywhere, cgroup, phase: phase ?? null };
  const what = [
    as === undefined ? "" : `${as} of `,
    `${metric} of ${cgroup}`,
    phase === undefined ? "" : ` in ${phaseLabel(phase)}`,
    shareOf === undefined ? "" : ` as a share of ${shareOf.join(" and ")}`,
  ].join("");
  const result = (outcome: Outcome, message: string, found: number | null): Finding => ({
    outcome,
    kind: "temporal",
    message: `${what} ${message}`,
    found,
    limit,
    where,
  });
  const own = read(cgroup);
  if (own === null) return result("inconclusive", "was not measured", null);
  const base = shareOf?.map(read) ?? [];
  if (base.includes(null)) return result("inconclusive", "cannot be told: not all of them were measured", null);
  const sum = total(base.map(Number));
  if (shareOf !== undefined && sum === 0) return result("inconclusive", "cannot be told: their sum is 0", null);
  const found = shareOf === undefined ? own : own / sum;
  return result(isWithinBounds(found, expected) ? "pass" : "fail", `is ${figure(found)}, ${limit} is asked for`, found);
}
