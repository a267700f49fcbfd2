/** The schemas of what `corral policy run`, `explain` and `test` print as JSON. */
import * as v from "valibot";
import { count, countOrNull, describe, latency, text, textOrNull, texts, time, whole, yesNo } from "./parts.ts";
import { outcomeNames, summary } from "./policy-records.ts";
import { keys } from "./watch-event.ts";

const pid = count("Process id.");
const rule = text("Name of the rule.");
const action = text("What the rule does.");
const outcome = v.pipe(v.picklist(outcomeNames), v.description("How the attempt ended, docs/policy.md."));
const reason = text("One clause for people.");
const generation = count("1 for the first program it executed, growing with each exec.");
const comm = textOrNull("Name of the process, untrusted; null when it is not known.");
const rules = texts("Names of the rules in force.");

const kind = <Name extends string, Entries extends v.ObjectEntries>(name: Name, what: string, entries: Entries) =>
  v.strictObject({
    schema: v.pipe(v.literal("corral.policy-event/1"), v.description("Name and version of this document.")),
    time: time("Wall clock, RFC 3339 with milliseconds."),
    event: v.pipe(v.literal(name), v.description(what)),
    ...entries,
  });

/** `corral.policy-event/1`. */
export const policyEvent = v.variant("event", [
  kind("started", "The policy began.", {
    rules,
    source: text("Where lifecycle events come from."),
    refused: v.pipe(
      v.array(v.strictObject({ name: text("A better source."), reason: text("Why it cannot be used here.") })),
      v.description("Better sources that were not to be had."),
    ),
    socket: textOrNull("Where workloads enrol; null: nobody can."),
    legacy_socket: textOrNull("The same by the original protocol."),
    run_id: text("The run, as in its records."),
    dry_run: yesNo("Nothing is done by any rule."),
    restored: count("Processes whose deadlines an earlier run had set."),
    scheduling: v.pipe(
      v.picklist(["realtime", "fair"]),
      v.description("realtime: its thread goes before all others as long as it needs little of a CPU."),
    ),
    scheduling_reason: textOrNull("Why it is not real-time; null where it is, or was not to be."),
  }),
  kind("warning", "Something is not as it was asked for.", { message: text("One line.") }),
  kind("enrolled", "A workload enrolled.", {
    pid,
    name: text("What it calls itself, untrusted."),
    uid: count("User id."),
    protocol: text("v2 or legacy."),
  }),
  kind("unenrolled", "An enrolment ended.", { pid, why: text("Why, docs/protocol.md.") }),
  kind("refused", "Somebody was not enrolled.", {
    reason: text("Why, docs/protocol.md."),
    pid: countOrNull("Process id of who asked; null when it is not known."),
    claimed_pid: countOrNull("Process id that was claimed; null when none was."),
  }),
  kind("attempt", "An attempt ended.", {
    rule,
    action,
    attempt_id: text("Id of the attempt within the run."),
    try: count("1, 2, … of the tries of one firing."),
    pid,
    start_ticks: count("Start time in clock ticks after boot; 0 when it was gone before that could be read."),
    generation,
    comm,
    workload: textOrNull("What it enrolled as; null when it had not."),
    outcome,
    reason,
    lateness_us: v.pipe(
      v.nullable(v.pipe(v.number(), v.integer())),
      v.description("From the deadline to the start of the action, microseconds; null when nothing was done."),
    ),
    degraded: yesNo("Events were lost while it was under way."),
  }),
  kind("watching", "A measure is watched; told once for each kind.", {
    subject: text("Of what."),
    metric: text("Which."),
    mechanism: text("psi trigger, inotify or polling."),
    reason,
  }),
  kind("lost", "Events were lost.", { lost: count("How many.") }),
  kind("reloaded", "The rules were read again.", { rules }),
  kind("reload_failed", "The file has mistakes; the rules stay as they were.", {
    problems: texts("Each with file, line and column."),
  }),
  kind("stopped", "The policy ended.", {
    why: text("Name of the signal."),
    pending: count("Deadlines that are kept for the next run."),
    summary: v.pipe(summary, v.description("What the run came to.")),
    unknown_files: count("Execs of which nobody told the file that runs; rules that ask for it cannot hold for them."),
    lateness: latency("How late every deadline was noticed, acted on or not."),
  }),
]);

/** `corral.policy-explain/1`. */
export const policyExplain = v.strictObject({
  schema: v.pipe(v.literal("corral.policy-explain/1"), v.description("Name and version of this document.")),
  pid,
  comm,
  policy: countOrNull("Process id of the policy that runs at this socket; null when none does."),
  rules_of: v.pipe(
    v.picklist(["file", "running", "ended", "plain"]),
    v.description(
      "Whose rules these are: of --rules, of the policy that runs, of the one that ran last, or of one without flags.",
    ),
  ),
  ended_policy: countOrNull("Process id of the policy that ran last, where its rules are those; null otherwise."),
  rules: v.pipe(
    v.array(
      v.strictObject({
        rule,
        verdict: v.pipe(
          v.picklist(["does_not_fit", "not_enrolled", "would_have", "waits", "acting", "done"]),
          v.description("Whether the rule has the process, and what it does with it."),
        ),
        why: text("One clause for people."),
        when: text("When the rule acts, in words."),
        action,
        match: keys("Every key of select."),
        except: v.pipe(
          v.array(
            v.strictObject({
              holds: yesNo("Whether all its keys hold or cannot be read."),
              keys: keys("Every key of the exception."),
            }),
          ),
          v.description("Every exception."),
        ),
        ancestor: v.pipe(
          v.nullable(v.strictObject({ pid: countOrNull("The nearest that fits; null when none does."), comm })),
          v.description("What select.ancestor finds; null when the rule does not ask."),
        ),
        enrolment: v.pipe(
          v.picklist(["required", "expected", "any"]),
          v.description("Whether it wants enrolled workloads."),
        ),
        last_outcome: v.pipe(
          v.nullable(v.picklist(outcomeNames)),
          v.description("Of its last attempt; null without one."),
        ),
        last_reason: textOrNull("Of its last attempt; null without one."),
      }),
    ),
    v.description("Every rule, in the order of the file."),
  ),
});

/** `corral.policy-test/1`. */
export const policyTest = v.strictObject({
  schema: v.pipe(v.literal("corral.policy-test/1"), v.description("Name and version of this document.")),
  rules: v.pipe(v.picklist(["recorded", "other"]), v.description("Whose decisions these are.")),
  inputs: count("Inputs of the recording."),
  decisions: count("Decisions that were made."),
  attempts: v.pipe(
    v.array(
      v.strictObject({
        time: time("Wall clock of its end, RFC 3339 with milliseconds."),
        rule,
        action,
        try: count("1, 2, … of the tries of one firing."),
        pid,
        generation,
        comm,
        deadline_ns: textOrNull("When the rule was due, CLOCK_MONOTONIC in nanoseconds."),
        outcome,
        reason,
      }),
    ),
    v.description("Every attempt, in order."),
  ),
  difference: v.pipe(
    v.nullable(
      v.strictObject({
        decision: v.pipe(whole(), v.description("1 for the first.")),
        recorded: textOrNull("What was decided live; null: nothing."),
        replayed: textOrNull("What is decided now; null: nothing."),
      }),
    ),
    v.description("Where the replay first decided otherwise; null when it did not, or the rules are others."),
  ),
});

export const policyRunSchemas: Readonly<Record<string, object>> = {
  "policy-event.schema.json": describe("corral.policy-event/1: one line of corral policy run --json", policyEvent),
  "policy-explain.schema.json": describe("corral.policy-explain/1: corral policy explain PID --json", policyExplain),
  "policy-test.schema.json": describe("corral.policy-test/1: corral policy test --json", policyTest),
};
