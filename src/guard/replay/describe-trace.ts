import type { Trace } from "./traces.ts";

/** What was published of traces, found in one of ours. */
export interface TraceStatistics {
  readonly baseMib: number;
  readonly peakMib: number;
  readonly peakToAverage: number;
  /** When the peak is, as a part of the whole time. */
  readonly peakAt: number;
  /** Most that one second changed. */
  readonly mostMibPerSec: number;
  /** Seconds that changed more than 100 MiB, as a part of all. */
  readonly restlessShare: number;
  /** For how long each burst was above half of its height. */
  readonly burstsMs: readonly number[];
  readonly burstsMib: readonly number[];
}

const sampleMs = 1000;
const fineMs = 10;
const restlessMib = 100;

/** The level at every multiple of `everyMs`. */
function sample({ points, durationMs }: Trace, everyMs: number): readonly number[] {
  const samples: number[] = [];
  let next = 0;
  for (let atMs = 0; atMs < durationMs; atMs += everyMs) {
    while ((points[next]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) next += 1;
    samples.push(points[next - 1]?.mib ?? 0);
  }
  return samples;
}

/** Stretches of time in which the memory was `overMib` above what it came from. */
function stretches(levels: readonly number[], overMib: number): readonly (readonly number[])[] {
  const found: number[][] = [];
  let floor = levels[0] ?? 0;
  let current: number[] | null = null;
  for (const level of levels) {
    if (level > floor + overMib) {
      if (current === null) {
        current = [];
        found.push(current);
      }
      current.push(level - floor);
    } else {
      current = null;
      floor = level;
    }
  }
  return found;
}

function aboveHalf(heights: readonly number[]): number {
  const half = Math.max(...heights) / 2;
  return heights.filter((height) => height > half).length;
}

/** @returns the statistics of a trace, from samples of one second as the published ones were */
export function describeTrace(trace: Trace): TraceStatistics {
  const levels = sample(trace, sampleMs);
  const fine = sample(trace, fineMs);
  const changes = levels.slice(1).map((level, index) => Math.abs(level - (levels[index] ?? 0)));
  const peakMib = Math.max(...fine);
  const bursts = stretches(fine, restlessMib);
  return {
    baseMib: levels[0] ?? 0,
    peakMib,
    peakToAverage: peakMib / (fine.reduce((sum, level) => sum + level, 0) / fine.length),
    peakAt: fine.indexOf(peakMib) / fine.length,
    mostMibPerSec: Math.max(...changes),
    restlessShare: changes.filter((change) => change > restlessMib).length / changes.length,
    burstsMs: bursts.map((burst) => aboveHalf(burst) * fineMs),
    burstsMib: bursts.map((burst) => Math.max(...burst)),
  };
}
