/** The schema of the report, `corral.report/1`, and of its parts. */
import * as v from "valibot";
import { constraintStatuses, exitReasons, intents, slaReasons } from "../../src/report/index.ts";
import { count, countOrNull, seconds, text, textOrNull, texts, time, whole, yesNo } from "./parts.ts";

const pids = (description: string) => v.pipe(v.nullable(v.array(whole())), v.description(description));
export const tags = v.pipe(v.record(v.string(), v.string()), v.description("The --tag pairs, unchanged."));

export const constraint = v.strictObject({
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
    v.description(
      "Who counted CPU time: the job's group; wait4(2) of the leader and what it waited for, beside which a group that was made while the job ran may tell the rest; nobody.",
    ),
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

export const intent = v.pipe(
  v.nullable(v.picklist(intents)),
  v.description("The --intent, unchanged; null when not given."),
);
export const slaEligible = yesNo("Whether --sla-eligible was given.");
export const groupScope = v.pipe(
  v.picklist(["none", "cgroupfs", "systemd"]),
  v.description("Who made the job's group: nobody, Corral itself, or systemd at Corral's request."),
);

/** `corral.report/1`. */
export const report = v.strictObject({
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
  survivors: pids(
    "Process ids still in the group when the leader had ended; null where there is no group to ask, and while the leader lives.",
  ),
  warnings: texts("What Corral warned about, one line each."),
});
