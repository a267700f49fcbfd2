/** The schemas of what `corral attach` and `corral update` print as JSON. */
import * as v from "valibot";
import { count, describe, text, texts, whole, yesNo } from "./parts.ts";
import { plannedLimit } from "./planned-limit.ts";
import { constraint, report } from "./report.ts";

export const refusal = {
  code: text("Stable error code, see docs/errors.md."),
  message: text("The error, one line."),
};

const refused = v.pipe(
  v.array(v.strictObject({ target: text("The pid or the job id as it was given."), ...refusal })),
  v.description("What was asked for and not attached to."),
);

/** `corral.reports/1`. */
export const reports = v.strictObject({
  schema: v.pipe(v.literal("corral.reports/1"), v.description("Name and version of this document.")),
  reports: v.pipe(v.array(report), v.description("One corral.report/1 for each job.")),
  refused,
});

/** `corral.update/1`. */
export const update = v.strictObject({
  schema: v.pipe(v.literal("corral.update/1"), v.description("Name and version of this document.")),
  job_id: text("Id of the job."),
  constraints: v.pipe(v.array(constraint), v.description("One outcome for each limit that was asked for now.")),
  warnings: texts("What Corral warned about, one line each."),
});

const managed = v.strictObject({
  pid: count("Process id."),
  kind: v.pipe(v.picklist(["container", "systemd unit"]), v.description("What manages its group.")),
  name: text("The unit, or the path of the container's group."),
});

const move = v.strictObject({
  pid: count("Process id."),
  from: text("Directory of the group it is in."),
  to: text("Directory of the group it would be moved to."),
});

const change = v.strictObject({
  pid: count("Process id."),
  tid: count("Thread id, or the process id for what belongs to the whole process."),
  attribute: text("nice, oom-score, ioprio, sched, affinity, or rlimit and its number."),
  before: text("The value now."),
  after: text("The value it would be given."),
});

const plan = v.strictObject({
  job_id: text("Id the job would have."),
  pid: count("Process id of the target."),
  pid_start_ticks: count("Start time of the target in clock ticks after boot."),
  argv: texts("Its program and arguments; its name in brackets where it has none."),
  pids: v.pipe(v.array(whole()), v.description("Every process that would be governed, the target first.")),
  managers: v.pipe(v.array(managed), v.description("Those whose group somebody else manages.")),
  groups: v.pipe(
    v.array(v.strictObject({ path: text("The directory."), controllers: texts("Controllers it would have.") })),
    v.description("Directories that would be created."),
  ),
  obstacles: texts("Why needed controllers cannot have a group."),
  weaker: texts("Limits that would stand in a weaker form only, each with the reason."),
  failing: texts("Limits that would certainly fail, each with the reason."),
  limits: v.pipe(v.array(plannedLimit), v.description("Limits that have a mechanism on this host.")),
  settled: v.pipe(v.array(constraint), v.description("Outcomes that are certain before anything is tried.")),
  moves: v.pipe(v.array(move), v.description("Processes that would be moved into the group.")),
  changes: v.pipe(v.array(change), v.description("Attributes that would be changed.")),
  scope: v.pipe(v.picklist(["auto", "cgroupfs", "systemd"]), v.description("The --scope, unchanged.")),
  limits_kept: yesNo("Whether --keep-limits was given."),
  refused: v.pipe(
    v.nullable(v.strictObject(refusal)),
    v.description("Why the attach would be refused as things stand; null when it would not."),
  ),
});

/** `corral.attach-plan/1`. */
export const attachPlan = v.strictObject({
  schema: v.pipe(v.literal("corral.attach-plan/1"), v.description("Name and version of this document.")),
  plans: v.pipe(v.array(plan), v.description("One for each target.")),
  joined: v.pipe(
    v.array(v.strictObject({ pid: count("Process id."), root: count("The target that it descends from.") })),
    v.description("Processes that were asked for and belong to another target's tree."),
  ),
  refused,
});

export const attachSchemas: Readonly<Record<string, object>> = {
  "reports.schema.json": describe("corral.reports/1: the reports of several jobs, by corral attach --json", reports),
  "update.schema.json": describe("corral.update/1: what became of new limits, by corral update --json", update),
  "attach-plan.schema.json": describe(
    "corral.attach-plan/1: what an attach would do, by corral attach --dry-run --json",
    attachPlan,
  ),
};
