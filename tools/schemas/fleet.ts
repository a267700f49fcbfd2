/** The schemas of what a fleet's agents say, and are told. */
import * as v from "valibot";
import type { PingDocument } from "../../src/fleet/ping/index.ts";
import type { WorkResult } from "../../src/fleet/work/index.ts";
import type { Proof } from "./parts.ts";
import { describe, text, textOrNull } from "./parts.ts";
import { report } from "./report.ts";

const microseconds = (description: string) => v.pipe(v.nullable(v.number()), v.description(description));

const ping = v.strictObject({
  schema: v.pipe(v.literal("corral.fleet-ping/1"), v.description("Name and version of this document.")),
  agents: v.pipe(
    v.array(
      v.strictObject({
        agent: text("HOST:PORT, as it was called."),
        reachable: v.pipe(v.boolean(), v.description("Whether it answered; what it said is null otherwise.")),
        version: textOrNull("Version of its program."),
        capabilities: v.pipe(v.nullable(v.array(v.string())), v.description("What it can run.")),
        state: textOrNull("What it does: idle, preparing, ready, waiting or running."),
        run_as: textOrNull("Its name in the run that is under way; null without one."),
        clock_offset_us: microseconds("How far its clock is ahead of ours, microseconds."),
        clock_error_us: microseconds("By how much that may be wrong, microseconds."),
        round_trip_us: microseconds("The shortest way there and back, microseconds."),
        error: v.pipe(
          v.nullable(
            v.strictObject({ code: text("Stable code of the error."), message: text("Why it did not answer.") }),
          ),
          v.description("Why it did not answer; null when it did."),
        ),
      }),
    ),
    v.description("One per agent, in the order in which they were named."),
  ),
});

const work = v.strictObject({
  schema: v.pipe(v.literal("corral.fleet-work/1"), v.description("Name and version of this document.")),
  kind: v.pipe(v.picklist(["command", "scenario", "load"]), v.description("What the configuration asked for.")),
  metrics: v.pipe(v.record(v.string(), v.number()), v.description("Figures that were asked for, by name.")),
  report: v.pipe(report, v.description("Of the job; of a scenario, of the process that ran it.")),
  prepare: v.pipe(v.nullable(report), v.description("Of what ran before; null when nothing did.")),
  scenario: v.pipe(v.unknown(), v.description("The document of corral scenario run --json; null without a scenario.")),
  stdout_tail: text("The end of standard output."),
  stderr_tail: text("The end of standard error."),
});

const proofs: readonly [Proof<typeof ping, PingDocument>, Proof<typeof work, WorkResult>] = [true, true];
void proofs;

export const fleetSchemas: Readonly<Record<string, object>> = {
  "fleet-ping.schema.json": describe("What agents of a fleet answered, version 1", ping),
  "fleet-work.schema.json": describe("What came of a workload on an agent, version 1", work),
};
