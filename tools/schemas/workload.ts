/** The schemas of what the workloads and their matrix tell. */
import * as v from "valibot";
import type { MatrixFailure, MatrixSummary } from "../../src/policy/workload/matrix/index.ts";
import { compressPolicies, contentModels, programs } from "../../src/policy/workload/settings/index.ts";
import type { Proof } from "./parts.ts";
import { count, countOrNull, describe, seconds, text, textOrNull, whole, yesNo } from "./parts.ts";

const names = Object.values(programs).map(({ workload }) => workload);
const workload = v.pipe(v.picklist(names), v.description("Name of the workload."));
const optional = <S extends v.GenericSchema>(schema: S) => v.optional(schema);
const bytesOrNull = (description: string) =>
  v.pipe(v.nullable(v.pipe(v.number(), v.integer())), v.description(description));
const us = (what: string) => v.pipe(v.nullable(seconds()), v.description(`${what}, microseconds; null without any.`));

/** `corral.workload/1`: all that any of them tells. Which keys one has is in docs/workload.md. */
const result = v.strictObject({
  workload,
  passes: optional(count("Passes over all memory.")),
  touches: optional(count("Pages touched.")),
  ops: optional(count("Operations done.")),
  forks: optional(count("Processes made.")),
  execs: optional(count("Processes made to execute a program.")),
  region_mb: optional(count("Memory used, MiB.")),
  map_kb: optional(count("Size of a mapping, KiB.")),
  touch_pages: optional(count("Pages that a process touches.")),
  exec_path: optional(text("Program that is executed.")),
  use_mem_arena: optional(yesNo("Whether the memory is that of an arena.")),
  use_process_pager: optional(yesNo("Always false: there is none here.")),
  arena_region_mb: optional(count("Memory beside the mappings, MiB.")),
  compress_policy: optional(v.pipe(v.picklist(compressPolicies), v.description("Who has memory compressed."))),
  external_compress_triggers: optional(count("Requests that were done.")),
  arena_compress_ops: optional(count("Chunks compressed.")),
  arena_decompress_ops: optional(count("Chunks decompressed.")),
  arena_evictions_lru: optional(count("Chunks decompressed to make room.")),
  elapsed_ms: v.pipe(seconds(), v.description("Milliseconds it ran.")),
  schema: v.pipe(v.literal("corral.workload/1"), v.description("Name and version of this document.")),
  seed: optional(count("Seed of everything random.")),
  content: optional(v.pipe(v.picklist(contentModels), v.description("What pages hold."))),
  random_pct: optional(count("Percent of pages with random bytes.")),
  zipf_theta: optional(v.pipe(seconds(), v.description("Exponent of zipf's law; 0: all pages alike."))),
  workers: optional(count("Processes per round.")),
  failed: optional(count("Processes that could not be made or did not end with 0.")),
  errno: optional(textOrNull("Why a process could not be made; null when all could.")),
  asked_per_sec: v.pipe(v.nullable(seconds()), v.description("Operations per second asked for; null without a rate.")),
  achieved_per_sec: v.pipe(seconds(), v.description("Operations per second done.")),
  behind: count("Operations that were due and not done."),
  latency_count: count("Operations that were timed."),
  latency_p50_us: us("Median"),
  latency_p90_us: us("90th percentile"),
  latency_p99_us: us("99th percentile"),
  latency_p999_us: us("99.9th percentile"),
  latency_max_us: us("Longest"),
  internal_compressions: optional(count("Compressions of its own.")),
  external_refused: optional(count("Requests refused by its policy.")),
  external_failed: optional(count("Requests that failed.")),
  arena_mode: optional(
    v.pipe(
      v.nullable(v.picklist(["native", "plain"])),
      v.description("Null without an arena; plain without the addon."),
    ),
  ),
  saved_bytes: optional(bytesOrNull("What the arena saves at the end, bytes; null without one.")),
  most_saved_bytes: optional(bytesOrNull("Most that it saved, bytes; null without one.")),
  retained_saving_byte_sec: optional(bytesOrNull("Saved bytes times the seconds they stayed saved; null without one.")),
  pss_bytes: optional(countOrNull("PSS of the process at the end, bytes; null when the kernel does not tell.")),
  controller: optional(textOrNull("State of the enrolment; null when it did not enrol.")),
  stopped_by: textOrNull("Signal that ended it; null when its time was over."),
});

const target = v.pipe(
  v.picklist(["triggerable", "observe_only"]),
  v.description("Whether it can be asked to compress, or only makes processes."),
);

const summary = v.strictObject({
  workload: text("Name of the workload."),
  target_pid: count("Its process."),
  target_class: target,
  rows_total: count("Rows of controller.csv."),
  target_tree_rows: count("Those of the workload and of all that it started."),
  background_rows: count("The others."),
  target_enrolled_rows: count("Of its tree: enrolled."),
  target_triggered_rows: count("Of its tree: asked."),
  target_acked_rows: count("Of its tree: acknowledged."),
  target_missed_no_enroll_rows: count("Of its tree: not enrolled by the deadline."),
  skipped_ineligible_rows: count("Of its tree: that nobody could have asked."),
  rows_compress_sent: count("Of all: asked."),
  rows_compress_ack: count("Of all: acknowledged."),
  schema: v.pipe(v.literal("corral.workload-matrix-summary/1"), v.description("Name and version of this document.")),
  target_outcomes: v.pipe(v.record(v.string(), whole()), v.description("Of its tree: rows by outcome.")),
  target_saved_bytes: v.pipe(v.number(), v.description("Of its tree: bytes saved.")),
});

const failure = v.strictObject({
  workload: text("Name of the workload."),
  target_pid: countOrNull("Its process; null when it was never started."),
  target_class: target,
  error: text("Why there are no counts."),
});

/** `corral.workload-matrix/1`. */
const matrix = v.strictObject({
  schema: v.pipe(v.literal("corral.workload-matrix/1"), v.description("Name and version of this document.")),
  results_dir: text("The directory of all results."),
  workloads: v.pipe(
    v.array(
      v.strictObject({
        run_dir: text("The directory of one."),
        workload_exit_code: countOrNull("How it ended, as a shell has it; null when it was never started."),
        problem: textOrNull("What went wrong; null when all went well."),
        summary: v.pipe(v.union([summary, failure]), v.description("What its summary.json says.")),
      }),
    ),
    v.description("The workloads that were run, in order."),
  ),
});

const _proofs: readonly [Proof<typeof summary, MatrixSummary>, Proof<typeof failure, MatrixFailure>] = [true, true];
void _proofs;

export const workloadSchemas: Readonly<Record<string, object>> = {
  "workload.schema.json": describe("corral.workload/1: what a workload did, by corral workload --json", result),
  "workload-matrix.schema.json": describe("corral.workload-matrix/1: all of a matrix, by its --json", matrix),
};
