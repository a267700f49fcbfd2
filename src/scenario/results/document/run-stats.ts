import { total } from "../../../report/index.ts";
import { leastIterationsForTail } from "../../metrics/index.ts";
import type { MonitorSample, RunRecord } from "../../record/index.ts";
import { imbalanceOf } from "../../record/index.ts";
import type { ScenarioDocument } from "./schema.ts";

const known = (values: readonly (number | null | undefined)[]): number[] => values.flatMap((value) => value ?? []);
const most = (values: readonly (number | null | undefined)[]): number | null => {
  const numbers = known(values);
  return numbers.length === 0 ? null : Math.max(...numbers);
};
/** The lowest that is not 0: a group that did nothing says nothing of how near its pages were. */
const leastAboveZero = (values: readonly (number | null | undefined)[]): number | null => {
  const numbers = known(values).filter((value) => value > 0);
  return numbers.length === 0 ? null : Math.min(...numbers);
};

export const deepestQueue = ({ cpus }: MonitorSample): number | null =>
  most(cpus.map(({ localDsqDepth }) => localDsqDepth));

/** Growth of a counter of the monitor; null with fewer than two looks that have it. */
export function growth(
  samples: readonly MonitorSample[],
  counter: "selectCpuFallbacks" | "dispatchKeepLasts",
): { readonly by: number; readonly ms: number } | null {
  const having = samples.filter((sample) => sample[counter] !== null);
  const [first, last] = [having[0], having.at(-1)];
  if (first === undefined || last === undefined || first === last) return null;
  return { by: (last[counter] ?? 0) - (first[counter] ?? 0), ms: last.atMs - first.atMs };
}

type Stats = ScenarioDocument["stats"];

/** Figures of the whole run, of those of its groups and phases. */
export function runStats(
  { monitor, stalled, works }: RunRecord,
  groups: ScenarioDocument["cgroups"],
  phases: ScenarioDocument["phases"],
): Stats {
  const anything = works.length > 0;
  const wakes = groups.map(({ latencies }) => latencies.find(({ kind }) => kind === "wake"));
  const iterations = total(groups.map((group) => group.iterations));
  const measured = phases.filter(({ elapsed_ms }) => elapsed_ms !== null && elapsed_ms > 0);
  const elapsedMs = total(measured.map(({ elapsed_ms }) => elapsed_ms ?? 0));
  return {
    worst_spread_pct: most(groups.map(({ spread_pct }) => spread_pct)),
    worst_gap_ms: most(groups.map(({ max_gap_ms }) => max_gap_ms)),
    total_migrations: anything ? total(groups.map(({ migrations }) => migrations)) : null,
    worst_migration_ratio: most(groups.map(({ migration_ratio }) => migration_ratio)),
    max_imbalance_ratio: most(monitor.map(imbalanceOf)),
    max_dsq_depth: most(monitor.map(deepestQueue)),
    stall_count: stalled.length,
    total_fallback: growth(monitor, "selectCpuFallbacks")?.by ?? null,
    total_keep_last: growth(monitor, "dispatchKeepLasts")?.by ?? null,
    worst_p99_wake_latency_us: most(wakes.map((wake) => wake?.p99_us)),
    worst_median_wake_latency_us: most(wakes.map((wake) => wake?.p50_us)),
    worst_wake_latency_cv: most(wakes.map((wake) => wake?.cv)),
    total_iterations: anything ? iterations : null,
    worst_mean_run_delay_us: most(groups.map(({ mean_run_delay_us }) => mean_run_delay_us)),
    worst_run_delay_us: most(groups.map(({ worst_run_delay_us }) => worst_run_delay_us)),
    worst_wake_latency_tail_ratio:
      iterations < leastIterationsForTail ? null : most(groups.map((group) => group.wake_latency_tail_ratio)),
    worst_iterations_per_worker: leastAboveZero(groups.map((group) => group.iterations_per_worker)),
    worst_page_locality: leastAboveZero(groups.map(({ page_locality }) => page_locality)),
    worst_cross_node_migration_ratio: most(groups.map((group) => group.cross_node_migration_ratio)),
    iteration_rate: elapsedMs > 0 ? (total(measured.map((phase) => phase.iterations)) / elapsedMs) * 1000 : null,
  };
}
