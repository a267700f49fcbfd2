import * as v from "valibot";
import { count, countOrNull, text, textOrNull } from "../../../report/schema/index.ts";
import { detailKinds, outcomes } from "../../checks/index.ts";

export const number = (description: string) => v.pipe(v.number(), v.description(description));
export const numberOrNull = (description: string) => v.pipe(v.nullable(v.number()), v.description(description));
export const numbers = (description: string) => v.pipe(v.array(v.number()), v.description(description));
export const list = <T extends v.GenericSchema>(of: T, description: string) =>
  v.pipe(v.array(of), v.description(description));
export const oneOf = <const W extends readonly string[]>(words: W, description: string) =>
  v.pipe(v.picklist(words), v.description(description));

/** Moments are milliseconds from the start of the scenario's clock. */
export const moment = (description: string) => number(`${description}, ms from the start`);

const stepOrNull = (description: string) => countOrNull(`${description}, from 0; null: the backdrop.`);
export const step = stepOrNull("Step that made it");

export const outcome = (description: string) => oneOf(outcomes, description);

const numberOrTextOrNull = (description: string) =>
  v.pipe(v.nullable(v.union([v.number(), v.string()])), v.description(description));

/** One check that was judged. */
export const check = v.strictObject({
  check: text("The check, as files spell it, or what a check of one's own calls itself."),
  outcome: outcome("pass, fail, inconclusive (it applied, and nothing could be judged) or skip (it did not apply)."),
  kind: oneOf(detailKinds, "What it is about."),
  advisory: v.pipe(v.boolean(), v.description("True: it is told and decides nothing.")),
  message: text("One line with the figures."),
  found: numberOrTextOrNull("What was found; null: nothing."),
  limit: numberOrTextOrNull("What was asked for, scaled for slow machines; null: nothing that can be named."),
  where: v.pipe(
    v.strictObject({
      cgroup: textOrNull("Group; empty: outside any."),
      work: countOrNull("Id of the workers of one WorkSpec."),
      pid: countOrNull("Process."),
      cpu: countOrNull("CPU."),
      payload: textOrNull("Payload."),
      phase: countOrNull("Phase; step k is k + 1."),
      at_ms: numberOrNull("When, ms from the start."),
    }),
    v.description("What it was found at; null where it is about all."),
  ),
});

const figure = (what: string) => numberOrNull(`${what}; null: not measured.`);

/** Durations of one kind, in microseconds. */
export const latency = v.strictObject({
  kind: oneOf(
    ["wake", "cost", "timer"],
    "wake: until a worker ran again; cost: of an iteration; timer: after its time.",
  ),
  samples: count("How many."),
  mean_us: figure("Mean"),
  p50_us: figure("Median"),
  p90_us: figure("90th percentile"),
  p99_us: figure("99th percentile"),
  p999_us: figure("99.9th percentile"),
  max_us: figure("Longest"),
  cv: figure("Standard deviation over mean"),
  histogram: list(
    v.strictObject({ below_us: number("Upper end, not included."), samples: count("How many lie in it.") }),
    "Samples by duration, each range twice as wide as the one before; those without any are left out.",
  ),
});

/** What the workers of a group were measured at. */
export const workerStats = {
  workers: count("Workers."),
  cpus_used: v.pipe(v.array(count("CPU.")), v.description("CPUs they were seen on.")),
  avg_off_cpu_pct: figure("Mean share of time off a CPU, percent"),
  min_off_cpu_pct: figure("Lowest"),
  max_off_cpu_pct: figure("Highest"),
  spread_pct: figure("Highest less lowest, percentage points"),
  max_gap_ms: figure("Longest time between two looks of a worker"),
  max_gap_cpu: countOrNull("CPU where that ended; null: not measured."),
  migrations: count("Changes of CPU."),
  migration_ratio: figure("Migrations per iteration"),
  iterations: count("Iterations."),
  iterations_per_worker: figure("Mean per worker"),
  iterations_per_cpu_sec: figure("Iterations per second of CPU time"),
  work_units: count("Work units."),
  cpu_time_sec: number("CPU time."),
  mean_run_delay_us: figure("Mean over workers of the time runnable and not running"),
  worst_run_delay_us: figure("Longest of one worker"),
  page_locality: figure("Share of pages on the nodes of the cpuset"),
  cross_node_migration_ratio: figure("Pages moved between nodes per page"),
  wake_latency_tail_ratio: figure("99th percentile of wake-ups over their median"),
  latencies: list(latency, "One for each kind that the workers have."),
};
