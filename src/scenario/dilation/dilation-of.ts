import type { Dilation, DilationCosts } from "../record/index.ts";

/** What `corral-worker gauge` is asked: a few milliseconds on a machine of nominal speed, some tenths of a second on an emulated one. */
export const gaugeSettings = { rounds: 12, turns: 10_000, sleepUs: 500 } as const;

/**
 * What it is asked on a slow machine once more, with every CPU busy: rounds that are longer than the turns by which an emulator gives its
 * one processor to the CPUs of a guest.
 */
export const busySettings = { rounds: 2, turns: 300_000, sleepUs: 0 } as const;

/** What a round costs on a machine of nominal speed (a shared x86-64 server of 2021, Linux 6), nanoseconds. */
export const nominalCosts = { compute: 100_000, timer: 65_000, process: 150_000 } as const;

/** A machine on which the quickest round of computing costs less than this many times the nominal is none of the slow ones. */
export const slowFrom = 1.5;
/** No factor is above: what takes longer than that hangs. */
export const mostFactor = 50;

/** One round: nanoseconds. */
export interface GaugeRound {
  readonly compute: number;
  readonly timer: number;
  readonly process: number;
}

/** Reads what `corral-worker gauge` prints (native/BOUNDARY.md); lines that are none are left out. */
export function readGauge(text: string): readonly GaugeRound[] {
  return text.split("\n").flatMap((line) => {
    const [, compute, timer, process] = /^round (\d+) (\d+) (\d+)$/.exec(line) ?? [];
    return process === undefined ? [] : [{ compute: Number(compute), timer: Number(timer), process: Number(process) }];
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const tenths = (value: number): number => Math.round(value * 10) / 10;

const bounded = (factor: number): number => tenths(Math.min(factor, mostFactor));

function factorsOf({ computeBest, compute, computeBusy, process }: DilationCosts): Omit<Dilation, "source" | "costs"> {
  if (computeBest < slowFrom) return { factor: 1, rateFactor: 1, setupFactor: 1 };
  const busy = Math.max(computeBest, computeBusy ?? 0);
  const setup = Math.max(compute, busy);
  return {
    factor: bounded(computeBest),
    rateFactor: bounded(busy),
    setupFactor: bounded(Math.sqrt(setup * Math.max(setup, process))),
  };
}

/**
 * How much slower time is on the machine that was measured. Load makes every machine slow, and limits in time are made for loaded
 * machines: so the quickest round of computing decides whether this is a slow one, and how slow. What workers get done is less by as much as
 * computing is slower with every CPU busy. Set-up, which computes and makes processes, has to be waited for by the mean (geometric)
 * of both, as they were most of the time.
 * @param busy rounds of `busySettings`; empty: not measured
 * @returns factors of 1 exactly for a machine that is none of the slow ones; `unknown` without a round
 */
export function dilationOf(rounds: readonly GaugeRound[], busy: readonly GaugeRound[] = []): Dilation {
  if (rounds.length === 0) return { factor: 1, rateFactor: 1, setupFactor: 1, source: "unknown", costs: null };
  const ratio = (name: keyof GaugeRound): number =>
    tenths(median(rounds.map((round) => round[name])) / nominalCosts[name]);
  const best = Math.min(...rounds.map(({ compute }) => compute)) / nominalCosts.compute;
  const nominalBusy = (nominalCosts.compute * busySettings.turns) / gaugeSettings.turns;
  const busyMean = busy.reduce((sum, { compute }) => sum + compute, 0) / busy.length;
  const costs = {
    // Down: what is below the bound stays below.
    computeBest: Math.floor(best * 10) / 10,
    compute: ratio("compute"),
    computeBusy: busy.length === 0 ? null : tenths(busyMean / nominalBusy),
    timer: ratio("timer"),
    process: ratio("process"),
  };
  return { ...factorsOf(costs), source: "measured", costs };
}
