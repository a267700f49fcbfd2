import type { Moment } from "./phase-record.ts";

/** Where a scenario ran. What could not be read is null. */
export interface HostRecord {
  readonly hostname: string;
  /** `uname -r` and `-m`. */
  readonly kernel: string;
  readonly machine: string;
  readonly cpuModel: string | null;
  readonly cpus: readonly number[];
  /** CPUs that scenarios use: all but the one that is kept. */
  readonly usableCpus: readonly number[];
  /** CPUs of each last-level cache and of each memory node, by number. */
  readonly llcs: readonly (readonly number[])[];
  readonly nodes: Readonly<Record<number, readonly number[]>>;
  /** `{nodes}n{llcs}l{cores per llc}c{threads}t`. */
  readonly topology: string;
  readonly memoryBytes: number;
  /** How much slower time-bound work is than on the machine itself: 1 there, more in an emulated guest. Limits scale with it. */
  readonly dilation: number;
  /** Null: the kernel's own. */
  readonly scheduler: string | null;
}

/** One CPU at one look of the monitor. */
export interface MonitorCpu {
  readonly cpu: number;
  /** Tasks that run or wait on its run queue. */
  readonly nrRunning: number;
  /** The run queue's clock; null where the kernel does not show it. */
  readonly rqClockNs: number | null;
  /** Tasks in its local dispatch queue; null without a sched_ext scheduler that tells. */
  readonly localDsqDepth: number | null;
  /** Time that the host of a guest took, so far (/proc/stat); null where unknown. */
  readonly stolenMs: number | null;
}

/** The longest run queue over the shortest, which counts as one when it is empty; null without CPUs. */
export function imbalanceOf({ cpus }: Pick<MonitorSample, "cpus">): number | null {
  const queues = cpus.map(({ nrRunning }) => nrRunning);
  return queues.length === 0 ? null : Math.max(...queues) / Math.max(1, Math.min(...queues));
}

/** One look of the monitor at the host, about every 100 ms. */
export interface MonitorSample {
  readonly atMs: Moment;
  readonly cpus: readonly MonitorCpu[];
  /** Counters of sched_ext so far (SCX_EV_SELECT_CPU_FALLBACK, SCX_EV_DISPATCH_KEEP_LAST); null without them. */
  readonly selectCpuFallbacks: number | null;
  readonly dispatchKeepLasts: number | null;
}
