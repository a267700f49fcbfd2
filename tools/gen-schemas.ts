/**
 * The JSON Schemas of what Corral writes, made from valibot schemas that the type checker proves equal to
 * the types of the code, and of the file of rules it reads, made from the schema that judges it. tools/build.mjs writes
 * them to schemas/.
 */
import * as v from "valibot";
import type { ArenaStats } from "../src/arena/index.ts";
import type { SchedulerDocument } from "../src/cgroup/cpu/index.ts";
import type { PlannedLimit } from "../src/cgroup/index.ts";
import { controllers } from "../src/cgroup/index.ts";
import type { EventsDocument } from "../src/events/index.ts";
import type {
  AdoptDocument,
  GuardStatus,
  SessionBudget,
  SessionDocument,
  SessionReport,
  TokenDocument,
  ToolResult,
} from "../src/guard/client/index.ts";
import type { GuardEventLine, ToolLogLine } from "../src/guard/index.ts";
import { rlimits } from "../src/kernel/index.ts";
import type { AdaptiveLine } from "../src/policy/index.ts";
import type { PolicyTestDocument } from "../src/policy/replay/index.ts";
import type { PolicyEventDocument, ProcessVerdict } from "../src/policy/session/index.ts";
import type { ReportsDocument, RunReport } from "../src/report/index.ts";
import type { AttachPlanDocument, UpdateDocument } from "../src/run/attach/index.ts";
import type { ProcessAttributes, StartRecord } from "../src/run/index.ts";
import type { JobsDocument, StatusDocument, SweepDocument } from "../src/run/jobs/index.ts";
import type { MetricsDocument, ViolationsDocument } from "../src/run/metrics/index.ts";
import type { ExplanationDocument, WatchEventDocument } from "../src/run/watch/index.ts";
import type { CannedListDocument } from "../src/scenario/canned/index.ts";
import type { ScenarioPlanDocument } from "../src/scenario/plan/index.ts";
import type { adaptive } from "./schemas/adaptive.ts";
import { adaptiveSchemas } from "./schemas/adaptive.ts";
import type { arena } from "./schemas/arena.ts";
import { arenaSchemas } from "./schemas/arena.ts";
import type { attachPlan, reports, update } from "./schemas/attach.ts";
import { attachSchemas, refusal } from "./schemas/attach.ts";
import type { eventsLine } from "./schemas/events.ts";
import { eventsSchemas } from "./schemas/events.ts";
import { fleetSchemas } from "./schemas/fleet.ts";
import { fleetHostsSchemas } from "./schemas/fleet-hosts.ts";
import { fleetRunSchemas } from "./schemas/fleet-run.ts";
import type {
  guardStatus,
  sessionAdopt,
  sessionBudget,
  sessionDocument,
  sessionReport,
  sessionToken,
} from "./schemas/guard.ts";
import { guardSchemas } from "./schemas/guard.ts";
import type { guardEvent } from "./schemas/guard-event.ts";
import { guardEventSchemas } from "./schemas/guard-event.ts";
import { isolationSchemas } from "./schemas/isolation.ts";
import type { gc, jobs, status } from "./schemas/jobs.ts";
import { jobsSchemas } from "./schemas/jobs.ts";
import type { metrics, violations } from "./schemas/metrics.ts";
import { metricsSchemas } from "./schemas/metrics.ts";
import type { Proof } from "./schemas/parts.ts";
import { count, countOrNull, describe, seconds, text, textOrNull, texts, time, whole, yesNo } from "./schemas/parts.ts";
import { plannedLimit } from "./schemas/planned-limit.ts";
import { policyRecordSchemas } from "./schemas/policy-records.ts";
import type { policyEvent, policyExplain, policyTest } from "./schemas/policy-run.ts";
import { policyRunSchemas } from "./schemas/policy-run.ts";
import { constraint, groupScope, intent, report, slaEligible, tags } from "./schemas/report.ts";
import { ruleFileSchemas } from "./schemas/rule-files.ts";
import type { scenarioList } from "./schemas/scenario-list.ts";
import { scenarioListSchemas } from "./schemas/scenario-list.ts";
import type { scenarioPlan } from "./schemas/scenario-plan.ts";
import { scenarioPlanSchemas } from "./schemas/scenario-plan.ts";
import { scenarioResultSchemas } from "./schemas/scenario-results.ts";
import type { schedulerLine } from "./schemas/scheduler.ts";
import { schedulerSchemas } from "./schemas/scheduler.ts";
import type { toolLog, toolResult } from "./schemas/tool.ts";
import { toolSchemas } from "./schemas/tool.ts";
import type { watchEvent, watchExplain } from "./schemas/watch-event.ts";
import { watchEventSchemas } from "./schemas/watch-event.ts";
import { workloadSchemas } from "./schemas/workload.ts";

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
  groups_since: textOrNull(
    "When an update first gave the group what it had not at the start, so that it counts only part of the use; null when it counts all.",
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
    v.nullable(
      v.strictObject({
        time: time("Wall clock, RFC 3339."),
        why: text("A signal's name, once, background, or detach."),
      }),
    ),
    v.description("That Corral left on purpose while the workload went on; null while it is meant to watch."),
  ),
  stop_time: v.pipe(
    v.nullable(v.string()),
    v.description("When corral stop began to end the workload; null otherwise."),
  ),
  warnings: texts("What Corral warned about, one line each."),
});

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
  failing: texts("Limits that would certainly fail, each with the reason."),
  limits: v.pipe(v.array(plannedLimit), v.description("Limits that have a mechanism on this host.")),
  settled: v.pipe(v.array(constraint), v.description("Outcomes that are certain before anything is tried.")),
  attributes: v.pipe(attributes, v.description("Process attributes; null or empty is left alone.")),
  timeout_sec: v.pipe(v.nullable(seconds()), v.description("Seconds until the workload would be ended; null: never.")),
  lifetime,
  scope: v.pipe(v.picklist(["auto", "cgroupfs", "systemd"]), v.description("The --scope, unchanged.")),
  start_error: v.pipe(
    v.nullable(v.strictObject(refusal)),
    v.description("Why the command is certain never to start; null when that is not certain."),
  ),
});

/** Each line fails to compile when a schema and the type in the code differ, in either direction. */
export const schemasEqualTheTypes: readonly [
  Proof<typeof arena, ArenaStats>,
  Proof<typeof report, RunReport>,
  Proof<typeof start, StartRecord>,
  Proof<typeof plannedLimit, PlannedLimit>,
  Proof<typeof attributes, ProcessAttributes>,
  Proof<typeof reports, ReportsDocument>,
  Proof<typeof update, UpdateDocument>,
  Proof<typeof attachPlan, AttachPlanDocument>,
  Proof<typeof jobs, JobsDocument>,
  Proof<typeof status, StatusDocument>,
  Proof<typeof gc, SweepDocument>,
  Proof<typeof metrics, MetricsDocument>,
  Proof<typeof violations, ViolationsDocument>,
  Proof<typeof watchEvent, WatchEventDocument>,
  Proof<typeof watchExplain, ExplanationDocument>,
  Proof<typeof adaptive, AdaptiveLine>,
  Proof<typeof policyEvent, PolicyEventDocument>,
  Proof<typeof policyExplain, ProcessVerdict>,
  Proof<typeof policyTest, PolicyTestDocument>,
  Proof<typeof eventsLine, EventsDocument>,
  Proof<typeof schedulerLine, SchedulerDocument>,
  Proof<typeof guardStatus, GuardStatus>,
  Proof<typeof sessionDocument, SessionDocument>,
  Proof<typeof sessionAdopt, AdoptDocument>,
  Proof<typeof sessionToken, TokenDocument>,
  Proof<typeof sessionBudget, SessionBudget>,
  Proof<typeof sessionReport, SessionReport>,
  Proof<typeof toolResult, ToolResult>,
  Proof<typeof toolLog, ToolLogLine>,
  Proof<typeof guardEvent, GuardEventLine>,
  Proof<typeof scenarioList, CannedListDocument>,
  Proof<typeof scenarioPlan, ScenarioPlanDocument>,
] = [
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
  true,
];

/** File name and content of every schema; `npm run check` compares them with what is committed. */
export function generateSchemas(): Record<string, object> {
  return {
    "report.schema.json": describe("corral.report/1: the report of one job", report),
    "start.schema.json": describe("corral.start/1: the start record of a live job", start),
    "plan.schema.json": describe("corral.plan/1: what a run would do, by --dry-run --json", plan),
    ...adaptiveSchemas,
    ...arenaSchemas,
    ...attachSchemas,
    ...isolationSchemas,
    ...jobsSchemas,
    ...metricsSchemas,
    ...policyRecordSchemas,
    ...policyRunSchemas,
    ...ruleFileSchemas,
    ...fleetRunSchemas,
    ...scenarioResultSchemas,
    ...watchEventSchemas,
    ...workloadSchemas,
    ...eventsSchemas,
    ...fleetHostsSchemas,
    ...fleetSchemas,
    ...schedulerSchemas,
    ...guardSchemas,
    ...guardEventSchemas,
    ...toolSchemas,
    ...scenarioListSchemas,
    ...scenarioPlanSchemas,
  };
}
