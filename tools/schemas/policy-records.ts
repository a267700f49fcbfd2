/** The schemas of the records of policies: made from the table of columns, so that no format says what another does not. */
import * as v from "valibot";
import type { ImportDocument } from "../../src/policy/import/index.ts";
import { outcomes } from "../../src/policy/index.ts";
import type { CellKind, PolicySummary } from "../../src/policy/records/index.ts";
import { attemptSchema, columns, summarySchema } from "../../src/policy/records/index.ts";
import type { Proof } from "./parts.ts";
import { count, countOrNull, describe, latency, seconds, text, textOrNull, whole, yesNo } from "./parts.ts";

const nsDigits = () => v.nullable(v.pipe(v.string(), v.regex(/^\d{1,20}$/)));
const kinds: Readonly<Record<CellKind, () => v.GenericSchema>> = {
  text: () => v.string(),
  textOrNull: () => v.nullable(v.string()),
  flag: () => v.boolean(),
  count: whole,
  countOrNull: () => v.nullable(whole()),
  signedOrNull: () => v.nullable(v.pipe(v.number(), v.integer())),
  countOrZero: () => v.nullable(whole()),
  nsOrNull: nsDigits,
  nsOrZero: nsDigits,
  msOrZero: () => v.nullable(seconds()),
  statistic: () => v.nullable(whole()),
};

const described = (schema: v.GenericSchema, meaning: string): v.GenericSchema => v.pipe(schema, v.description(meaning));

export type OutcomeName = keyof typeof outcomes;
export const outcomeNames = Object.keys(outcomes) as OutcomeName[];

/** `corral.policy-attempt/1`. */
const attempt = v.strictObject({
  schema: v.pipe(v.literal(attemptSchema), v.description("Name and version of this document.")),
  ...Object.fromEntries(
    columns
      .filter(({ name }) => name !== "schema")
      .map(({ name, kind, meaning }) => [
        name,
        described(name === "outcome" ? v.nullable(v.picklist(outcomeNames)) : kinds[kind](), `${meaning}.`),
      ]),
  ),
});

const outcomeCounts = v.pipe(
  v.strictObject(
    Object.fromEntries(
      Object.entries(outcomes).map(([name, meaning]) => [name, count(`Attempts: ${meaning}.`)]),
    ) as Record<OutcomeName, ReturnType<typeof count>>,
  ),
  v.description("How often each outcome came about."),
);
const bytes = (description: string) => v.pipe(v.number(), v.integer(), v.description(description));
const timeOrNull = (description: string) =>
  v.pipe(v.nullable(v.pipe(v.string(), v.isoTimestamp())), v.description(description));

/** `corral.policy-summary/1`. */
export const summary = v.strictObject({
  schema: v.pipe(v.literal(summarySchema), v.description("Name and version of this document.")),
  run_id: text("The run."),
  boot_id: textOrNull("Random id of the boot; null when an imported file does not say."),
  host: textOrNull("Name of the host; null when an imported file does not say."),
  corral_version: textOrNull("Version that made the records; null for those of the original."),
  start_time: timeOrNull("Wall clock when the run began, RFC 3339; null when not known."),
  end_time: timeOrNull("Wall clock when it ended, or the file was continued in another one; null when not known."),
  end_reason: text("Signal that ended it, continued for a file that was full, or why."),
  attempts: count("Attempts."),
  acknowledged: count("Attempts that were acknowledged."),
  degraded: count("Attempts while which events were lost."),
  no_attempts: count("Rows of an imported file that were no attempts."),
  outcomes: outcomeCounts,
  rules: v.pipe(
    v.array(
      v.strictObject({
        rule: text("Name of the rule."),
        action: text("What it does."),
        attempts: count("Attempts."),
        acknowledged: count("Attempts that were acknowledged."),
        saved_bytes: bytes("Sum of what was saved, bytes."),
        outcomes: outcomeCounts,
      }),
    ),
    v.description("Each rule's part; those beyond a thousand are added up as (others)."),
  ),
  ack_latency: latency("From the request to its acknowledgement."),
  lateness: latency("From the deadline to the start of the action."),
  saved_bytes: bytes("Sum of what was saved, bytes."),
  lost_events: countOrNull("Lifecycle events that were lost; null when nobody counted."),
  dropped_records: count("Records that could not be written."),
  file: v.pipe(
    v.nullable(
      v.strictObject({
        name: text("Name of the file."),
        records: count("Records in it."),
        bytes: count("Its size in bytes; of a JSONL file without the line of this summary."),
        last: yesNo("Whether the run ends in it; false: it goes on in a newer file."),
      }),
    ),
    v.description("The file that this summary is the end of; null when it is of no file."),
  ),
});

/** `corral.policy-import/1`. */
const imported = v.strictObject({
  schema: v.pipe(v.literal("corral.policy-import/1"), v.description("Name and version of this document.")),
  files: v.pipe(
    v.array(
      v.strictObject({
        path: text("The file."),
        format: v.pipe(
          v.picklist(["csv", "original", "oldest", "jsonl"]),
          v.description("csv and jsonl: ours; original, oldest: the original's with 33 and 30 columns."),
        ),
        records: count("Records in it."),
        recovered: count("Records with a comma or newline in a name that was not quoted."),
        problem: textOrNull("What is wrong from some line on; null when the file is whole."),
      }),
    ),
    v.description("The files, in the order they were named."),
  ),
  summary: v.pipe(summary, v.description("What all of them add up to.")),
});

const _proofs: readonly [Proof<typeof summary, PolicySummary>, Proof<typeof imported, ImportDocument>] = [true, true];
void _proofs;

export const policyRecordSchemas: Readonly<Record<string, object>> = {
  "policy-attempt.schema.json": describe("corral.policy-attempt/1: one attempt of a rule on a process", attempt),
  "policy-summary.schema.json": describe("corral.policy-summary/1: what a run of rules came to", summary),
  "policy-import.schema.json": describe("corral.policy-import/1: what files of records held", imported),
};
