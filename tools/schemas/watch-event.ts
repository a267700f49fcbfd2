/** The schemas of what `corral watch` prints as JSON. */
import * as v from "valibot";
import { matchKeyNames } from "../../src/run/watch/index.ts";
import { count, describe, text, textOrNull, texts, time, whole } from "./parts.ts";

const source = v.picklist(["bpf", "proc connector", "polling"]);
const pid = count("Process id.");
const rule = text("Name of the rule.");
const job_id = text("Id of the job.");
const lacking = texts("Limits that are not applied as asked, each in words.");
const milliseconds = (description: string) =>
  v.pipe(v.nullable(v.pipe(v.number(), v.minValue(0))), v.description(description));

const kind = <Name extends string, Entries extends v.ObjectEntries>(name: Name, what: string, entries: Entries) =>
  v.strictObject({
    schema: v.pipe(v.literal("corral.watch-event/1"), v.description("Name and version of this document.")),
    time: time("Wall clock, RFC 3339 with milliseconds."),
    event: v.pipe(v.literal(name), v.description(what)),
    ...entries,
  });

/** `corral.watch-event/1`. */
export const watchEvent = v.variant("event", [
  kind("started", "The watch began.", {
    rules: count("Rules in force."),
    source: v.pipe(v.nullable(source), v.description("Where events come from; null: discovery is by scans alone.")),
    refused: v.pipe(
      v.array(v.strictObject({ name: source, reason: text("Why it cannot be used here.") })),
      v.description("Better sources that were not to be had."),
    ),
    listen: textOrNull("Where metrics are served; null: nowhere."),
  }),
  kind("warning", "Something that rules ask for cannot be done here.", { message: text("One line.") }),
  kind("governed", "The limits of a rule stand on a process.", {
    pid,
    comm: textOrNull("Name of the process, which it may have chosen itself; null when it is gone."),
    rule,
    job_id,
    discovered_ms: milliseconds("From the exec to the match, milliseconds; null when a scan found the process."),
    governed_ms: milliseconds(
      "From the exec to the limits standing, milliseconds; null when a scan found the process.",
    ),
    lacking,
  }),
  kind("taken_up", "A job of an earlier watch is watched again.", { pid, rule, job_id }),
  kind("changed", "A job has the limits of a rule that changed.", { rule, job_id, lacking }),
  kind("ended", "A governed process ended.", {
    job_id,
    rule,
    exit_code: v.pipe(
      v.nullable(v.pipe(v.number(), v.integer())),
      v.description("Null when a signal ended it or nobody knows."),
    ),
    exit_signal: textOrNull("Name of the signal that ended it."),
    exit_reason: text("The exit_reason of its report."),
  }),
  kind("failed", "A process could not be governed, or not be changed.", {
    pid,
    rule,
    code: text("Error code, docs/errors.md."),
    message: text("One line."),
    attempt: count("Which attempt this was, from 1."),
    retry_ms: v.pipe(
      v.nullable(v.pipe(v.number(), v.minValue(0))),
      v.description("Milliseconds to the next attempt; null: there is none until it executes another program."),
    ),
  }),
  kind("released", "A job was let go, with its limits undone.", {
    job_id,
    rule,
    why: text("Why."),
    not_restored: texts("What could not be undone, one line each."),
  }),
  kind("reloaded", "The file was read again and is in force.", {
    rules: count("Rules in force."),
    needs_restart: texts("Keys whose change needs a new start."),
  }),
  kind("reload_failed", "The file has mistakes; the rules stay as they were.", {
    problems: texts("The mistakes, FILE:LINE:COLUMN: message."),
  }),
  kind("source_ended", "Events have ended; scans go on.", {
    message: text("Why."),
    retry_ms: count("Milliseconds to the next attempt to open them again."),
  }),
  kind("source_reopened", "Events have come back; a scan looks for what ran meanwhile.", {
    source: v.pipe(source, v.description("Where they come from.")),
    down_ms: count("Milliseconds without events."),
  }),
  kind("scan_failed", "A scan failed.", { message: text("Why.") }),
  kind("events_lost", "Events were lost; the scan has looked for what they would have told.", {
    lost: count("How many since the last time this was said."),
  }),
  kind("stopped", "The watch ended.", {
    why: text("The signal."),
    jobs: v.pipe(v.picklist(["keep", "release"]), v.description("What became of the jobs.")),
    governed: count("How many there were."),
  }),
]);

export const keys = (description: string) =>
  v.pipe(
    v.array(
      v.strictObject({
        key: v.pipe(v.picklist(matchKeyNames), v.description("The key.")),
        wanted: v.pipe(v.array(v.union([v.string(), v.number()])), v.description("The alternatives as written.")),
        found: textOrNull("What the process has; null where it cannot be read."),
        holds: v.pipe(v.nullable(v.boolean()), v.description("Null where it cannot be read.")),
      }),
    ),
    v.description(description),
  );

/** `corral.watch-explain/1`. */
export const watchExplain = v.strictObject({
  schema: v.pipe(v.literal("corral.watch-explain/1"), v.description("Name and version of this document.")),
  pid: v.pipe(whole(), v.description("Process id.")),
  left_alone: textOrNull("Why no rule may have the process; null when the rules decide."),
  rule: textOrNull("Name of the rule that has it."),
  rules: v.pipe(
    v.array(
      v.strictObject({
        name: text("Name of the rule."),
        verdict: v.pipe(
          v.picklist(["matches", "does_not_match", "excepted"]),
          v.description("matches: it would have the process, if no rule before it has."),
        ),
        match: keys("Every key of match."),
        except: v.pipe(
          v.array(
            v.strictObject({
              holds: v.pipe(v.boolean(), v.description("Whether all its keys hold or cannot be read.")),
              keys: keys("Every key of the exception."),
            }),
          ),
          v.description("Every exception."),
        ),
      }),
    ),
    v.description("Every rule, in the order of the file."),
  ),
});

export const watchEventSchemas: Readonly<Record<string, object>> = {
  "watch-event.schema.json": describe("corral.watch-event/1: one line of corral watch --json", watchEvent),
  "watch-explain.schema.json": describe("corral.watch-explain/1: corral watch --explain PID --json", watchExplain),
};
