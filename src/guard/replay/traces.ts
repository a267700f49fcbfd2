import type { Random } from "../../policy/workload/index.ts";

/** The memory of one agent from a moment on. */
export interface TracePoint {
  readonly atMs: number;
  readonly mib: number;
}

/** The memory of one agent: points in order of time, the first at 0. The last point's level holds until the end. */
export interface Trace {
  readonly points: readonly TracePoint[];
  readonly durationMs: number;
}

/** What the generator draws from; the ranges are those that were published of 144 coding tasks (docs/guard.md). */
export interface TraceShape {
  readonly durationMs: number;
  /** What the agent's own programs have before any tool runs. */
  readonly baseMib: readonly [number, number];
  /** How far a burst goes above what there is. */
  readonly burstMib: readonly [number, number];
  /** For how long a burst is above half of its height. */
  readonly burstMs: readonly [number, number];
  /** From the begin of a burst to that of the next. */
  readonly everyMs: readonly [number, number];
  /** The part of the time in which bursts begin. */
  readonly heavy: readonly [number, number];
  /** What retries leave behind all in all. */
  readonly retainedMib: readonly [number, number];
  /** Most that the memory changes in a second. */
  readonly mibPerSec: number;
}

/** The published figures at full size: 185 MB at rest, bursts of 0.5 to 4 GB for 1 to 2 s, peaks at about 65 % of the time. */
export const publishedShape: TraceShape = {
  durationMs: 486_000,
  baseMib: [183, 188],
  burstMib: [500, 3900],
  burstMs: [1100, 1800],
  everyMs: [20_000, 45_000],
  heavy: [0.4, 0.8],
  retainedMib: [0, 200],
  mibPerSec: 2900,
};

/** Ramps are drawn as steps of this length. */
const rampStepMs = 100;

const between = (random: Random, [low, high]: readonly [number, number]): number => low + random.unit() * (high - low);

/** Small bursts are more frequent than large ones: the logarithm is even. */
const logBetween = (random: Random, [low, high]: readonly [number, number]): number =>
  low * (high / low) ** random.unit();

interface Burst {
  readonly atMs: number;
  readonly mib: number;
  readonly lastsMs: number;
}

function drawBursts(random: Random, shape: TraceShape): readonly Burst[] {
  const [from, to] = shape.heavy;
  const bursts: Burst[] = [];
  const untilMs = shape.durationMs * to;
  for (
    let atMs = shape.durationMs * from + random.unit() * shape.everyMs[0];
    atMs < untilMs;
    atMs += between(random, shape.everyMs)
  )
    bursts.push({ atMs, mib: logBetween(random, shape.burstMib), lastsMs: between(random, shape.burstMs) });
  return peakAt(bursts, shape.durationMs * 0.65);
}

/** The largest burst changes places with the one that is next to the moment of the peak. */
function peakAt(bursts: readonly Burst[], peakMs: number): readonly Burst[] {
  const largest = bursts.reduce((best, one, index) => (one.mib > (bursts[best]?.mib ?? 0) ? index : best), 0);
  const near = (index: number): number => Math.abs((bursts[index]?.atMs ?? 0) - peakMs);
  const nearest = bursts.reduce((best, _, index) => (near(index) < near(best) ? index : best), 0);
  const mibAt = (index: number): number => bursts[index]?.mib ?? 0;
  const swapped = new Map([
    [largest, mibAt(nearest)],
    [nearest, mibAt(largest)],
  ]);
  return bursts.map((burst, index) => ({ ...burst, mib: swapped.get(index) ?? burst.mib }));
}

/** Up in steps, a while at the top, down in steps: above half of the height for as long as it is to last. */
function burstPoints({ atMs, mib, lastsMs }: Burst, floorMib: number, leftMib: number, rate: number): TracePoint[] {
  const steps = Math.max(1, Math.ceil((mib / rate) * (1000 / rampStepMs)));
  const rampMs = steps * rampStepMs;
  // Of both ramps together so many steps are above the half.
  const holdMs = Math.max(0, lastsMs - (steps - 1 + (steps % 2)) * rampStepMs);
  const point = (offsetMs: number, level: number): TracePoint => ({ atMs: atMs + offsetMs, mib: level });
  const up = Array.from({ length: steps }, (_, at) => point(at * rampStepMs, floorMib + (mib * (at + 1)) / steps));
  const down = Array.from({ length: steps }, (_, at) =>
    point(rampMs + holdMs + at * rampStepMs, Math.max(leftMib, floorMib + mib * (1 - (at + 1) / steps))),
  );
  return [...up, ...down];
}

/**
 * A trace that has the statistics of the shape, the same for the same stream of random numbers: a base, a quiet begin, tool
 * calls with bursts, each of which leaves a little behind.
 */
export function generateTrace(random: Random, shape: TraceShape): Trace {
  const baseMib = between(random, shape.baseMib);
  const retainedMib = between(random, shape.retainedMib);
  const bursts = drawBursts(random, shape);
  const points: TracePoint[] = [{ atMs: 0, mib: baseMib }];
  bursts.forEach((burst, index) => {
    const left = (count: number): number => baseMib + (retainedMib * count) / bursts.length;
    points.push(...burstPoints(burst, left(index), left(index + 1), shape.mibPerSec));
  });
  return { points, durationMs: shape.durationMs };
}

/** The same trace with another base and peak; everything above the base keeps its proportion, which is how 4 GB fit into 100 MiB. */
export function scaleTrace(trace: Trace, to: { readonly baseMib: number; readonly peakMib: number }): Trace {
  const levels = trace.points.map(({ mib }) => mib);
  const base = levels[0] ?? 0;
  const span = Math.max(...levels) - base;
  const factor = span === 0 ? 0 : (to.peakMib - to.baseMib) / span;
  return { ...trace, points: trace.points.map(({ atMs, mib }) => ({ atMs, mib: to.baseMib + (mib - base) * factor })) };
}

const pagesPerMib = 256;

/** The trace as `corral-worker trace --steps` takes it, so many times as fast. */
export function toSteps({ points, durationMs }: Trace, speed: number): string {
  const last = points.at(-1) ?? { atMs: 0, mib: 0 };
  const all = durationMs > last.atMs ? [...points, { atMs: durationMs, mib: last.mib }] : points;
  return all
    .map(({ atMs, mib }, index) => {
      const waitMs = index === 0 ? 0 : atMs - (all[index - 1]?.atMs ?? 0);
      return `${Math.round((waitMs * 1000) / speed)}:${Math.max(1, Math.round(mib * pagesPerMib))}`;
    })
    .join(",");
}
