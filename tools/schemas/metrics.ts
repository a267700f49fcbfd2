/** The schemas of what `corral metrics` prints as JSON. */
import * as v from "valibot";
import { constraintStatuses, exitReasons, slaViolations } from "../../src/report/index.ts";
import { jobModes, liveStates } from "../../src/run/metrics/index.ts";
import { count, countOrNull, describe, seconds, text, time } from "./parts.ts";

const mode = v.pipe(v.picklist(jobModes), v.description("run: Corral started the workload; attach: it joined it."));
const jobs = count("How many jobs.");
const secondsOf = (description: string) => v.pipe(seconds(), v.description(description));
const violationReason = v.pipe(v.picklist(slaViolations), v.description("The platform_sla_reason of the results."));
const now = time("Wall clock, RFC 3339 with milliseconds.");

/** `corral.metrics/1`. */
export const metrics = v.strictObject({
  schema: v.pipe(v.literal("corral.metrics/1"), v.description("Name and version of this document.")),
  time: now,
  corral_version: text("Version of the Corral that tells."),
  jobs: v.pipe(
    v.array(
      v.strictObject({
        mode,
        reason: v.pipe(v.picklist(exitReasons), v.description("The exit_reason of the results.")),
        count: jobs,
      }),
    ),
    v.description("Jobs that have a result; what there is none of is left out, here and below."),
  ),
  jobs_live: v.pipe(
    v.array(v.strictObject({ state: v.pipe(v.picklist(liveStates), v.description("Where they stand.")), count: jobs })),
    v.description("Jobs that live now, by their start records."),
  ),
  job_durations: v.pipe(
    v.array(
      v.strictObject({
        mode,
        count: jobs,
        sum_sec: secondsOf("Sum of their durations, seconds."),
        buckets: v.pipe(
          v.array(
            v.strictObject({
              le_sec: v.pipe(v.nullable(seconds()), v.description("Longest duration counted, seconds; null: any.")),
              count: count("Jobs that ran this long or shorter."),
            }),
          ),
          v.description("Cumulative histogram."),
        ),
      }),
    ),
    v.description("How long jobs ran that were watched to their end."),
  ),
  job_cpu_sec: secondsOf("CPU time of all results, user and system, seconds."),
  job_throttled_sec: secondsOf("Time for which CPU quotas held jobs back, seconds."),
  job_oom_kills: count("Processes killed for lack of memory."),
  constraints: v.pipe(
    v.array(
      v.strictObject({
        name: text("The limit as the user names it: the long flag without dashes."),
        status: v.pipe(v.picklist(constraintStatuses), v.description("What became of it.")),
        count: count("How many outcomes."),
      }),
    ),
    v.description("Limits that results have outcomes for."),
  ),
  platform_sla: v.pipe(
    v.strictObject({
      compliant: count("Jobs for which the platform kept its side."),
      violated: count("Jobs for which it did not."),
      violations: v.pipe(
        v.array(v.strictObject({ reason: violationReason, count: jobs })),
        v.description("The latter by reason."),
      ),
    }),
    v.description("Jobs with --sla-eligible; no other moves these numbers."),
  ),
  results_unreadable: count("Files among the results that are none, or could not be read."),
});

/** `corral.violations/1`. */
export const violations = v.strictObject({
  schema: v.pipe(v.literal("corral.violations/1"), v.description("Name and version of this document.")),
  time: now,
  total: count("How many violations there are; the list has the newest."),
  violations: v.pipe(
    v.array(
      v.strictObject({
        job_id: text("Id of the job."),
        reason: violationReason,
        duration_sec: v.pipe(v.nullable(seconds()), v.description("Seconds it ran; null when nobody saw the end.")),
        exit_code: countOrNull("Exit status of the leader; null when there is none or nobody knows."),
        pid: countOrNull("Process id of the leader; null when it never started."),
        end_time: v.pipe(
          v.nullable(v.pipe(v.string(), v.isoTimestamp())),
          v.description("Wall clock at the end, RFC 3339; null when nobody saw it."),
        ),
        start_time: time("Wall clock when the job began, RFC 3339."),
      }),
    ),
    v.description("Newest first, by end, or by beginning where nobody saw the end."),
  ),
});

export const metricsSchemas: Readonly<Record<string, object>> = {
  "metrics.schema.json": describe("corral.metrics/1: what all results add up to, by corral metrics --json", metrics),
  "violations.schema.json": describe("corral.violations/1: the newest broken promises", violations),
};
