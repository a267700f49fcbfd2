import { boundsText, figure, isWithinBounds, mean } from "../numbers.ts";
import type { Finding, Outcome } from "../result.ts";
import type { Point, Series } from "./series.ts";

/** Samples in a row that have to be in the band before a series has arrived. */
const arrivedAfter = 3;

interface Known {
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
  readonly missing: number;
  /** Where the first is that is no number; null without one. */
  readonly nanAtMs: number | null;
}

function known(points: readonly Point[]): Known {
  const found = points.flatMap(({ atMs, value }) => (value === null ? [] : [{ atMs, value }]));
  return {
    points: found,
    missing: points.length - found.length,
    nanAtMs: found.find(({ value }) => Number.isNaN(value))?.atMs ?? null,
  };
}

interface Verdict {
  readonly outcome: Outcome;
  readonly message: string;
  readonly found?: number;
  readonly limit?: number | string;
  readonly atMs?: number;
}

const finding = ({ label, where }: Series, { outcome, message, found, limit, atMs }: Verdict): Finding => ({
  outcome,
  kind: "temporal",
  message: `${label} ${message}`,
  found: found ?? null,
  limit: limit ?? null,
  where: { ...where, atMs: atMs ?? null },
});

const at = (atMs: number): string => `at +${Math.round(atMs)} ms`;

/** Judges what is known of a series: fewer samples than `least` say nothing against it, one that is no number does. */
function judgeKnown(series: Series, least: number, judge: (points: Known["points"]) => Verdict): Finding {
  const { points, missing, nanAtMs } = known(series.points);
  if (nanAtMs !== null)
    return finding(series, { outcome: "fail", message: `is no number ${at(nanAtMs)}`, atMs: nanAtMs });
  if (points.length < least)
    return finding(series, { outcome: "pass", message: `has ${points.length} samples, too few to speak against it` });
  const verdict = judge(points);
  const note = missing === 0 ? "" : `; ${missing} samples are missing`;
  return finding(series, { ...verdict, message: `${verdict.message}${note}` });
}

type Pair = readonly [Known["points"][number], Known["points"][number]];

/** Whether a group ended between two samples and another of its name began: the one says nothing of the other. */
const isSeam = ({ beginsMs = [] }: Series, [a, b]: Pair): boolean =>
  beginsMs.some((begin) => a.atMs < begin && begin <= b.atMs);

/** Neighbours of the same group. */
const pairs = (series: Series, points: Known["points"]): Pair[] =>
  points
    .slice(1)
    .map((point, index): Pair => [points[index] ?? point, point])
    .filter((pair) => !isSeam(series, pair));

function monotonic(series: Series, strictly: boolean): Finding {
  return judgeKnown(series, 2, (points) => {
    const broken = pairs(series, points).find(([a, b]) => (strictly ? b.value <= a.value : b.value < a.value));
    const word = strictly ? "grows with every sample" : "never falls";
    if (broken === undefined) return { outcome: "pass", message: `${word}, in ${points.length} samples` };
    const [{ value: before }, { value: found, atMs }] = broken;
    const message = `goes from ${figure(before)} to ${figure(found)} ${at(atMs)}`;
    return { outcome: "fail", message, found, limit: before, atMs };
  });
}

/** No sample is below the one before. */
export const nondecreasing = (series: Series): Finding => monotonic(series, false);

/** Every sample is above the one before. */
export const strictlyIncreasing = (series: Series): Finding => monotonic(series, true);

/** Between neighbours a series changes by `low` to `high` per millisecond. */
export function rateWithin(series: Series, low: number, high: number): Finding {
  const limit = `${figure(low)} to ${figure(high)} per ms`;
  return judgeKnown(series, 2, (points) => {
    const rates = pairs(series, points).map(([a, b]) => ({ atMs: b.atMs, dt: b.atMs - a.atMs, dv: b.value - a.value }));
    const still = rates.find(({ dt }) => dt <= 0);
    if (still !== undefined)
      return { outcome: "inconclusive", message: `has two samples ${at(still.atMs)}`, limit, atMs: still.atMs };
    const broken = rates.find(({ dt, dv }) => dv / dt < low || dv / dt > high);
    if (broken === undefined)
      return { outcome: "pass", message: `changes by ${limit}, in ${points.length} samples`, limit };
    const found = broken.dv / broken.dt;
    return {
      outcome: "fail",
      message: `changes by ${figure(found)} per ms ${at(broken.atMs)}, not by ${limit}`,
      found,
      limit,
      atMs: broken.atMs,
    };
  });
}

/** From `warmupMs` after its first sample on, a series stays within a share of its mean: 0.1 is a tenth up or down. */
export function steadyWithin(series: Series, warmupMs: number, tolerance: number): Finding {
  const begin = (series.points[0]?.atMs ?? 0) + warmupMs;
  const warm = { ...series, points: series.points.filter(({ atMs }) => atMs >= begin) };
  return judgeKnown(warm, 3, (points) => {
    const average = mean(points.map(({ value }) => value));
    if (average === 0) return { outcome: "inconclusive", message: "has a mean of 0", limit: tolerance };
    const off = points.map(({ atMs, value }) => ({
      atMs,
      value,
      share: Math.abs(value - average) / Math.abs(average),
    }));
    const worst = off.reduce((a, b) => (b.share > a.share ? b : a));
    const message = `is ${figure(worst.value)} ${at(worst.atMs)}, ${figure(worst.share * 100)} % off its mean ${figure(average)}; ${figure(tolerance * 100)} % is allowed`;
    return {
      outcome: worst.share <= tolerance ? "pass" : "fail",
      message,
      found: worst.share,
      limit: tolerance,
      atMs: worst.atMs,
    };
  });
}

/** Until `deadlineMs` after its first sample, three samples in a row are within `tolerance` of `target`. */
export function convergesTo(series: Series, target: number, tolerance: number, deadlineMs: number): Finding {
  const limit = `${figure(target)} ± ${figure(tolerance)}`;
  const last = (series.points[0]?.atMs ?? 0) + deadlineMs;
  return judgeKnown(series, arrivedAfter, (points) => {
    const inTime = points.filter(({ atMs }) => atMs <= last);
    const arrived = inTime.find((_, index) => {
      const row = inTime.slice(Math.max(0, index - arrivedAfter + 1), index + 1);
      const isInBand = row.every(({ value }) => Math.abs(value - target) <= tolerance);
      return row.length === arrivedAfter && isInBand && pairs(series, row).length === arrivedAfter - 1;
    });
    if (arrived !== undefined)
      return {
        outcome: "pass",
        message: `is at ${limit} ${at(arrived.atMs)}`,
        found: arrived.value,
        limit,
        atMs: arrived.atMs,
      };
    const found = inTime.at(-1);
    const message = `is ${found === undefined ? "not sampled" : figure(found.value)} ${at(last)}, not at ${limit} for ${arrivedAfter} samples`;
    return { outcome: "fail", message, limit, atMs: last, ...(found === undefined ? {} : { found: found.value }) };
  });
}

/** Every sample is there and fulfils a condition. @param words completes "is not …" */
export function alwaysTrue(series: Series, holds: (value: number, atMs: number) => boolean, words: string): Finding {
  const { points, missing, nanAtMs } = known(series.points);
  if (nanAtMs !== null)
    return finding(series, { outcome: "fail", message: `is no number ${at(nanAtMs)}`, atMs: nanAtMs });
  if (missing > 0)
    return finding(series, {
      outcome: "fail",
      message: `lacks ${missing} of ${series.points.length} samples`,
      limit: words,
    });
  const broken = points.find(({ value, atMs }) => !holds(value, atMs));
  if (broken !== undefined)
    return finding(series, {
      outcome: "fail",
      message: `is ${figure(broken.value)} ${at(broken.atMs)}, not ${words}`,
      found: broken.value,
      limit: words,
      atMs: broken.atMs,
    });
  return finding(series, { outcome: "pass", message: `is ${words} in ${points.length} samples`, limit: words });
}

/** Every sample is there and within these bounds. */
export const each = (series: Series, bounds: { readonly atLeast?: number; readonly atMost?: number }): Finding =>
  alwaysTrue(series, (value) => isWithinBounds(value, bounds), boundsText(bounds));

/** Sample by sample, one series over another is `low` to `high`; moments that one of them lacks are left out. */
export function ratioWithin(series: Series, base: Series, low: number, high: number): Finding {
  const limit = `${figure(low)} to ${figure(high)}`;
  const bases = new Map(base.points.map(({ atMs, value }) => [atMs, value]));
  const ratios = series.points.map(({ atMs, value }) => {
    const under = bases.get(atMs) ?? null;
    return {
      atMs,
      value: value === null || under === null ? null : under === 0 ? Number.POSITIVE_INFINITY : value / under,
    };
  });
  return judgeKnown({ ...series, label: `${series.label} over ${base.label}`, points: ratios }, 1, (points) => {
    const zero = points.find(({ value }) => value === Number.POSITIVE_INFINITY);
    if (zero !== undefined)
      return { outcome: "inconclusive", message: `has a base of 0 ${at(zero.atMs)}`, limit, atMs: zero.atMs };
    const broken = points.find(({ value }) => value < low || value > high);
    if (broken === undefined) return { outcome: "pass", message: `is ${limit} in ${points.length} samples`, limit };
    return {
      outcome: "fail",
      message: `is ${figure(broken.value)} ${at(broken.atMs)}, not ${limit}`,
      found: broken.value,
      limit,
      atMs: broken.atMs,
    };
  });
}
