/** The schema of what `corral guard` tells of itself as JSON, a line at a time. */
import * as v from "valibot";
import { decisionActions, decisionReasons, stages } from "../../src/guard/index.ts";
import { exitReasons } from "../../src/report/index.ts";
import { millis, millisOrNull, session } from "./guard.ts";
import { count, countOrNull, describe, seconds, text, textOrNull, texts, time, yesNo } from "./parts.ts";

const orNull = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.pipe(v.nullable(schema), v.description(description));

const bytes = v.exactOptional(
  v.pipe(
    v.record(v.string(), v.union([v.string(), v.array(v.string())])),
    v.description("The bytes, in base64, of members that are no valid UTF-8. Left out where there are none."),
  ),
);

const kind = <Name extends string, Session extends v.GenericSchema, Entries extends v.ObjectEntries>(
  name: Name,
  what: string,
  of: Session,
  entries: Entries,
) =>
  v.strictObject({
    timestamp: count("CLOCK_MONOTONIC in nanoseconds."),
    time: time("Wall clock, RFC 3339 with milliseconds."),
    event: v.pipe(v.literal(name), v.description(what)),
    session: of,
    ...entries,
    bytes,
  });

const nobody = v.pipe(v.null(), v.description("It concerns no session."));
const host = <Name extends string, Entries extends v.ObjectEntries>(name: Name, what: string, entries: Entries) =>
  kind(name, what, nobody, entries);
const own = <Name extends string, Entries extends v.ObjectEntries>(name: Name, what: string, entries: Entries) =>
  kind(name, what, session, entries);

const by = v.pipe(
  v.union([v.number(), v.literal("guard")]),
  v.description("User id of a client, or the guard itself."),
);
const pid = count("Process id.");
const call = text("Id of the tool call.");
const className = text("Class of the session.");
const cpuBackend = v.pipe(v.picklist(["fair", "scx"]), v.description("Who gives out CPU time."));
const rule = textOrNull("The rule that it fits; null: it asked for it itself.");
const stage = v.picklist(stages);

const decision = own("DECISION", "A step of the protection of memory.", {
  domain: text("The group that it is about."),
  policy: v.pipe(
    v.picklist(["none", "static", "high-only", "fallback", "two-stage"]),
    v.description("The policy that decided."),
  ),
  action: v.pipe(v.picklist(decisionActions), v.description("What is done; docs/guard.md, MEMORY.")),
  from: v.pipe(stage, v.description("Where the domain stood.")),
  to: v.pipe(stage, v.description("Where it stands from now on.")),
  reason: v.pipe(v.picklist(decisionReasons), v.description("Which observation it rests on.")),
  threshold: orNull(v.number(), "What that was compared with, in its unit; null: nothing."),
  observed: v.pipe(
    v.strictObject({
      limit_bytes: count("Bytes that there are for all sessions."),
      headroom_bytes: v.pipe(v.number(), v.description("Bytes that can still be had.")),
      reserve_bytes: count("Bytes that the protected had of late and may want back."),
      bound_by: text("The group whose memory.max counts, or host."),
      stall_share: orNull(v.number(), "Of the protected session that stalls most, 0 to 1; null: not told here."),
      hits: count("Times that protected sessions reached memory.high or memory.max since the last look."),
      current_bytes: countOrNull("Bytes of the domain; null: it is gone."),
    }),
    v.description("What was seen."),
  ),
  writes: v.pipe(
    v.array(v.strictObject({ path: text("Control file."), value: text("What is written.") })),
    v.description("What is written."),
  ),
  killed: textOrNull("Group of the tool call that was killed; null: none."),
  decided_ns: count("CLOCK_MONOTONIC in nanoseconds when it was decided."),
  dry_run: yesNo("Nothing was written."),
  failed: texts("What could not be written, and why."),
});

/** `corral.guard-event/1`. */
export const guardEvent = v.variant("event", [
  host("STARTED", "The guard has begun.", {
    root: text("Directory of the root group."),
    socket: textOrNull("Where clients connect; null: nowhere."),
    sessions: texts("Names of the sessions."),
    source: orNull(v.picklist(["bpf", "proc connector", "polling"]), "Where lifecycle events come from; null: none."),
    refused: v.pipe(
      v.array(
        v.strictObject({
          name: v.pipe(v.picklist(["bpf", "proc connector", "polling"]), v.description("A better source.")),
          reason: text("Why it cannot be used here."),
        }),
      ),
      v.description("Better sources that were not to be had."),
    ),
    missing: v.pipe(v.array(v.string()), v.description("Controllers that this host cannot give to sessions.")),
    cpu_backend: cpuBackend,
    monitor_only: yesNo("It changes nothing."),
  }),
  kind("WARNING", "Something is not as it should be.", orNull(v.string(), "Name of the session; null: none."), {
    message: text("One line, untrusted."),
  }),
  host("WOULD_MAKE", "A group that would be made (monitor-only).", {
    group: text("Its directory."),
    role: v.pipe(v.picklist(["root", "session", "framework", "tools"]), v.description("What it is for.")),
  }),
  own("SESSION_CREATED", "A session is there.", {
    class: className,
    owner: count("User id of its tenant."),
    adopted: yesNo("Its groups were there already."),
  }),
  own("SESSION_CHANGED", "Class, limits or tools of a session have changed.", {
    class: className,
    lacking: texts("Limits that do not hold, each with the reason."),
    by,
  }),
  own("SESSION_REMOVED", "A session is gone.", { not_restored: texts("What could not be put back."), by }),
  own("SESSION_EXPIRED", "Its time to live is over.", {
    ttl_ms: millisOrNull("Milliseconds that it lived unchanged."),
  }),
  own("FROZEN", "A session was stopped.", {
    by,
    complete: yesNo("The kernel says that all its processes stand."),
    most_ms: millis("Milliseconds after which they go on by themselves."),
  }),
  own("THAWED", "A session goes on.", {
    by,
    frozen_ms: millis("Milliseconds that it stood."),
    complete: yesNo("The kernel says that all its processes go on."),
  }),
  own("PLACED", "A process went into a session, with its descendants.", {
    pid,
    rule,
    processes: count("How many there were."),
    after_ms: millisOrNull("Milliseconds from its exec; null when no exec told of it."),
    quick: yesNo("It was moved natively, as its exec was read, as one was of the same program before."),
  }),
  own("WOULD_PLACE", "A process that would be placed (monitor-only).", { pid, rule: text("The rule that it fits.") }),
  own("PLACEMENT_FAILED", "A process was not placed.", { pid, rule, reason: text("Why, untrusted.") }),
  own("TOOL_STARTED", "A tool call runs.", { call, pid, by }),
  own("TOOL_ENDED", "A tool call is over.", {
    call,
    exit_code: countOrNull("0 to 255; null when a signal ended it or nobody told."),
    exit_signal: textOrNull("Name of the signal that ended it; null when none did."),
    reason: v.pipe(v.picklist(["exit", "signal", "oom", "timeout", "abandoned"]), v.description("How it ended.")),
    removed: yesNo("Nothing of its group is left."),
  }),
  own("RECLAIMED", "Memory was taken back from an agent that waits.", {
    before_bytes: count("Bytes before."),
    after_bytes: count("Bytes after."),
    reclaimed_bytes: count("Bytes that were taken back."),
    stall_share: v.pipe(v.number(), v.description("Share of the time for which it was stalled, 0 to 1.")),
    duration_sec: v.pipe(seconds(), v.description("Seconds that it took.")),
  }),
  own("TOOL_QUEUED", "A tool call waits for memory.", {
    need_bytes: count("Bytes that it needs."),
    headroom_bytes: v.pipe(v.number(), v.description("Bytes that can be had.")),
    reserve_bytes: v.pipe(v.number(), v.description("Bytes that are to stay free.")),
  }),
  own("TOOL_ADMITTED", "A tool call that waited begins.", {
    reason: v.pipe(
      v.picklist(["room", "waited"]),
      v.description("waited: there was no room, for as long as it must wait."),
    ),
    need_bytes: count("Bytes that it needs."),
    headroom_bytes: orNull(v.number(), "Bytes that can be had; null: not known."),
    waited_ms: millis("Milliseconds that it waited."),
  }),
  host("JOB_STARTED", "A job that the guard looks after runs.", { job: text("Its id."), pid }),
  host("JOB_ENDED", "A job is over.", {
    job: text("Its id."),
    pid: countOrNull("Process id; null: it never started."),
    exit_code: countOrNull("0 to 255; null when a signal ended it or nobody told."),
    exit_signal: textOrNull("Name of the signal that ended it; null when none did."),
    reason: v.pipe(v.picklist(exitReasons), v.description("How it ended; docs/report.md.")),
  }),
  host(
    "JOB_LEFT",
    "The client of a job has left it because of a signal; nobody watches it, and no end of it is told.",
    {
      job: text("Its id."),
      pid,
      signal: text("Name of the signal."),
    },
  ),
  own("HINT_IGNORED", "A part of a hint counts as not given.", {
    call,
    reason: text("Why, with its text, untrusted."),
  }),
  host("SCHEDULER_LOADED", "Corral's own scheduler has the tasks of the sessions.", {
    mode: v.pipe(v.picklist(["partial", "full"]), v.description("full: all ordinary tasks of the host.")),
    adopted: count("Threads that were given to it."),
    boosted: texts("Sessions whose agents may run ahead of their turn."),
  }),
  host("SCHEDULER_FALLBACK", "The kernel's own scheduler has the tasks.", {
    kind: v.pipe(v.picklist(["refused", "died", "stalled", "ended"]), v.description("What happened.")),
    reason: text("The kernel's words, untrusted."),
    message: text("More of them; may be empty."),
    state: textOrNull("/sys/kernel/sched_ext/state; null when it could not be loaded."),
  }),
  decision,
  host("RELOADED", "The file was read again.", { needs_restart: texts("Changed keys that only a new start heeds.") }),
  host("RELOAD_FAILED", "The file has mistakes and changes nothing.", {
    problems: texts("Each with line and column."),
  }),
  host("STOPPED", "The guard ends.", {
    why: text("A signal's name, or the reason."),
    not_restored: texts("What could not be put back."),
  }),
]);

export const guardEventSchemas: Readonly<Record<string, object>> = {
  "guard-event.schema.json": describe(
    "corral.guard-event/1: one line of corral guard of its own, and the data of an event of GET /v1/events",
    guardEvent,
  ),
};
