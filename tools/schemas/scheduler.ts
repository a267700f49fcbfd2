/** The schema of what `corral scheduler` prints as JSON. */
import * as v from "valibot";
import { counterNames } from "../../src/cgroup/cpu/index.ts";
import { count, countOrNull, describe, seconds, text, textOrNull, time, yesNo } from "./parts.ts";

const percent = (description: string) => v.pipe(v.number(), v.minValue(0), v.description(description));

const kind = <Name extends string, Entries extends v.ObjectEntries>(name: Name, what: string, entries: Entries) =>
  v.strictObject({ event: v.pipe(v.literal(name), v.description(what)), ...entries });

const counter = count("How often, in the interval; docs/scheduler.md says what.");

const counters = v.pipe(
  v.strictObject(
    Object.fromEntries(counterNames.map((name) => [name, counter])) as Record<
      (typeof counterNames)[number],
      typeof counter
    >,
  ),
  v.description("What the scheduler did."),
);

const adopted = (description: string) => count(description);

/** A line of `corral.scheduler/1`. */
export const schedulerLine = v.variant("event", [
  kind("START", "The first line.", {
    schema: v.pipe(v.literal("corral.scheduler/1"), v.description("Name and version of the form of all lines.")),
    time: time("Wall clock, RFC 3339."),
    mode: v.pipe(v.picklist(["partial", "full"]), v.description("full: all ordinary tasks of the host.")),
    slice_us: count("Microseconds that a task runs before others have their turn."),
    fifo: yesNo("Tasks of one group run in the order they came."),
    interval_sec: v.pipe(seconds(), v.description("Between two STATS; 0: none.")),
    watchdog_sec: v.pipe(seconds(), v.description("How long a task may wait before the kernel takes over.")),
    adopted: adopted("Threads that were given to the scheduler."),
  }),
  kind("STATS", "What happened in an interval.", {
    timestamp: count("End of the interval: CLOCK_MONOTONIC, nanoseconds."),
    interval_sec: v.pipe(seconds(), v.description("Its length.")),
    cpu_percent: percent("CPU time of all groups, in percent of one CPU."),
    counters,
    groups: v.pipe(
      v.array(
        v.strictObject({
          path: textOrNull("Below the cgroup v2 mount, / for the root; null when the group is gone."),
          id: count("Inode number of its directory."),
          weight: count("cpu.weight; 1 with cpu.idle."),
          cpu_ms: v.pipe(v.number(), v.minValue(0), v.description("CPU time of its own tasks.")),
          cpu_percent: percent("The same in percent of one CPU."),
          runnable: v.pipe(v.number(), v.integer(), v.description("Its own tasks that run or wait to.")),
        }),
      ),
      v.description("Groups whose tasks ran or wait to, those that used most first."),
    ),
    adopted: adopted("Threads that were given to the scheduler since the line before."),
  }),
  kind("ALERT", "The scheduler ended without having been told to.", {
    kind: v.pipe(
      v.picklist(["died", "stalled", "ended"]),
      v.description("died: its loader was killed; stalled: a task had waited too long; ended: another reason."),
    ),
    reason: text("The kernel's words, or how the loader ended."),
    message: text("More of the kernel's words; may be empty."),
    exit_kind: countOrNull("enum scx_exit_kind; null when the loader could not tell."),
    state: text("/sys/kernel/sched_ext/state: disabled when the kernel's own scheduler has taken over."),
  }),
  kind("END", "The last line.", { reason: text("A signal, duration, nobody reads, or the kind of the alert.") }),
]);

export const schedulerSchemas: Readonly<Record<string, object>> = {
  "scheduler.schema.json": describe("corral.scheduler/1: one line of corral scheduler --json", schedulerLine),
};
