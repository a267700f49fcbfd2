import type { MonitorCpu, MonitorSample } from "../../record/index.ts";
import { imbalanceOf } from "../../record/index.ts";
import type { MonitorCheck } from "./limits.ts";

/** A reading of one look, or of what changed since the look before; found is null where this host does not tell. */
export interface Reading {
  readonly atMs: number;
  /** Null: of the host. */
  readonly cpu: number | null;
  readonly found: number | null;
}

/** The part of a stretch that the host of a guest took away, from which on a clock may stand: the guest did not run. */
const stolenShare = 0.5;

const ratio = (sample: MonitorSample): Reading => ({ atMs: sample.atMs, cpu: null, found: imbalanceOf(sample) });

const cpuBefore = (before: MonitorSample, cpu: number): MonitorCpu | undefined =>
  before.cpus.find((one) => one.cpu === cpu);

/** 1 for a clock that stood while tasks were runnable, 0 for one that went on or had no reason to. */
function clockStood(now: MonitorCpu, before: MonitorCpu | undefined, elapsedMs: number): number | null {
  if (before === undefined || now.rqClockNs === null || before.rqClockNs === null) return null;
  const isIdle = now.nrRunning === 0 || before.nrRunning === 0;
  const stolen = (now.stolenMs ?? 0) - (before.stolenMs ?? 0);
  const wasPreempted = stolen >= elapsedMs * stolenShare;
  return !isIdle && !wasPreempted && now.rqClockNs === before.rqClockNs ? 1 : 0;
}

type Counter = "selectCpuFallbacks" | "dispatchKeepLasts";

function rate(counter: Counter, now: MonitorSample, before: MonitorSample): Reading {
  const [a, b] = [before[counter], now[counter]];
  const elapsedSec = (now.atMs - before.atMs) / 1000;
  return {
    atMs: now.atMs,
    cpu: null,
    found: a === null || b === null || elapsedSec <= 0 ? null : (b - a) / elapsedSec,
  };
}

type Signal = (samples: readonly MonitorSample[]) => readonly Reading[];

const perPair =
  (read: (now: MonitorSample, before: MonitorSample) => readonly Reading[]): Signal =>
  (samples) =>
    samples.flatMap((now, at) => {
      const before = samples[at - 1];
      return before === undefined ? [] : read(now, before);
    });

/** What each check reads of the samples, in the order of time. */
export const signals: Readonly<Record<MonitorCheck, Signal>> = {
  maxImbalanceRatio: (samples) => samples.map(ratio),
  maxLocalDsqDepth: (samples) =>
    samples.flatMap(({ atMs, cpus }) => cpus.map(({ cpu, localDsqDepth }) => ({ atMs, cpu, found: localDsqDepth }))),
  failOnRqClockStuck: perPair((now, before) =>
    now.cpus.map((one) => ({
      atMs: now.atMs,
      cpu: one.cpu,
      found: clockStood(one, cpuBefore(before, one.cpu), now.atMs - before.atMs),
    })),
  ),
  maxFallbackRate: perPair((now, before) => [rate("selectCpuFallbacks", now, before)]),
  maxKeepLastRate: perPair((now, before) => [rate("dispatchKeepLasts", now, before)]),
};
