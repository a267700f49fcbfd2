import { total } from "../../../report/index.ts";
import type { WorkRecord } from "../../record/index.ts";
import { expectedNodes } from "../../record/index.ts";
import type { WorkerReport } from "../../workers/index.ts";
import { offCpuPct, onePerProcess, pagesOf, pagesOn } from "../../workers/index.ts";
import type { LatencyStats } from "./latencies.ts";
import { latencyStats } from "./latencies.ts";
import type { ScenarioDocument } from "./schema.ts";

export type WorkerStats = Omit<ScenarioDocument["cgroups"][number], "cgroup">;

const ratio = (over: number, under: number): number | null => (under > 0 ? over / under : null);
const most = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.max(...values));
const least = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.min(...values));

/** Figures of workers, of samples and counts of all of them: never means of means. */
export function workerStats(works: readonly WorkRecord[]): WorkerStats {
  const reports = works.flatMap((work) => work.reports);
  const of = (read: (report: WorkerReport) => number): number[] => reports.map(read);
  const iterations = total(of((report) => report.iterations));
  const migrations = total(of((report) => report.migrations));
  const cpuSec = total(of((report) => report.cpuTimeNs)) / 1e9;
  const delaysUs = of(({ runDelayNs }) => runDelayNs / 1000);
  const latencies = latencyStats(reports);
  return {
    workers: reports.length,
    cpus_used: [...new Set(reports.flatMap(({ cpusUsed }) => cpusUsed))].toSorted((a, b) => a - b),
    ...offCpu(reports),
    ...longestGap(reports),
    migrations,
    migration_ratio: ratio(migrations, iterations),
    iterations,
    iterations_per_worker: ratio(iterations, reports.length),
    iterations_per_cpu_sec: ratio(iterations, cpuSec),
    work_units: total(of(({ workUnits }) => workUnits)),
    cpu_time_sec: cpuSec,
    mean_run_delay_us: ratio(total(delaysUs), reports.length),
    worst_run_delay_us: most(delaysUs),
    page_locality: locality(works),
    cross_node_migration_ratio: moved(reports),
    wake_latency_tail_ratio: tailRatio(latencies),
    latencies,
  };
}

function offCpu(reports: readonly WorkerReport[]) {
  const shares = reports.flatMap((report) => offCpuPct(report) ?? []);
  const [low, high] = [least(shares), most(shares)];
  return {
    avg_off_cpu_pct: ratio(total(shares), shares.length),
    min_off_cpu_pct: low,
    max_off_cpu_pct: high,
    spread_pct: low === null || high === null || shares.length < 2 ? null : high - low,
  };
}

/** The gap and where it was go together. */
function longestGap(reports: readonly WorkerReport[]) {
  const [longest] = reports.toSorted((a, b) => b.maxGapNs - a.maxGapNs);
  return { max_gap_ms: longest === undefined ? null : longest.maxGapNs / 1e6, max_gap_cpu: longest?.maxGapCpu ?? null };
}

/** Of the workers that have a cpuset: the share of their pages that is on its nodes. */
function locality(works: readonly WorkRecord[]): number | null {
  const processes = new Set(onePerProcess(works.flatMap(({ reports }) => reports)));
  const bound = works.flatMap((work) => {
    const nodes = expectedNodes(work);
    return nodes === null
      ? []
      : work.reports.filter((report) => processes.has(report)).map((report) => ({ report, nodes }));
  });
  const near = total(bound.map(({ report, nodes }) => pagesOn(report, nodes)));
  return ratio(near, total(bound.map(({ report }) => pagesOf(report))));
}

function moved(reports: readonly WorkerReport[]): number | null {
  const known = reports.flatMap(({ numaPagesMigrated }) => numaPagesMigrated ?? []);
  return known.length === 0 ? null : ratio(Math.max(...known), total(onePerProcess(reports).map(pagesOf)));
}

function tailRatio(latencies: readonly LatencyStats[]): number | null {
  const wake = latencies.find(({ kind }) => kind === "wake");
  const [tail, median] = [wake?.p99_us ?? null, wake?.p50_us ?? null];
  return tail === null || median === null ? null : ratio(tail, median);
}
