import { total } from "../../../report/index.ts";
import { valueAtPhase } from "../../checks/index.ts";
import type { MonitorSample, PhaseRecord, RunRecord } from "../../record/index.ts";
import { imbalanceOf, phaseLabel } from "../../record/index.ts";
import { deepestQueue, growth } from "./run-stats.ts";
import type { ScenarioDocument } from "./schema.ts";

type Phase = ScenarioDocument["phases"][number];

function average(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? []);
  return known.length === 0 ? null : total(known) / known.length;
}

const perSecond = (grown: ReturnType<typeof growth>): number | null =>
  grown === null || grown.ms <= 0 ? null : (grown.by / grown.ms) * 1000;

/** Every phase with what was measured in it. */
export const phaseDocuments = (record: RunRecord): Phase[] =>
  record.phases.map((phase) => phaseDocument(record, phase));

function phaseDocument(record: RunRecord, phase: PhaseRecord): Phase {
  const { work, startMs, endMs } = phase;
  const samples = record.monitor.filter(({ atMs }) => startMs <= atMs && atMs <= endMs);
  const elapsed = work.length === 0 ? null : Math.max(...work.map(({ elapsedMs }) => elapsedMs));
  return {
    phase: phase.phase,
    label: phaseLabel(phase.phase),
    start_ms: startMs,
    hold_ms: phase.holdMs,
    end_ms: endMs,
    planned_hold_ms: phase.plannedHoldMs,
    wanted_hold_ms: phase.wantedHoldMs,
    rounds: phase.rounds,
    groups: phase.groups,
    workers: phase.workers,
    iterations: total(work.map(({ iterations }) => iterations)),
    elapsed_ms: elapsed,
    iteration_rate: rateOf(phase),
    ...monitorFigures(samples),
    per_cgroup: groupsOf(record, phase).map((cgroup) => groupFigures(record, phase, cgroup)),
  };
}

/** The sum of the rates of all workers: each is over its own time, for they need not all be there for the whole phase. */
function rateOf({ work }: PhaseRecord): number | null {
  const ran = work.filter(({ elapsedMs }) => elapsedMs > 0);
  return ran.length === 0 ? null : total(ran.map(({ iterations, elapsedMs }) => (iterations / elapsedMs) * 1000));
}

const monitorFigures = (samples: readonly MonitorSample[]) => ({
  samples: samples.length,
  avg_imbalance_ratio: average(samples.map(imbalanceOf)),
  avg_dsq_depth: average(samples.map(deepestQueue)),
  fallback_rate: perSecond(growth(samples, "selectCpuFallbacks")),
  keep_last_rate: perSecond(growth(samples, "dispatchKeepLasts")),
});

/** Groups that were there in a phase. */
function groupsOf({ groups }: RunRecord, { startMs, endMs, work }: PhaseRecord): string[] {
  const there = groups
    .filter(({ madeMs, removedMs }) => madeMs <= endMs && removedMs >= startMs)
    .map(({ name }) => name);
  return [...new Set([...there, ...work.map(({ cgroup }) => cgroup)])];
}

function groupFigures(record: RunRecord, { phase, work }: PhaseRecord, cgroup: string): Phase["per_cgroup"][number] {
  const own = work.filter((one) => one.cgroup === cgroup);
  const value = (metric: Parameters<typeof valueAtPhase>[2]): number | null =>
    valueAtPhase(record, cgroup, metric, phase);
  const share = (metric: Parameters<typeof valueAtPhase>[2]): number | null => {
    const usPerSec = value(metric);
    return usPerSec === null ? null : usPerSec / 1e6;
  };
  return {
    cgroup,
    iterations: total(own.map(({ iterations }) => iterations)),
    iteration_rate: value("iteration_rate"),
    cpu_time_sec: total(own.map(({ cpuTimeNs }) => cpuTimeNs)) / 1e9,
    migrations: total(own.map(({ migrations }) => migrations)),
    p50_wake_latency_us: value("p50_wake_latency_us"),
    p99_wake_latency_us: value("p99_wake_latency_us"),
    cpu_cores: share("cpu_total_us"),
    memory_mean_bytes: value("memory_current_bytes"),
    throttled_share: share("throttled_us"),
    cpu_pressure_share: share("psi_cpu_some_us"),
    memory_pressure_share: share("psi_memory_some_us"),
    io_pressure_share: share("psi_io_some_us"),
  };
}
