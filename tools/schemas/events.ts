/** The schema of what `corral events` prints as JSON. */
import * as v from "valibot";
import { count, countOrNull, describe, text, textOrNull, time, whole, yesNo } from "./parts.ts";

const source = v.picklist(["bpf", "proc connector", "polling"]);
const orNull = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.pipe(v.nullable(schema), v.description(description));
const integer = () => v.pipe(v.number(), v.integer());

const bytes = v.exactOptional(
  v.pipe(
    v.record(v.string(), v.union([v.string(), v.array(v.string())])),
    v.description(
      "The bytes, in base64, of members that are no valid UTF-8; the members themselves have U+FFFD for what is wrong. Left out where there are none.",
    ),
  ),
);

const kind = <Name extends string, Entries extends v.ObjectEntries>(name: Name, what: string, entries: Entries) =>
  v.strictObject({
    timestamp: count("When it happened: CLOCK_MONOTONIC of the host, nanoseconds."),
    event: v.pipe(v.literal(name), v.description(what)),
    ...entries,
    bytes,
  });

const comm = textOrNull("Name of the process, which it may have chosen itself; null where it was not told.");
const life = {
  comm,
  pid: count("Process id."),
  ppid: countOrNull("Process id of the parent when it was last told."),
};
const whose = {
  uid: countOrNull("Real user id; null where it was not told."),
  cgroup: textOrNull("Path of its cgroup v2 group, as /proc/PID/cgroup has it; null where it was not told."),
  cgroup_id: countOrNull("Inode number of the group's directory."),
  start_ticks: countOrNull("Start time in clock ticks after boot; with the pid the identity of the process."),
};
const details = {
  ...whose,
  generation: count("1 for the first program of a process, one more with each further one."),
  reconciled: yesNo(
    "The event itself was lost; a scan of /proc found its effect, so that time and parent are those of the scan.",
  ),
};
const folded = {
  window_expired: v.exactOptional(v.pipe(v.literal(true), v.description("The window is over."))),
  reason: v.exactOptional(
    v.pipe(
      v.picklist(["process_exit", "table_full", "shutdown"]),
      v.description("Why a count is told before the window is over."),
    ),
  ),
};

const limited = {
  rate_limit_warning: v.exactOptional(text("What was dropped since the last line that told it, in words.")),
  dropped: v.exactOptional(count("How many files and lines were dropped.")),
};
const traced = { comm: text("Name of the thread that did it."), pid: count("Process id.") };

/** A line of `corral.events/1`. */
export const eventsLine = v.variant("event", [
  kind("START", "The first line: where the rest comes from, and what its times mean.", {
    schema: v.pipe(v.literal("corral.events/1"), v.description("Name and version of the form of all lines.")),
    source: v.pipe(source, v.description("Where events come from.")),
    poll_interval_ms: orNull(v.pipe(v.number(), v.minValue(0)), "Between two looks at /proc; null: the kernel tells."),
    refused: v.pipe(
      v.array(v.strictObject({ name: source, reason: text("Why it cannot be used here.") })),
      v.description("Better sources that were not to be had."),
    ),
    unmet: v.pipe(
      v.array(
        v.strictObject({ wish: v.picklist(["cgroup", "opens", "readline"]), reason: text("Why it is not told.") }),
      ),
      v.description("What was asked for and cannot be told here."),
    ),
    host: text("Name of the host."),
    boot_id: text("Random id of this boot."),
    clock: v.pipe(
      v.strictObject({
        mono_ns: count("CLOCK_MONOTONIC, nanoseconds."),
        wall_time: time("Wall clock, RFC 3339."),
      }),
      v.description("One moment on two clocks."),
    ),
  }),
  kind("FORK", "A process was forked; with --forks.", { ...life, ...details }),
  kind("EXEC", "A process executed a program.", {
    ...life,
    filename: textOrNull("The program, as it was given to execve(2); of a source other than bpf the file that runs."),
    full_command: textOrNull("The arguments joined by spaces."),
    argv: orNull(v.array(v.string()), "The arguments."),
    argv_truncated: yesNo("There is more of the arguments than was told."),
    exe: textOrNull("The file that runs, of a script its interpreter; null when nobody told it."),
    ...details,
  }),
  kind("EXIT", "A process ended with all its threads.", {
    ...life,
    exit_code: countOrNull("0 to 255; null when a signal ended it or nobody told."),
    duration_ms: v.exactOptional(
      count("Whole milliseconds from its last exec; left out where that is 0 or not known."),
    ),
    ...limited,
    exit_signal: textOrNull("Name of the signal that ended it."),
    core_dumped: orNull(v.boolean(), "Whether it left a core dump; null when nobody told."),
    since_fork_ns: countOrNull("Nanoseconds from its fork; null when that was not told."),
    since_exec_ns: countOrNull("Nanoseconds from its last exec; null when that was not told."),
    ...details,
  }),
  kind("FILE_OPEN", "A process opened a file, or tried to; with --opens.", {
    ...traced,
    count: count("1: it was opened now. More: how often it was in the window that is over."),
    filepath: text("The path as the process gave it."),
    flags: v.pipe(integer(), v.description("O_* bits of open(2).")),
    ...limited,
    ...folded,
    result: orNull(
      integer(),
      "Of the first time: the descriptor, or a negative errno; null when it was not seen to end.",
    ),
    ...whose,
  }),
  kind("BASH_READLINE", "A bash read a line from its terminal; with --readline.", {
    ...traced,
    count: count("1: it was typed now. More: how often it was in the window that is over."),
    command: text("The line."),
    ...limited,
    ...folded,
    truncated: yesNo("There is more of the line than was told."),
    ...whose,
  }),
  kind("RATE_LIMIT", "Files and lines that were dropped, where no other line of the process tells it.", {
    comm,
    pid: countOrNull("Process id; null for all processes beyond those that have a limit of their own."),
    rate_limit_warning: text("The same in words."),
    dropped: v.pipe(whole(), v.description("How many.")),
  }),
  kind("LOST", "Events were lost since the last such line.", {
    count: count("How many, by all causes."),
    kernel_buffer: count("The kernel's buffer was full."),
    never_sent: count("The kernel could not make them."),
    queue: count("Corral read too slowly."),
    traces: count("Opened files and lines, by whatever cause."),
  }),
]);

export const eventsSchemas: Readonly<Record<string, object>> = {
  "events.schema.json": describe("corral.events/1: one line of corral events", eventsLine),
};
