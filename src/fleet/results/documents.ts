import * as v from "valibot";
import { count, countOrNull, text, textOrNull, texts, yesNo } from "../../report/schema/index.ts";
import { linkStates } from "../controller/index.ts";
import { byWeight } from "../model/index.ts";

const number = (description: string) => v.pipe(v.number(), v.description(description));
const numberOrNull = (description: string) => v.pipe(v.nullable(v.number()), v.description(description));
const list = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.pipe(v.array(schema), v.description(description));
const schemaName = <const N extends string>(name: N) =>
  v.pipe(v.literal(name), v.description("Name and version of this document."));
/** RFC 3339, with the offset of the zone or Z. */
const moment = (description: string) => v.pipe(v.string(), v.isoTimestamp(), v.description(description));
const momentOrNull = (description: string) =>
  v.pipe(v.nullable(v.pipe(v.string(), v.isoTimestamp())), v.description(description));

const row = v.strictObject({
  operation: v.pipe(v.picklist(["GET", "PUT", "META"]), v.description("Reads, writes, or what moves no data.")),
  size_bucket: text("Sizes of the operations; ALL: every size."),
  bucket_idx: count("Number of the sizes: 0 to 8; of ALL 97 META, 98 GET, 99 PUT."),
  mean_us: number("Mean latency, microseconds."),
  p50_us: number("Median."),
  p90_us: number("90th percentile."),
  p95_us: number("95th percentile."),
  p99_us: number("99th percentile."),
  max_us: number("Longest."),
  avg_bytes: number("Bytes of an operation, on average."),
  ops_per_sec: number("Operations by the time of the agent that took longest."),
  throughput_mibps: number("MiB a second, likewise."),
  count: count("Operations."),
});

/** `corral.fleet-results/1`: a table of results with what it is about. */
export const fleetResultsSchema = v.strictObject({
  schema: schemaName("corral.fleet-results/1"),
  run: text("Name of the run."),
  stage: v.pipe(v.picklist(["prepare", "workload"]), v.description("What was measured.")),
  stage_number: countOrNull("Of a run with stages: which, from 1; null: it has only one."),
  stage_name: textOrNull("Likewise its name."),
  agents: texts("Whose work is added up."),
  partial: yesNo("Whether work of agents that did not complete is in it."),
  wall_sec: number("How long it took; the longest of several agents."),
  errors: count("Operations that failed; they are in no row."),
  retries: count("Operations that were tried again."),
  rows: list(row, "As in the table of tab-separated values."),
});
export type FleetResults = v.InferOutput<typeof fleetResultsSchema>;

const failure = v.strictObject({
  cause: text("Word for why, such as workload_failed, denied, lost, silent, not_ready_in_time, aborted."),
  message: text("For people."),
  stage: textOrNull("Stage that it was in; null: the run has only one."),
  during: v.pipe(v.picklist(linkStates), v.description("State in which it failed.")),
  after_start_sec: numberOrNull("Since the common start; null: before it."),
});

const statusAgent = v.strictObject({
  agent_id: text("Name."),
  address: text("Where it was called."),
  state: v.pipe(v.picklist(linkStates), v.description("Where it came to.")),
  failure: v.pipe(v.nullable(failure), v.description("Null: it neither failed nor was ended with the run.")),
  attempts: count("Attempts to connect."),
  clock_offset_ms: numberOrNull("How far its clock is ahead of the controller's; null: not measured."),
  clock_error_ms: numberOrNull("The offset is off by no more than this."),
  start_late_us: numberOrNull(
    "How long after the common start it began, by its own clock less the offset; null: it did not.",
  ),
  wall_sec: numberOrNull("How long it worked, as far as it has told; null: not at all."),
  operations: count("Operations, of all stages."),
  bytes: count("Bytes that they moved."),
  errors: count("Operations that failed."),
  metrics: v.pipe(v.record(v.string(), v.number()), v.description("Figures that its workload told by name.")),
  missed_messages: count("Messages of it that never came."),
});

const startSkew = v.strictObject({
  agents: count("Agents that began."),
  spread_us: number("From the first that began to the last."),
  error_us: number("The spread is off by no more than this: what is not known of the clocks."),
});

const statusStage = v.strictObject({
  number: count("From 1."),
  name: text("Its name."),
  barrier: yesNo("Whether agents waited for each other before it."),
  start_at: momentOrNull(
    "When it began, by the controller's clock; without a barrier on the first agent; null: never.",
  ),
  agents_completed: count("Agents that came to its end."),
  start_skew: v.pipe(v.nullable(startSkew), v.description("Null: fewer than two began, or it has no barrier.")),
  wall_sec: number("How long it took; the longest of several agents."),
  operations: count("Of all agents, also of those that did not come to its end."),
  errors: count("Likewise."),
});

/** `corral.fleet-status/1`: how a run ended. */
export const fleetStatusSchema = v.strictObject({
  schema: schemaName("corral.fleet-status/1"),
  run: text("Name of the run."),
  results: text("Directory that the run has written, from the root."),
  outcome: v.pipe(
    v.picklist([...byWeight, "running" as const]),
    v.description("What came of it; running: nothing yet, or the controller was killed."),
  ),
  exit_status: countOrNull("Exit status of corral fleet run; null while it runs."),
  why: text("What decided the outcome, for people."),
  started_at: moment("When the run began."),
  start_at: momentOrNull("The common start, by the controller's clock; null: it never came to it."),
  ended_at: momentOrNull("When it was over."),
  duration_sec: numberOrNull("From beginning to end."),
  agents_total: count("Agents."),
  agents_completed: count("Those that completed."),
  agents_failed: count("Those that failed."),
  agents_aborted: count("Those that were ended because the run was."),
  start_skew: v.pipe(v.nullable(startSkew), v.description("Null: fewer than two began.")),
  operations: count("Of all agents, also of those that failed."),
  errors: count("Likewise."),
  stages: list(statusStage, "Of a run with stages; empty: it has only one."),
  agents: list(statusAgent, "Every agent that was asked for."),
  thresholds: list(
    v.strictObject({
      threshold: text("As it was written."),
      value: numberOrNull("What was measured; null: nothing."),
      passed: yesNo("Whether it held."),
    }),
    "Judged by the work of the agents that completed.",
  ),
  warnings: texts("What was odd."),
});
export type FleetStatus = v.InferOutput<typeof fleetStatusSchema>;

/** `corral.fleet-metadata/1`: what a run was. */
export const fleetMetadataSchema = v.strictObject({
  schema: schemaName("corral.fleet-metadata/1"),
  corral_version: text("Version of the controller."),
  run: text("Name of the run."),
  config_path: textOrNull("File that was given; null: all was on the command line."),
  command_line: texts("How the controller was called."),
  hostname: text("Host of the controller."),
  started_at: moment("When the run began."),
  ended_at: momentOrNull("When it was over; null while it runs."),
  duration_sec: numberOrNull("From beginning to end."),
  agents: list(v.strictObject({ agent_id: text("Name."), address: text("Where it was called.") }), "All agents."),
});
export type FleetMetadata = v.InferOutput<typeof fleetMetadataSchema>;
