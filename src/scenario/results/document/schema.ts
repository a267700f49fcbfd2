import * as v from "valibot";
import { count, countOrNull, text, textOrNull, texts, time, yesNo } from "../../../report/schema/index.ts";
import { runMetricNames } from "../../metrics/index.ts";
import { check, list, moment, number, numberOrNull, numbers, oneOf, outcome, step, workerStats } from "./parts.ts";

const named = <const N extends readonly string[], T extends v.GenericSchema>(
  names: N,
  schema: (name: N[number]) => T,
) => v.strictObject(Object.fromEntries(names.map((name) => [name, schema(name as N[number])])) as Record<N[number], T>);

const host = v.strictObject({
  hostname: text("Name of the host."),
  kernel: text("uname -r."),
  machine: text("uname -m."),
  cpu_model: textOrNull("Model of the CPUs; null: unknown."),
  cpus: numbers("All CPUs."),
  usable_cpus: numbers("CPUs that scenarios use."),
  topology: text("Nodes, last-level caches, cores per cache, threads per core: 1n2l4c2t."),
  nodes: list(v.strictObject({ node: count("Number."), cpus: numbers("Its CPUs.") }), "Memory nodes."),
  memory_bytes: count("Memory."),
  dilation: number("How much slower time is than natively: 1 there."),
  scheduler: textOrNull("The sched_ext scheduler; null: the kernel's own."),
});

const dilation = v.strictObject({
  factor: number("Limits in time of checks were multiplied by it; 1: nothing was changed."),
  rate_factor: number("Rates that checks ask for were divided by it."),
  setup_factor: number("The engine's own limits in time were multiplied by it, and those of wait and wait_payload."),
  source: oneOf(
    ["measured", "given", "unknown"],
    "How it is known; unknown: it could not be measured, and 1 was taken.",
  ),
  compute_best_ratio: numberOrNull("Computing over that of a nominal machine, the quickest round; null: not measured."),
  compute_ratio: numberOrNull("The same, median."),
  compute_busy_ratio: numberOrNull(
    "The same with every CPU busy, mean; null: not measured, for it is no slow machine.",
  ),
  timer_ratio: numberOrNull("How late a sleep ends over that, median; null: not measured."),
  process_ratio: numberOrNull("Making a process and waiting for its end over that, median; null: not measured."),
  limits_ms: v.pipe(
    v.record(v.string(), v.number()),
    v.description("The engine's own limits in time as they held, milliseconds, by name."),
  ),
  uncounted_sec: number("Set-up, ops and teardown that the scenario's duration did not count."),
});

const series = v.strictObject({
  at_ms: numbers("When it was looked at, ms from the start."),
  metrics: v.pipe(
    v.record(v.string(), v.array(v.nullable(v.number()))),
    v.description(
      "By metric one value for each look, null where there is none; metrics that were never there are left out.",
    ),
  ),
});

const group = v.strictObject({
  name: text("Path below the scenario's own group."),
  step,
  made_ms: moment("When it was made"),
  removed_ms: moment("When it was removed"),
  cpusets: list(
    v.strictObject({
      at_ms: moment("From when on"),
      cpus: v.pipe(v.nullable(v.array(v.number())), v.description("CPUs; null: inherited.")),
    }),
    "Every cpuset it had.",
  ),
  captures: list(
    v.strictObject({ tag: text("Tag."), at_ms: moment("When"), pids: numbers("Processes.") }),
    "Processes that were captured.",
  ),
  series,
});

const work = v.strictObject({
  id: count("Unique in the run."),
  cgroup: text("Group it was in at last; empty: outside any."),
  step,
  work_type: text("Kind of work."),
  started_ms: moment("When it was started"),
  ended_ms: moment("When its reports were there"),
  incomplete: list(
    v.strictObject({ pid: count("Worker."), end: text("exited 1, signaled 9, timed-out or lost.") }),
    "Workers that did not stop when they were told to.",
  ),
  ...workerStats,
});

const phaseGroup = v.strictObject({
  cgroup: text("Group; empty: outside any."),
  iterations: count("Iterations of its workers."),
  iteration_rate: numberOrNull("Iterations per second; null: not measured."),
  cpu_time_sec: number("CPU time of its workers."),
  migrations: count("Changes of CPU."),
  p50_wake_latency_us: numberOrNull("Median of the wake-ups; null: not measured."),
  p99_wake_latency_us: numberOrNull("99th percentile of the wake-ups; null: not measured."),
  cpu_cores: numberOrNull("CPU time of the group per time; null: not measured."),
  memory_mean_bytes: numberOrNull("Mean of memory.current; null: not measured."),
  throttled_share: numberOrNull("Throttled time per time; null: not measured."),
  cpu_pressure_share: numberOrNull("Part of the time in which a task waited for a CPU (PSI some); null: not measured."),
  memory_pressure_share: numberOrNull("The same for memory."),
  io_pressure_share: numberOrNull("The same for IO."),
});

const phase = v.strictObject({
  phase: count("0: before the first step; step k is k + 1."),
  label: text("BASELINE, Step[0], Step[1] …"),
  start_ms: moment("Begin"),
  hold_ms: numberOrNull("Begin of the hold, ms from the start; null: there was none."),
  end_ms: moment("End"),
  planned_hold_ms: number("How long the hold was to be, after it was cut to what was left of the duration."),
  wanted_hold_ms: number("How long it was to be before that; of a loop, what the plan had left for it."),
  rounds: countOrNull("Rounds that a loop began; null: no loop."),
  groups: count("Groups at the end."),
  workers: count("Workers at the end."),
  iterations: count("Iterations of all workers in it."),
  elapsed_ms: numberOrNull("Time between the two looks at their counters; null: none."),
  iteration_rate: numberOrNull("Iterations per second; null: not measured."),
  samples: count("Looks of the monitor in it."),
  avg_imbalance_ratio: numberOrNull("Mean of longest over shortest run queue; null: not measured."),
  avg_dsq_depth: numberOrNull("Mean of the deepest local dispatch queue; null: not measured."),
  fallback_rate: numberOrNull("Fallbacks of select_cpu per second; null: not measured."),
  keep_last_rate: numberOrNull("Dispatches that kept the last task per second; null: not measured."),
  per_cgroup: list(phaseGroup, "By group."),
});

const change = v.strictObject({
  phase: count("Phase in which it is different from the last one of its kind before it, with a hold or with a loop."),
  metric: text("What changed; an iteration rate is of the workers that were there in both."),
  before: number("Before."),
  after: number("After."),
  direction: oneOf(["improvement", "degradation"], "Whether that is better."),
});

const op = v.strictObject({
  step: countOrNull("Step, from 0; null: the backdrop."),
  index: countOrNull("Place among its ops, from 0; null: a setup or a teardown."),
  round: count("Round of a loop, from 0."),
  kind: text("Kind of op, or setup or teardown."),
  object: text("What it was done to."),
  at_ms: moment("When it began"),
  duration_ms: number("How long it took."),
  error: textOrNull("Why it failed; null: it was done."),
});

const polarity = v.union([
  v.picklist(["higher_better", "lower_better", "informational", "unknown"]),
  v.strictObject({ target_value: v.number() }),
]);

const payload = v.strictObject({
  payload: text("Its name."),
  cgroup: text("Group; empty: outside any."),
  source: oneOf(["op", "cgroup", "backdrop"], "What started it."),
  step,
  argv: texts("Program and arguments."),
  started_ms: moment("When it was started"),
  ended_ms: moment("When it had ended"),
  end: text("exited 0, signaled 9, killed, timed-out or lost."),
  metrics: list(
    v.strictObject({
      name: text("Name or path."),
      value: number("Value."),
      polarity: v.pipe(polarity, v.description("Which way it is better.")),
      unit: text("For people."),
      stream: oneOf(["stdout", "stderr"], "Where it was read."),
    }),
    "What was read of its output.",
  ),
  problems: texts("What could not be read."),
  stdout_tail: text("The end of what it printed."),
  stderr_tail: text("The end of what it printed to stderr."),
});

const ended = v.strictObject({
  name: text("The process."),
  scheduler: yesNo("Whether it was the scheduler."),
  pid: count("Its id."),
  at_ms: moment("When it was found"),
  how: oneOf(["crashed", "exited", "unknown"], "How it ended."),
  reason: text("What the kernel or its exit status says."),
});

const stalled = v.strictObject({
  cgroup: text("Group."),
  pid: count("Worker."),
  comm: text("Its name."),
  at_ms: moment("When it was found"),
  diagnostics: v.pipe(v.record(v.string(), v.string()), v.description("What it was found doing.")),
});

const failure = v.strictObject({
  stage: oneOf(["setup", "backdrop", "step", "engine"], "How far the run was."),
  step: countOrNull("Step, from 0."),
  op: countOrNull("Op, from 0."),
  at_ms: moment("When"),
  code: text("Code of the error."),
  message: text("One line."),
});

/** `corral.scenario/1`: one run of a scenario, what it was judged by, and what was found. */
export const scenarioDocumentSchema = v.strictObject({
  schema: v.pipe(v.literal("corral.scenario/1"), v.description("Name and version of this document.")),
  scenario: text("Name of the scenario."),
  about: textOrNull("What it says of itself."),
  file: textOrNull("Its file; null: a program made it."),
  run_id: text("Unique on the host."),
  where: oneOf(["host", "vm"], "vm: in a guest that was booted for it."),
  repeat: count("Place among the repeats, from 0."),
  start_time: time("Wall clock, RFC 3339."),
  duration_sec: number("Until everything was removed."),
  cleanup_sec: number("Of that, for removing."),
  steps: count("Steps of the scenario."),
  verdict: outcome("fail before inconclusive before pass before skip."),
  skipped: textOrNull("What the host lacks; null: it ran."),
  host: v.pipe(host, v.description("Where it ran.")),
  dilation: v.pipe(dilation, v.description("How much slower time is there, how that was found, and what it changed.")),
  controllers: texts("Controllers that were enabled."),
  asked: v.pipe(
    v.record(v.string(), v.union([v.number(), v.boolean()])),
    v.description("The checks that were asked for, layers merged, by their names in files."),
  ),
  checks: list(check, "Everything that was judged."),
  stats: v.pipe(
    named(runMetricNames, (name) => numberOrNull(`${name}; null: not measured.`)),
    v.description("Figures of the whole run; docs/scenario-results.md says what each is."),
  ),
  phases: list(phase, "BASELINE and every step that began."),
  changes: list(change, "What was different in a phase from the one before."),
  ops: list(op, "Everything that was done, in order."),
  groups: list(group, "Groups with what was sampled of them."),
  works: list(work, "Workers by WorkSpec."),
  cgroups: list(
    v.strictObject({ cgroup: text("Group; empty: outside any."), ...workerStats }),
    "All workers by group.",
  ),
  payloads: list(payload, "Runs of payloads."),
  ended: list(ended, "Processes that had to live, and ended."),
  stalled: list(stalled, "Workers that stood still."),
  failures: list(failure, "Errors that ended the run."),
  warnings: texts("What went on all the same."),
  notes: texts("What else is to be known."),
});

/** One run as a document; `schemas/scenario-result.schema.json` says what every field means. */
export type ScenarioDocument = v.InferOutput<typeof scenarioDocumentSchema>;
