import type { CpuAlert } from "../backend.ts";
import type { SchedulerCounters, SchedulerSample } from "./lines.ts";
import { counterNames } from "./lines.ts";
import type { SchedulerOptions } from "./options.ts";

/** What one group used in an interval. */
export interface SchedulerGroupUse {
  /** Below the cgroup v2 mount, `/` for the root; null when the group is gone. */
  readonly path: string | null;
  /** Inode number of its directory. */
  readonly id: number;
  readonly weight: number;
  /** CPU time of its own tasks, and the same in percent of one CPU. */
  readonly cpu_ms: number;
  readonly cpu_percent: number;
  /** Its own tasks that run or wait to. */
  readonly runnable: number;
}

/** A line of `corral scheduler --json`: corral.scheduler/1. */
export type SchedulerDocument =
  | {
      readonly event: "START";
      readonly schema: "corral.scheduler/1";
      /** Wall clock, RFC 3339. */
      readonly time: string;
      readonly mode: "partial" | "full";
      readonly slice_us: number;
      readonly fifo: boolean;
      readonly interval_sec: number;
      readonly watchdog_sec: number;
      /** Threads that were given to the scheduler. */
      readonly adopted: number;
    }
  | {
      readonly event: "STATS";
      /** CLOCK_MONOTONIC, nanoseconds. */
      readonly timestamp: number;
      readonly interval_sec: number;
      /** Of all groups, in percent of one CPU. */
      readonly cpu_percent: number;
      readonly counters: SchedulerCounters;
      readonly groups: readonly SchedulerGroupUse[];
      /** Threads that were given to the scheduler since the line before. */
      readonly adopted: number;
    }
  | {
      readonly event: "ALERT";
      readonly kind: CpuAlert["kind"];
      readonly reason: string;
      readonly message: string;
      readonly exit_kind: number | null;
      readonly state: string;
    }
  | { readonly event: "END"; readonly reason: string };

export type SchedulerStats = Extract<SchedulerDocument, { event: "STATS" }>;

/** The first line. */
export const toStart = (options: SchedulerOptions, adopted: number, time: string): SchedulerDocument => ({
  event: "START",
  schema: "corral.scheduler/1",
  time,
  mode: options.full ? "full" : "partial",
  slice_us: options.sliceUs,
  fifo: options.fifo,
  interval_sec: options.intervalMs / 1000,
  watchdog_sec: options.timeoutMs / 1000,
  adopted,
});

/** What is told when the scheduler ended by itself. */
export const toAlert = ({ kind, reason, message, exitKind, state }: CpuAlert): SchedulerDocument => ({
  event: "ALERT",
  kind,
  reason,
  message,
  exit_kind: exitKind,
  state,
});

const rounded = (value: number, places: number): number => Number(value.toFixed(places));

/** Makes intervals of samples, which count from the start of the scheduler; the first interval begins with it, at `startNs`. */
export class SchedulerIntervals {
  readonly #nameOf: (id: number) => string | null;
  readonly #ran = new Map<number, number>();
  #counters: SchedulerCounters | null = null;
  #atNs: number;

  constructor(startNs: number, nameOf: (id: number) => string | null) {
    this.#atNs = startNs;
    this.#nameOf = nameOf;
  }

  /** What happened since the sample before; groups that used most come first. */
  take({ atNs, counters, groups }: SchedulerSample, adopted: number): SchedulerStats {
    const spanNs = Math.max(1, atNs - this.#atNs);
    const before = this.#counters;
    const deltas = counterNames.map((name) => [name, counters[name] - (before?.[name] ?? 0)] as const);
    const uses = groups.map(({ id, weight, ranNs, runnable }) => {
      const used = Math.max(0, ranNs - (this.#ran.get(id) ?? 0));
      this.#ran.set(id, ranNs);
      const percent = rounded((100 * used) / spanNs, 1);
      return { path: this.#nameOf(id), id, weight, cpu_ms: rounded(used / 1e6, 1), cpu_percent: percent, runnable };
    });
    this.#atNs = atNs;
    this.#counters = counters;
    return {
      event: "STATS",
      timestamp: atNs,
      interval_sec: rounded(spanNs / 1e9, 3),
      cpu_percent: rounded(
        uses.reduce((sum, one) => sum + one.cpu_percent, 0),
        1,
      ),
      counters: Object.fromEntries(deltas) as SchedulerCounters,
      groups: uses.toSorted((a, b) => b.cpu_ms - a.cpu_ms),
      adopted,
    };
  }
}
