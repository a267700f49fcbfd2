import type { GroupUsage } from "../../cgroup/index.ts";
import type { Moment } from "./phase-record.ts";

/**
 * What is sampled of a group. counter: only grows, and its rate says something; gauge: goes up and down. The unit is the
 * name's last part; counts have none.
 */
export const seriesMetrics = {
  cpu_total_us: "counter",
  cpu_user_us: "counter",
  cpu_sys_us: "counter",
  nr_periods: "counter",
  nr_throttled: "counter",
  throttled_us: "counter",
  memory_current_bytes: "gauge",
  memory_peak_bytes: "gauge",
  swap_current_bytes: "gauge",
  pids_current: "gauge",
  memory_high_hits: "counter",
  memory_max_hits: "counter",
  oom_kills: "counter",
  pids_max_hits: "counter",
  io_read_bytes: "counter",
  io_write_bytes: "counter",
  psi_cpu_some_us: "counter",
  psi_cpu_full_us: "counter",
  psi_memory_some_us: "counter",
  psi_memory_full_us: "counter",
  psi_io_some_us: "counter",
  psi_io_full_us: "counter",
  /** Of all workers in the group, since they began. */
  iterations: "counter",
  work_units: "counter",
} as const satisfies Readonly<Record<string, "counter" | "gauge">>;

export type SeriesMetric = keyof typeof seriesMetrics;

/** A value of each; null: this host or this group has nothing that tells. Never 0 for what was not measured. */
export type SeriesValues = Readonly<Record<SeriesMetric, number | null>>;

/** Everything null. */
export const emptyValues = Object.fromEntries(Object.keys(seriesMetrics).map((name) => [name, null])) as SeriesValues;

/** What `readUsage` found, as values; what is now (memory, swap, pids) and what workers did is for the caller to add. */
export function usageValues({ psi, swap_peak_bytes: _swap, pids_peak: _pids, ...usage }: GroupUsage): SeriesValues {
  return {
    ...emptyValues,
    ...usage,
    psi_cpu_some_us: psi.cpu?.some_us ?? null,
    psi_cpu_full_us: psi.cpu?.full_us ?? null,
    psi_memory_some_us: psi.memory?.some_us ?? null,
    psi_memory_full_us: psi.memory?.full_us ?? null,
    psi_io_some_us: psi.io?.some_us ?? null,
    psi_io_full_us: psi.io?.full_us ?? null,
  };
}

/** One look at a group. */
export interface GroupSample {
  readonly atMs: Moment;
  readonly values: SeriesValues;
}

/** A group of the scenario from its making to its end. A name that was made again has a record of its own. */
export interface GroupRecord {
  readonly name: string;
  /** Step that made it, from 0; null: the backdrop. */
  readonly step: number | null;
  readonly madeMs: Moment;
  readonly removedMs: Moment;
  /** CPUs of every cpuset.cpus it was given, in order; null: inherited. */
  readonly cpusets: readonly { readonly atMs: Moment; readonly cpus: readonly number[] | null }[];
  /** In order of time, the first after its making and the last before its end. */
  readonly samples: readonly GroupSample[];
  /** Captured processes by tag, in the order of the captures. */
  readonly captures: readonly { readonly tag: string; readonly atMs: Moment; readonly pids: readonly number[] }[];
}
