/** The schemas of what the job verbs print as JSON. */
import * as v from "valibot";
import { controllers } from "../../src/cgroup/index.ts";
import { constraintStatuses, exitReasons } from "../../src/report/index.ts";
import { jobStates } from "../../src/run/jobs/index.ts";
import { count, countOrNull, describe, seconds, text, textOrNull, texts, time, whole, yesNo } from "./parts.ts";
import { constraint, intent, report, tags } from "./report.ts";

const now = time("Wall clock, RFC 3339 with milliseconds.");
const jobId = text("Id of the job.");
const mode = v.pipe(
  v.picklist(["run", "attach"]),
  v.description("run: Corral started the workload; attach: it joined it."),
);
const argv = texts("Program and arguments, verbatim.");
const started = time("Wall clock when the job began, RFC 3339.");
const leaderOrNull = countOrNull("Process id of the leader, living or not; null when there never was one.");
const countedBy = (what: string) =>
  v.pipe(
    v.nullable(v.picklist(["group", "leader"])),
    v.description(`Who counts ${what}: the job's group; /proc, for the leader alone; null when nobody does.`),
  );
const limits = v.pipe(
  v.array(
    v.strictObject({
      name: text("The limit as the user names it."),
      status: v.pipe(v.picklist(constraintStatuses), v.description("What became of it.")),
    }),
  ),
  v.description("The limits that were asked for."),
);
const state = v.pipe(
  v.picklist(jobStates),
  v.description(
    "starting, running, ending: a Corral watches it; orphaned: its Corral was killed; detached: its Corral left; lingering: the leader has ended and others of its group live; dead: nothing of it lives.",
  ),
);
const unreadable = v.pipe(
  v.array(v.strictObject({ path: text("The file."), reason: text("What is wrong with it.") })),
  v.description("Files of the state directory that could not be used."),
);

/** The fields of a job that has a start record. */
const liveFields = {
  job_id: jobId,
  state,
  freezer: v.pipe(
    v.nullable(v.picklist(["thawed", "freezing", "frozen"])),
    v.description("freezing: the group was told to freeze and a task of it goes on; null without a group."),
  ),
  mode,
  watcher_pid: countOrNull("Process id of the living Corral that watches it; null when none does."),
  pid: leaderOrNull,
  cpu_percent: v.pipe(
    v.nullable(seconds()),
    v.description("CPU use in percent of one CPU over a short time; null when it was not sampled."),
  ),
  cpu_source: countedBy("CPU time"),
  memory_bytes: countOrNull("Memory in bytes: charged to the group, page cache included, or resident in the leader."),
  memory_source: countedBy("memory"),
  processes: countOrNull("Processes in the group; null without one."),
  age_sec: v.pipe(seconds(), v.description("Seconds since the job began.")),
  start_time: started,
  uid: count("User id of the workload."),
  tags,
  limits,
  argv,
} as const;

/** `corral.jobs/1`. */
export const jobs = v.strictObject({
  schema: v.pipe(v.literal("corral.jobs/1"), v.description("Name and version of this document.")),
  time: now,
  jobs: v.pipe(v.array(v.strictObject(liveFields)), v.description("Jobs that have a start record, oldest first.")),
  ended: v.pipe(
    v.nullable(
      v.array(
        v.strictObject({
          job_id: jobId,
          mode,
          pid: leaderOrNull,
          start_time: started,
          end_time: v.pipe(
            v.nullable(v.pipe(v.string(), v.isoTimestamp())),
            v.description("Wall clock at the end, RFC 3339; null when nobody saw it."),
          ),
          duration_sec: v.pipe(v.nullable(seconds()), v.description("Seconds it ran; null when nobody saw the end.")),
          exit_reason: v.pipe(v.picklist(exitReasons), v.description("Why the workload ended.")),
          exit_code: countOrNull("Exit status of the leader; null when a signal ended it or nobody knows."),
          exit_signal: textOrNull("Signal that ended the leader; null when none did."),
          exit_status: count("What corral wait exits with."),
          ended_by_corral: report.entries.ended_by_corral,
          detached: report.entries.detached,
          limits,
          argv,
        }),
      ),
    ),
    v.description("Jobs that are over, newest first; null when they were not asked for."),
  ),
  unreadable,
});

const left = v.pipe(
  v.nullable(
    v.strictObject({
      time: time("Wall clock, RFC 3339."),
      why: text("A signal's name, once, background, or detach."),
    }),
  ),
  v.description("That Corral left on purpose; null while it is meant to watch."),
);

const live = v.strictObject({
  ...liveFields,
  cwd: text("Working directory of the workload."),
  lifetime: v.pipe(v.picklist(["detach", "tied"]), v.description("tied: the workload ends with its Corral.")),
  intent,
  timeout_sec: v.pipe(
    v.nullable(seconds()),
    v.description("Seconds after which Corral ends the workload; null: never."),
  ),
  kill_after_sec: v.pipe(seconds(), v.description("Seconds between TERM and KILL when Corral ends the workload.")),
  keep_limits: yesNo("attach: whether limits and group stay as they are when Corral goes."),
  scope: v.pipe(v.picklist(["none", "cgroupfs", "systemd"]), v.description("Who made the job's group.")),
  corral_pid: count("Process id of the Corral on record, living or not."),
  left,
  stop_time: v.pipe(v.nullable(v.string()), v.description("When corral stop began to end it; null otherwise.")),
  leader: v.pipe(
    v.nullable(
      v.strictObject({
        pid: count("Process id."),
        start_ticks: count("Start time in clock ticks after boot."),
        boot_id: text("Random id of the boot."),
        running: yesNo("Whether it lives."),
      }),
    ),
    v.description("The leader; null until there is one."),
  ),
  groups: v.pipe(
    v.array(
      v.strictObject({
        path: text("The directory."),
        version: v.pipe(v.picklist([1, 2]), v.description("Version of its hierarchy.")),
        controllers: v.pipe(v.array(v.picklist(controllers)), v.description("Controllers it has.")),
        exists: yesNo("Whether it is there."),
      }),
    ),
    v.description("Directories of the job's group; empty without one."),
  ),
  constraints: v.pipe(
    v.array(
      v.strictObject({
        ...constraint.entries,
        now: textOrNull("What the kernel holds now, in its words; null when that cannot be told."),
      }),
    ),
    v.description("One outcome per limit, with what stands now."),
  ),
  usage: report.entries.usage,
  members: v.pipe(
    v.array(
      v.strictObject({
        pid: v.pipe(whole(), v.description("Process id.")),
        comm: text("The name it gave itself, untrusted."),
        state: text("One letter of proc_pid_stat(5)."),
      }),
    ),
    v.description("Processes in the group; without one the leader, while it runs."),
  ),
  warnings: texts("What Corral warned about, one line each."),
});

/** `corral.status/1`. */
export const status = v.strictObject({
  schema: v.pipe(v.literal("corral.status/1"), v.description("Name and version of this document.")),
  time: now,
  job_id: jobId,
  live: v.pipe(v.nullable(live), v.description("The job as it is now; null when it is over.")),
  result: v.pipe(v.nullable(report), v.description("The newest result of the id; null when it has none yet.")),
  results: count("How many results the id has: it may have been used before."),
  captured: v.pipe(
    v.nullable(v.strictObject({ stdout: text("Standard output."), stderr: text("Standard error.") })),
    v.description("Files that have the workload's output; null when it was not captured."),
  ),
  unreadable,
});

const keptJobs = (description: string) =>
  v.pipe(
    v.array(
      v.strictObject({
        job_id: jobId,
        state,
        reason: text("Why, for people."),
        pids: v.pipe(v.array(whole()), v.description("Its processes, where they are the reason.")),
      }),
    ),
    v.description(description),
  );

/** `corral.gc/1`. */
export const gc = v.strictObject({
  schema: v.pipe(v.literal("corral.gc/1"), v.description("Name and version of this document.")),
  time: now,
  dry_run: yesNo("True: nothing was done, this is what would be."),
  cleared: texts("Ids of dead jobs that were cleared away."),
  kept: keptJobs("Jobs that live."),
  stuck: keptJobs("Dead jobs that could not be cleared away."),
  removed: v.pipe(
    v.array(
      v.strictObject({
        path: text("The file."),
        kind: v.pipe(
          v.picklist(["lock", "temporary", "claim", "log", "result", "policy", "scenario"]),
          v.description(
            "lock: its holder is dead; temporary: its writer was killed; claim: its job is gone; log: so is its result; result: it is older than was asked for; policy: what a policy kept that is gone; scenario: the record of one whose Corral was killed, with what is left of it.",
          ),
        ),
      }),
    ),
    v.description("Files that nobody needs any more and that were removed."),
  ),
  unreadable,
});

export const jobsSchemas: Readonly<Record<string, object>> = {
  "jobs.schema.json": describe("corral.jobs/1: the jobs of a user, by corral ps --json", jobs),
  "status.schema.json": describe("corral.status/1: all about one job, by corral status --json", status),
  "gc.schema.json": describe("corral.gc/1: what was cleared away, by corral gc --json", gc),
};
