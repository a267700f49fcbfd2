/** The schemas of what `corral guard` says of one tool call as JSON. */
import * as v from "valibot";
import { limits, millis, schemaName, session } from "./guard.ts";
import { count, countOrNull, describe, text, textOrNull, time, yesNo } from "./parts.ts";

const orNull = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.pipe(v.nullable(schema), v.description(description));

const call = text("Id of the call.");
const reason = v.pipe(
  v.picklist(["exit", "signal", "oom", "timeout", "abandoned"]),
  v.description(
    "oom: killed for lack of memory, by the kernel's count; timeout: it ran for too long; abandoned: its client went away.",
  ),
);

const stalls = (what: string) =>
  orNull(
    v.strictObject({
      some_us: count("Microseconds in which some task was stalled."),
      full_us: countOrNull("Microseconds in which all were; null where the kernel gives no such line."),
    }),
    `Stalls for want of ${what}; null where the kernel does not count them.`,
  );

const attempt = v.strictObject({
  call,
  reason,
  memory_budget_bytes: countOrNull("Its own cap in bytes; null: none."),
  memory_peak_bytes: countOrNull("Most memory it had in bytes; null: not counted."),
  duration_ms: millis("Milliseconds that it took."),
});

/** `corral.tool-result/1`. */
export const toolResult = v.strictObject({
  schema: schemaName("corral.tool-result/1"),
  session,
  ...attempt.entries,
  exit_code: countOrNull("0 to 255; null when a signal ended it or nobody told."),
  exit_signal: textOrNull("Name of the signal that ended it; null when none did."),
  oom_kills: count("Processes of the call that the kernel killed for lack of memory."),
  oom_own_budget: yesNo("It was the call's own budget that was used up."),
  memory_asked: yesNo("The call has said how much memory it needs."),
  memory_usual_bytes: countOrNull(
    "What its kind usually needs in bytes, beyond which it was slowed down; null: nothing was presumed.",
  ),
  memory_high_hits: countOrNull("Times that memory.high slowed it down; null: not counted."),
  memory_max_hits: countOrNull("Times that it reached memory.max; null: not counted."),
  cpu_user_us: countOrNull("Microseconds of CPU time in user mode; null: not counted."),
  cpu_sys_us: countOrNull("Microseconds of CPU time in the kernel; null: not counted."),
  throttled_us: countOrNull("Microseconds held back by cpu.max; null: not counted."),
  pids_peak: countOrNull("Most processes and threads at once; null: not counted."),
  pressure: v.pipe(
    v.strictObject({ cpu: stalls("CPU time"), memory: stalls("memory"), io: stalls("disks") }),
    v.description("What it waited for (PSI)."),
  ),
  frozen_ms: millis("Milliseconds for which the session was frozen meanwhile."),
  limits,
  lowered: v.pipe(
    v.array(v.picklist(["memory", "cpu", "time", "pids", "class"])),
    v.description("What was asked for above a ceiling, and lowered to it."),
  ),
  hint_ignored: v.pipe(
    v.array(
      v.strictObject({
        part: countOrNull("Its place among the parts of the hint, from 1; null: the hint as a whole."),
        key: orNull(
          v.picklist(["memory", "cpu", "time", "pids", "io", "class"]),
          "What it speaks of; null: not known.",
        ),
        why: v.pipe(
          v.picklist(["unknown", "twice", "value", "too-long"]),
          v.description("No key of a hint; given before; no such value; the hint is too long."),
        ),
      }),
    ),
    v.description("Parts of the hint that count as not given."),
  ),
  background: v.pipe(
    v.strictObject({
      policy: v.pipe(v.picklist(["kill", "wait", "adopt"]), v.description("What becomes of them.")),
      processes: count("How many were there when the command had ended."),
    }),
    v.description("Processes that the command left behind."),
  ),
  start_ns: count("CLOCK_MONOTONIC at its start, nanoseconds."),
  end_ns: count("CLOCK_MONOTONIC at its end, nanoseconds."),
  start_time: time("Wall clock, RFC 3339 with milliseconds."),
  end_time: time("Wall clock, RFC 3339 with milliseconds."),
  removed: yesNo("Nothing of its group is left."),
  feedback: orNull(
    v.strictObject({
      kind: v.pipe(v.picklist(["oom", "timeout", "slowed"]), v.description("What it is about.")),
      text: text("For its agent: a fixed text with numbers of its own."),
      next_memory_bytes: countOrNull("A budget in bytes that may be asked for next; null: there is no more."),
    }),
    "What its agent is told; null: nothing.",
  ),
  attempts: v.pipe(v.array(attempt), v.description("All its runs so far, this one last.")),
  retry: orNull(
    v.strictObject({ memory_bytes: count("Its budget then."), text: text("For its agent.") }),
    "The client is to run it again; null: it is not.",
  ),
  not_retried: orNull(
    v.picklist(["not-idempotent", "not-own-budget", "attempts-used", "no-headroom"]),
    "Why it is not run again; null: it is, or nobody wanted it to be.",
  ),
});

/** A line of `corral.tool-log/1`. */
export const toolLog = v.strictObject({
  ts: count("Wall clock of its start, nanoseconds since 1970."),
  pid: count("Process id; 0: its process was never started."),
  cgroup: text("Directory of its group."),
  cmd: text("The first 200 bytes of its command line, untrusted."),
  exit: orNull(v.union([v.number(), v.string()]), "Exit code, or name of the signal; null: nobody learned."),
  duration_ms: count("Milliseconds that it took."),
  peak_mem: text("Most memory it had in bytes, or unknown."),
  current_mem: text("Memory in use when the command had ended in bytes, or unknown."),
  hint: text("The first 200 bytes of its hint, untrusted."),
  mem_high: text("Its own cap in bytes, or max."),
  schema: schemaName("corral.tool-log/1"),
  session,
  call,
  reason,
  oom_kills: count("Processes of the call that the kernel killed for lack of memory."),
  cpu_user_us: countOrNull("Microseconds of CPU time in user mode; null: not counted."),
  cpu_sys_us: countOrNull("Microseconds of CPU time in the kernel; null: not counted."),
  frozen_ms: millis("Milliseconds for which the session was frozen meanwhile."),
  background: count("Processes that were there when the command had ended."),
  removed: yesNo("Nothing of its group is left."),
  attempt: count("1 for the first run."),
});

export const toolSchemas: Readonly<Record<string, object>> = {
  "tool-result.schema.json": describe("corral.tool-result/1: what a tool call was and used", toolResult),
  "tool-log.schema.json": describe("corral.tool-log/1: one line of the guard's tool_log", toolLog),
};
