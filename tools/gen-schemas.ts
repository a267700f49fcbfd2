/**
 * The JSON Schemas of what Corral writes, made from valibot schemas that the type checker proves equal to
 * the types of the code, and of the file of rules it reads, made from the schema that judges it. tools/build.mjs writes
 * them to schemas/.
 */
import * as v from "valibot";
import type { LimitKey, PlannedLimit } from "../src/cgroup/index.ts";
import { controllers, limitNames } from "../src/cgroup/index.ts";
import { rlimits } from "../src/kernel/index.ts";
import type { RunReport } from "../src/report/index.ts";
import { constraintStatuses, exitReasons, intents, slaReasons } from "../src/report/index.ts";
import type { ProcessAttributes, StartRecord } from "../src/run/index.ts";
import type { MetricsDocument, ViolationsDocument } from "../src/run/metrics/index.ts";
import type { metrics, violations } from "./schemas/metrics.ts";
import { metricsSchemas } from "./schemas/metrics.ts";
import type { Proof } from "./schemas/parts.ts";
import { count, countOrNull, describe, seconds, text, textOrNull, texts, time, whole, yesNo } from "./schemas/parts.ts";
import { watchConfigSchemas } from "./schemas/watch-config.ts";

const pids = (description: string) => v.pipe(v.nullable(v.array(whole())), v.description(description));
const tags = v.pipe(v.record(v.string(), v.string()), v.description("The --tag pairs, unchanged."));

const constraint = v.strictObject({
  name: text("The limit as the user names it: the long flag without dashes."),
  requested: text("The value that was asked for."),
  status: v.pipe(
    v.picklist(constraintStatuses),
    v.description(
      "applied: the kernel holds the value and enforces it; degraded: something weaker stands in its place; not_enforceable: nothing on this host enforces it; failed: the mechanism exists and refused.",
    ),
  ),
  mechanism: textOrNull("Control files or system call that enforce it; null when nothing does."),
  effective: textOrNull("The value read back from the kernel; null when there is none."),
  reason: textOrNull("Why the status is not applied, or a caveat; null when there is nothing to add."),
});

const pressure = (resource: string) =>
  v.pipe(
    v.nullable(
      v.strictObject({
        some_us: count("Microseconds in which at least one task was stalled."),
        full_us: countOrNull("Microseconds in which every task was stalled; null where the kernel gives no such line."),
      }),
    ),
    v.description(`Stalls for want of ${resource} (PSI totals of the group); null without a v2 group or without PSI.`),
  );

const usage = v.strictObject({
  source: v.pipe(
    v.picklist(["group", "rusage", "none"]),
    v.description("Who counted: the job's group; wait4(2) of the leader and what it waited for; nobody."),
  ),
  cpu_user_us: countOrNull("CPU time in user mode, microseconds; null when nobody counted."),
  cpu_sys_us: countOrNull("CPU time in the kernel, microseconds; null when nobody counted."),
  memory_peak_bytes: countOrNull(
    "Peak memory in bytes: of the group, page cache included, or of the largest single process when the source is rusage; null when nobody counted, and, by rusage, when the process stayed below Corral's own size.",
  ),
  swap_peak_bytes: countOrNull(
    "Peak swap in bytes; null on cgroup v1, before Linux 6.5, where swap is not accounted, and without a memory group.",
  ),
  io_read_bytes: countOrNull("Bytes read from storage; null when nobody counted."),
  io_write_bytes: countOrNull("Bytes written to storage; null when nobody counted."),
  nr_periods: countOrNull("CPU quota periods in which something ran; null without a cpu group."),
  nr_throttled: countOrNull("Periods in which the CPU quota was used up; null without a cpu group."),
  throttled_us: countOrNull("Time held back by the CPU quota, microseconds; null without a cpu group."),
  oom_kills: countOrNull("Processes of the group killed for lack of memory; null without a memory group."),
  memory_max_hits: countOrNull("Times an allocation met the memory limit; null without a memory group."),
  memory_high_hits: countOrNull(
    "Times usage went over memory.high and was throttled; null on v1 or without a memory group.",
  ),
  pids_peak: countOrNull("Most processes and threads at once; null before Linux 6.1 and without a pids group."),
  pids_max_hits: countOrNull("Forks refused by the pids limit; null without a pids group."),
  psi: v.pipe(
    v.strictObject({ cpu: pressure("CPU"), memory: pressure("memory"), io: pressure("IO") }),
    v.description("Pressure stall totals over the life of the job."),
  ),
});

const event = v.strictObject({
  state: v.pipe(
    v.picklist(["starting", "running", "completed", "failed", "killed", "detached"]),
    v.description("The state the job entered."),
  ),
  time: time("Wall clock, RFC 3339 with milliseconds."),
  at_sec: v.pipe(seconds(), v.description("Seconds on the monotonic clock since the job began.")),
  message: text("What happened, for people."),
});

const intent = v.pipe(v.nullable(v.picklist(intents)), v.description("The --intent, unchanged; null when not given."));
const slaEligible = yesNo("Whether --sla-eligible was given.");
const groupScope = v.pipe(
  v.picklist(["none", "cgroupfs", "systemd"]),
  v.description("Who made the job's group: nobody, Corral itself, or systemd at Corral's request."),
);

/** `corral.report/1`. */
const report = v.strictObject({
  schema: v.pipe(v.literal("corral.report/1"), v.description("Name and version of this document.")),
  job_id: text("Id of the job: --job-id, or made from the program's name."),
  mode: v.pipe(v.picklist(["run", "attach"]), v.description("run: Corral started the workload; attach: it joined it.")),
  intent,
  sla_eligible: slaEligible,
  tags,
  argv: texts("Program and arguments, verbatim."),
  cwd: text("Working directory of the workload."),
  uid: count("User id of the workload."),
  host: text("Host name."),
  boot_id: text("Random id of this boot (/proc/sys/kernel/random/boot_id)."),
  wrapper_pid: count("Process id of Corral."),
  pid: countOrNull("Process id of the leader; null when it never started."),
  pid_start_ticks: countOrNull(
    "Start time of the leader in clock ticks after boot (field 22 of /proc/PID/stat): with boot_id and pid, its identity; null when it never started.",
  ),
  start_time: time("Wall clock when the job began, RFC 3339 with milliseconds."),
  end_time: v.pipe(
    v.nullable(v.pipe(v.string(), v.isoTimestamp())),
    v.description("Wall clock when the result was made; null in the report of a job that continues."),
  ),
  duration_sec: v.pipe(
    v.nullable(seconds()),
    v.description(
      "Seconds on the monotonic clock from just before the exec to the exit; 0 when it never started, null in the report of a job that continues.",
    ),
  ),
  processing_seconds: v.pipe(
    v.nullable(seconds()),
    v.description("Seconds; the same number as duration_sec, and null with it."),
  ),
  exit_code: v.pipe(
    v.nullable(v.pipe(whole(), v.maxValue(255))),
    v.description(
      "Exit status of the leader, 0 to 255; null when a signal ended it, it never started, or nobody knows.",
    ),
  ),
  exit_code_known: yesNo("Whether Corral learned how the leader ended."),
  exit_signal: textOrNull("Name of the signal that ended the leader, such as SIGKILL; null when none did."),
  core_dumped: yesNo("Whether the kernel wrote a core dump; false when not known."),
  exit_reason: v.pipe(
    v.picklist(exitReasons),
    v.description("Why the workload ended, decided from kernel counters and never guessed from an exit code."),
  ),
  exit_source: v.pipe(
    v.nullable(v.picklist(["wait", "pidfd", "zombie", "event"])),
    v.description(
      "Who told how the leader ended: wait4(2) of a child, PIDFD_GET_INFO, its zombie's stat file, an exit event; null when nobody did.",
    ),
  ),
  ended_by_corral: v.pipe(
    v.nullable(v.picklist(["timeout", "tied", "abort", "stop"])),
    v.description("Why Corral ended the workload; null when it did not."),
  ),
  start_error: v.pipe(
    v.nullable(
      v.strictObject({
        code: text("Stable error code, see docs/errors.md."),
        message: text("The error, one line."),
      }),
    ),
    v.description("Why the workload never ran; null when it did."),
  ),
  detached: yesNo("True when Corral left before the end and the workload went on."),
  platform_sla_compliant: yesNo("Whether the platform kept its side; the workload's own failure does not count."),
  platform_sla_reason: v.pipe(v.picklist(slaReasons), v.description("The verdict's reason, a stable word.")),
  cgroups: v.pipe(
    v.record(v.string(), v.string()),
    v.description("Directory of the job's group per controller; unified is the v2 directory. Empty without a group."),
  ),
  scope: groupScope,
  constraints: v.pipe(v.array(constraint), v.description("One outcome per requested limit.")),
  usage: v.pipe(usage, v.description("Resources used; a value is null where nothing on the host counts it.")),
  events: v.pipe(v.array(event), v.description("The life of the job, oldest first.")),
  attach: v.pipe(
    v.nullable(
      v.strictObject({
        processes: count("Processes that limits or attributes were put on."),
        process_start_time: v.pipe(
          v.nullable(v.string()),
          v.description("Wall clock of the leader's own start, RFC 3339; null when it was gone before it was read."),
        ),
        memory_elsewhere_bytes: countOrNull(
          "Bytes of memory charged to earlier groups before the move, which no limit of this job covers; null where nothing was moved.",
        ),
        limits_kept: yesNo("True: limits and group were left as they are."),
        not_restored: texts("What could not be undone, one line each."),
      }),
    ),
    v.description("What attaching did and undid; null for a job that Corral started."),
  ),
  survivors: pids("Process ids still in the group when the leader had ended; null where there is no group to ask."),
  warnings: texts("What Corral warned about, one line each."),
});

const identity = (description: string) =>
  v.strictObject({
    bootId: text("Random id of the boot."),
    pid: v.pipe(whole(), v.description(description)),
    startTicks: count("Start time in clock ticks after boot."),
  });

const lifetime = v.pipe(
  v.picklist(["detach", "tied"]),
  v.description("detach: the workload outlives Corral; tied: it ends with it."),
);

/** `corral.start/1`. */
const start = v.strictObject({
  schema: v.pipe(v.literal("corral.start/1"), v.description("Name and version of this document.")),
  job_id: text("Id of the job."),
  mode: v.pipe(v.picklist(["run", "attach"]), v.description("run: Corral started the workload; attach: it joined it.")),
  corral: v.pipe(
    identity("Process id of Corral."),
    v.description("The Corral that watches the job; a dead one left it behind."),
  ),
  workload: v.pipe(
    v.nullable(identity("Process id of the leader.")),
    v.description("Leader of the workload; null until its process exists."),
  ),
  argv: texts("Program and arguments, verbatim."),
  cwd: text("Working directory of the workload."),
  uid: count("User id of the workload."),
  start_time: time("Wall clock when the job began, RFC 3339 with milliseconds."),
  begun_ns: textOrNull("CLOCK_MONOTONIC in nanoseconds from which durations count; null until the exec or the attach."),
  lifetime,
  process_group: v.pipe(v.picklist(["own", "shared"]), v.description("own: the workload leads a process group.")),
  timeout_sec: v.pipe(
    v.nullable(seconds()),
    v.description("Seconds after which Corral ends the workload; null: never."),
  ),
  kill_after_sec: v.pipe(seconds(), v.description("Seconds between TERM and KILL when Corral ends the workload.")),
  strict: yesNo("Whether limits that are not applied refuse the start."),
  intent,
  sla_eligible: slaEligible,
  scope: groupScope,
  tags,
  groups: v.pipe(
    v.array(
      v.strictObject({
        path: text("The directory."),
        version: v.pipe(v.picklist([1, 2]), v.description("Version of its hierarchy.")),
        controllers: v.pipe(v.array(v.picklist(controllers)), v.description("Controllers it has.")),
        device: count("Device number of the directory."),
        inode: count("Inode of the directory: only this one is ever removed."),
      }),
    ),
    v.description("Directories of the job's group; empty without a group."),
  ),
  planned_groups: texts("Directories that are about to be made for the group."),
  constraints: v.pipe(v.array(constraint), v.description("Outcomes known so far.")),
  keep_limits: yesNo("attach: whether limits and group stay as they are when Corral goes."),
  adopted: v.pipe(
    v.array(
      v.strictObject({
        process: v.pipe(identity("Process id."), v.description("The process.")),
        since_ticks: count("When, in clock ticks after boot."),
        origins: v.pipe(
          v.array(
            v.strictObject({
              from: text("Directory it was in."),
              to: text("Directory of the job's group it was moved to."),
            }),
          ),
          v.description("Where it was before."),
        ),
        changes: v.pipe(
          v.array(
            v.strictObject({
              tid: count("The thread, or the process for what is kept per process."),
              attribute: text("nice, oom-score, ioprio, sched, affinity or rlimit.<number>."),
              before: text("Value before."),
              after: text("Value that was set."),
            }),
          ),
          v.description("Attributes that were changed."),
        ),
      }),
    ),
    v.description("attach: what was done to which process, so that it can be undone."),
  ),
  memory_elsewhere_bytes: countOrNull(
    "attach: bytes of memory charged to earlier groups before the move; null where nothing was moved.",
  ),
  left: v.pipe(
    v.nullable(v.strictObject({ time: time("Wall clock, RFC 3339."), why: text("A signal's name, once, or detach.") })),
    v.description("That Corral left on purpose while the workload went on; null while it is meant to watch."),
  ),
  stop_time: v.pipe(
    v.nullable(v.string()),
    v.description("When corral stop began to end the workload; null otherwise."),
  ),
  warnings: texts("What Corral warned about, one line each."),
});

const file = text("Control file, relative to the group.");
const rlimitValue = v.pipe(
  v.union([whole(), v.literal("max")]),
  v.description("In the resource's own unit (setrlimit(2)): bytes, seconds, microseconds or a count; max is no limit."),
);
const attributes = v.strictObject({
  nice: v.pipe(v.nullable(v.pipe(v.number(), v.integer())), v.description("Nice value, -20 to 19.")),
  oomScore: v.pipe(v.nullable(v.pipe(v.number(), v.integer())), v.description("oom_score_adj, -1000 to 1000.")),
  ioPriority: v.pipe(
    v.nullable(
      v.strictObject({
        class: v.pipe(v.picklist(["none", "realtime", "best-effort", "idle"]), v.description("Class of ionice(1).")),
        level: count("0 to 7; has no meaning for none and idle."),
      }),
    ),
    v.description("IO priority."),
  ),
  sched: v.pipe(
    v.nullable(
      v.strictObject({
        policy: v.pipe(v.picklist(["other", "batch", "idle", "fifo", "rr"]), v.description("Policy of sched(7).")),
        priority: count("1 to 99 for fifo and rr, else 0."),
      }),
    ),
    v.description("Scheduling policy."),
  ),
  affinity: textOrNull("CPU list."),
  rlimits: v.pipe(
    v.array(
      v.strictObject({
        resource: v.pipe(
          v.picklist(Object.keys(rlimits) as (keyof typeof rlimits)[]),
          v.description("Resource of setrlimit(2)."),
        ),
        soft: rlimitValue,
        hard: rlimitValue,
      }),
    ),
    v.description("Resource limits."),
  ),
  workdir: textOrNull("Working directory."),
  uid: countOrNull("User id."),
  gid: countOrNull("Group id."),
  groups: v.pipe(v.nullable(v.array(whole())), v.description("Supplementary group ids, set together with uid.")),
});

const plannedLimit = v.strictObject({
  key: v.pipe(v.picklist(Object.keys(limitNames) as LimitKey[]), v.description("The limit's name in the code.")),
  name: text("The limit as the user names it."),
  requested: text("The value that was asked for."),
  controller: v.pipe(v.picklist(controllers), v.description("The controller that enforces it.")),
  writes: v.pipe(
    v.array(v.strictObject({ file, value: text("Text that would be written.") })),
    v.description("Writes, in order."),
  ),
  checks: v.pipe(
    v.array(
      v.strictObject({
        file,
        expected: text("Value that must read back."),
        comparison: v.pipe(
          v.picklist(["text", "bytes", "list", "device", "weight"]),
          v.description("How the two are compared."),
        ),
      }),
    ),
    v.description("What would be read back."),
  ),
  weaker: v.exactOptional(text("Present when the mechanism is weaker than what was asked for, with the reason.")),
});

/** `corral.plan/1`, the answer of `--dry-run --json`. */
const plan = v.strictObject({
  schema: v.pipe(v.literal("corral.plan/1"), v.description("Name and version of this document.")),
  job_id: text("Id the job would have."),
  argv: texts("Program and arguments, verbatim."),
  groups: v.pipe(
    v.array(v.strictObject({ path: text("The directory."), controllers: texts("Controllers it would have.") })),
    v.description("Directories that would be created."),
  ),
  obstacles: texts("Why needed controllers cannot have a group."),
  weaker: texts("Limits that would stand in a weaker form only, each with the reason."),
  limits: v.pipe(v.array(plannedLimit), v.description("Limits that have a mechanism on this host.")),
  settled: v.pipe(v.array(constraint), v.description("Outcomes that are certain before anything is tried.")),
  attributes: v.pipe(attributes, v.description("Process attributes; null or empty is left alone.")),
  timeout_sec: v.pipe(v.nullable(seconds()), v.description("Seconds until the workload would be ended; null: never.")),
  lifetime,
  scope: v.pipe(v.picklist(["auto", "cgroupfs", "systemd"]), v.description("The --scope, unchanged.")),
});

/** Each line fails to compile when a schema and the type in the code differ, in either direction. */
export const schemasEqualTheTypes: readonly [
  Proof<typeof report, RunReport>,
  Proof<typeof start, StartRecord>,
  Proof<typeof plannedLimit, PlannedLimit>,
  Proof<typeof attributes, ProcessAttributes>,
  Proof<typeof metrics, MetricsDocument>,
  Proof<typeof violations, ViolationsDocument>,
] = [true, true, true, true, true, true];

/** File name and content of every schema; `npm run check` compares them with what is committed. */
export function generateSchemas(): Record<string, object> {
  return {
    "report.schema.json": describe("corral.report/1: the report of one job", report),
    "start.schema.json": describe("corral.start/1: the start record of a live job", start),
    "plan.schema.json": describe("corral.plan/1: what a run would do, by --dry-run --json", plan),
    ...metricsSchemas,
    ...watchConfigSchemas,
  };
}
