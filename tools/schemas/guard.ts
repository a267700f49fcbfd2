/** The schemas of what `corral guard` and its clients say of sessions as JSON. */
import * as v from "valibot";
import { count, countOrNull, describe, seconds, text, textOrNull, texts, time, yesNo } from "./parts.ts";
import { constraint } from "./report.ts";

export const schemaName = <Name extends string>(name: Name) =>
  v.pipe(v.literal(name), v.description("Name and version of this document."));
export const session = text("Name of the session.");
export const sessionClass = v.pipe(
  v.picklist(["high", "normal", "low", "besteffort"]),
  v.description("How much it matters beside others."),
);
export const millis = (description: string) => v.pipe(seconds(), v.description(description));
export const millisOrNull = (description: string) => v.pipe(v.nullable(seconds()), v.description(description));
export const limits = v.pipe(v.array(constraint), v.description("What became of each limit."));
const orNull = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.pipe(v.nullable(schema), v.description(description));

/** `corral.session/1`. */
export const sessionDocument = v.strictObject({
  schema: schemaName("corral.session/1"),
  name: session,
  class: sessionClass,
  owner: count("User id of its tenant; 0: root alone."),
  origin: v.pipe(
    v.picklist(["builtin", "file", "client"]),
    v.description("It always exists, it is in the guard's file, or a client made it."),
  ),
  since: time("Wall clock of its begin, RFC 3339."),
  ttl_ms: millisOrNull("Milliseconds that it lives from its last change; null: for as long as nobody removes it."),
  expires_in_ms: millisOrNull("Milliseconds until it ends by itself; null: it does not."),
  frozen: yesNo("Whether a client has stopped it."),
  frozen_ms: millis("Milliseconds of all freezes so far."),
  memory_stage: orNull(
    v.picklist(["leashed", "clamped", "freezing", "frozen"]),
    "How it is held back for the sake of a better class; null: it is not.",
  ),
  processes: count("Processes in it."),
  memory_bytes: countOrNull("Bytes charged to it; null without a memory controller."),
  calls: count("Tool calls that run now."),
  group: text("Directory of its group."),
  framework: text("Directory of the agent's own group."),
  limits,
});

const memory = v.pipe(
  v.strictObject({
    policy: v.pipe(
      v.picklist(["none", "static", "high-only", "fallback", "two-stage"]),
      v.description("How memory is protected."),
    ),
    dry_run: yesNo("Decisions are told and nothing is written."),
    memcg_bpf_ops: v.pipe(
      v.picklist(["absent", "present", "unknown"]),
      v.description("Whether the kernel has these hooks, by its own types."),
    ),
    tick_ms: millis("Milliseconds between two looks."),
    latest_ms: millisOrNull("Longest time that a look came late; null, as the following, while nothing is looked at."),
    limit_bytes: countOrNull("Memory that there is for all sessions."),
    headroom_bytes: orNull(
      v.pipe(v.number(), v.integer()),
      "What of it can still be had; below 0 when it is exceeded.",
    ),
    bound_by: textOrNull("The group whose memory.max counts, or host."),
    protects: texts("Sessions that are protected from the others now."),
    spared: texts("Sessions that are never touched."),
    held: v.pipe(v.record(v.string(), v.string()), v.description("Sessions that are held back, and how.")),
    decisions: v.pipe(v.record(v.string(), count("How often.")), v.description("How often each action was decided.")),
    queued: count("Tool calls that wait for memory."),
    wakes: v.pipe(
      v.array(
        v.strictObject({
          group: text("The group."),
          mechanism: text("What tells of it."),
          reason: text("Why it is this one; may be empty."),
        }),
      ),
      v.description("What wakes it besides the tick."),
    ),
  }),
  v.description("The protection of memory as it stands."),
);

const warmMoves = v.strictObject({
  wanted: v.pipe(v.picklist(["auto", "always", "never"]), v.description("auto: while it pays.")),
  period_ms: millisOrNull("Milliseconds between two touches of the lock; null: it is not kept now."),
  cpu_ms: millis("CPU time that all keeping has taken so far."),
  cold_move_ms: millisOrNull("What a move takes after a rest; null: none was seen."),
  warm_move_ms: millisOrNull("What a move takes with a warm lock; null: none was seen."),
  moves: count("Moves so far."),
  problem: textOrNull("Why the lock cannot be kept here; null: it can, as far as is known."),
});

/** `corral.guard-status/1`. */
export const guardStatus = v.strictObject({
  schema: schemaName("corral.guard-status/1"),
  version: text("Version of Corral."),
  pid: count("Process id of the guard."),
  since: time("Wall clock of its start, RFC 3339."),
  root: text("Directory of the root group."),
  monitor_only: yesNo("It changes nothing."),
  source: textOrNull("Where lifecycle events come from; null: there are none."),
  missing: texts("Controllers that this host cannot give to sessions."),
  memory_policy: memory.pipe[0].entries.policy,
  memory,
  cpu_backend: v.pipe(v.picklist(["fair", "scx"]), v.description("Who gives out CPU time now.")),
  cpu_wanted: v.pipe(v.picklist(["fair", "scx"]), v.description("Who was asked for.")),
  cpu_fallback: orNull(
    v.strictObject({
      time: time("Wall clock, RFC 3339."),
      kind: v.pipe(v.picklist(["refused", "died", "stalled", "ended"]), v.description("What happened.")),
      reason: text("The kernel's words, untrusted."),
    }),
    "The last time that CPU time went back to the kernel's own scheduler; null: it did not.",
  ),
  warm_moves: v.pipe(warmMoves, v.description("Whether the kernel's lock on moves between groups is kept warm.")),
  sessions: v.pipe(v.array(sessionDocument), v.description("Those that the asking user may see.")),
});

/** `corral.session-adopt/1`. */
export const sessionAdopt = v.strictObject({
  schema: schemaName("corral.session-adopt/1"),
  session,
  group: textOrNull("The group that they were in; null when that is not known."),
  processes: count("How many were moved."),
  left: v.pipe(
    v.array(v.strictObject({ pid: count("Process id."), reason: text("Why it stayed.") })),
    v.description("Those that stayed."),
  ),
});

/** `corral.session-token/1`. */
export const sessionToken = v.union([
  v.strictObject({
    schema: schemaName("corral.session-token/1"),
    session,
    token: text("The token; a secret."),
  }),
  v.strictObject({
    schema: schemaName("corral.session-token/1"),
    session,
    revoked: yesNo("Whether there was one, which is worth nothing now."),
  }),
]);

const waits = (what: string) =>
  orNull(
    v.strictObject({
      some_avg10: v.pipe(v.number(), v.description("Percent of the last ten seconds in which some task waited.")),
      full_avg10: orNull(v.number(), "Percent in which all of them did; null where the kernel does not count it."),
      some_us: count("Microseconds in which some task waited."),
    }),
    `How long its tasks wait for ${what} (PSI); null where the kernel does not count it.`,
  );

/** `corral.session-budget/1`. */
export const sessionBudget = v.strictObject({
  schema: schemaName("corral.session-budget/1"),
  session,
  class: sessionClass,
  frozen: yesNo("Whether a client has stopped it."),
  memory: v.pipe(
    v.strictObject({
      current_bytes: countOrNull("Bytes in use; null: not counted."),
      reclaimable_bytes: countOrNull("What of it the kernel can take back; null: not counted."),
      cap_bytes: countOrNull("The lower of memory.max and memory.high; null: no cap of its own."),
      headroom_bytes: orNull(v.pipe(v.number(), v.integer()), "Bytes free below the cap; null: no cap of its own."),
    }),
    v.description("Memory of the session alone."),
  ),
  cpu: v.pipe(
    v.strictObject({
      weight: count("cpu.weight."),
      cap_percent: orNull(seconds(), "Percent of one CPU; null: no cap."),
      used_us: countOrNull("Microseconds of CPU time; null: not counted."),
      throttled_us: countOrNull("Microseconds held back by cpu.max; null: not counted."),
    }),
    v.description("CPU time of the session."),
  ),
  pids: v.pipe(
    v.strictObject({ current: count("Processes now."), cap: countOrNull("Most of them; null: no cap.") }),
    v.description("Processes of the session."),
  ),
  pressure: v.pipe(
    v.strictObject({ cpu: waits("CPU time"), memory: waits("memory"), io: waits("disks") }),
    v.description("What its tasks wait for."),
  ),
  call_ceilings: v.pipe(
    v.strictObject({
      memory_bytes: countOrNull("Bytes; null: as much as the session."),
      cpu_percent: orNull(seconds(), "Percent of one CPU; null: as much as the session."),
      pids: countOrNull("Processes; null: as many as the session."),
      time_ms: millisOrNull("Milliseconds; null: without end."),
      calls: count("Calls at a time."),
    }),
    v.description("What one call may have at most."),
  ),
  calls: v.pipe(
    v.array(
      v.strictObject({
        call: text("Id of the call."),
        pid: countOrNull("Process id; null: its process has not started yet."),
        running_ms: millis("Milliseconds that it runs."),
        memory_bytes: countOrNull("Bytes in use; null: not counted."),
        memory_budget_bytes: countOrNull("Its own cap in bytes; null: none."),
        attempt: count("1 for the first run."),
      }),
    ),
    v.description("Tool calls that run."),
  ),
  limits,
});

const sec = (description: string) => v.pipe(seconds(), v.description(description));

const callsReport = {
  calls: count("Runs, retries among them."),
  retries: count("Runs that were retries."),
  failed: count("Calls that ended with another code than 0, by a signal, or not at all."),
  ooms: count("Calls that were killed for lack of memory."),
  timeouts: count("Calls that ran out of time."),
  duration_sec: sec("Seconds of all calls together."),
  burst_sec: sec("Seconds of calls that peaked above twice the session's mean peak."),
  memory_peak_bytes: countOrNull("The highest peak of a call in bytes; null: memory is not counted."),
  memory_mean_peak_bytes: countOrNull("The mean of all peaks in bytes; null: memory is not counted."),
  cpu_sec: sec("CPU seconds."),
  throttled_sec: sec("Seconds held back by cpu.max."),
  frozen_sec: sec("Seconds for which the session was frozen meanwhile."),
  memory_high_hits: count("Times that memory.high slowed them down."),
  budgeted: count("Calls that said how much memory they need, and have a budget of it."),
  over_declared: count("Of these: how many needed less than half of it."),
  under_declared: count("Of these: how many used it up."),
  budget_gib_sec: sec("Memory that was asked for over time, GiB seconds."),
  used_gib_sec: sec("Memory that all calls used at most over time, GiB seconds."),
  waste_ratio: orNull(v.number(), "Share of what was asked for that no peak has reached, 0 to 1; null: nothing was."),
};

/** `corral.session-report/1`. */
export const sessionReport = v.strictObject({
  schema: schemaName("corral.session-report/1"),
  session,
  since: textOrNull("Wall clock of the first call that is counted, RFC 3339; null: there was none."),
  forgotten: count("Calls that were too many to be kept, the oldest."),
  all: v.pipe(v.strictObject(callsReport), v.description("All calls.")),
  tools: v.pipe(
    v.array(v.strictObject({ ...callsReport, tool: text("Program of the calls, untrusted; other: the rest.") })),
    v.description("By program, those that used most memory over time first."),
  ),
});

export const guardSchemas: Readonly<Record<string, object>> = {
  "guard-status.schema.json": describe(
    "corral.guard-status/1: the guard and its sessions, by corral session list --json",
    guardStatus,
  ),
  "session.schema.json": describe("corral.session/1: a session, by corral session status --json", sessionDocument),
  "session-adopt.schema.json": describe("corral.session-adopt/1: what corral session adopt --json did", sessionAdopt),
  "session-token.schema.json": describe("corral.session-token/1: by corral session token --json", sessionToken),
  "session-budget.schema.json": describe(
    "corral.session-budget/1: what a session has, uses and may have, by GET /v1/budget",
    sessionBudget,
  ),
  "session-report.schema.json": describe(
    "corral.session-report/1: what a session's calls used, by corral session report --json",
    sessionReport,
  ),
};
