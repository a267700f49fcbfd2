import type { GroupUsage } from "../../cgroup/index.ts";
import type { SeriesMetric } from "../model/index.ts";
import { seriesMetricNames } from "../model/index.ts";
import type { Moment } from "./phase-record.ts";

/** A value of each; null: this host or this group has nothing that tells. Never 0 for what was not measured. */
export type SeriesValues = Readonly<Record<SeriesMetric, number | null>>;

/** Everything null. */
export const emptyValues = Object.fromEntries(seriesMetricNames.map((name) => [name, null])) as SeriesValues;

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
