import type { Hierarchy, Parent } from "../cgroup/index.ts";
import { requestScope, systemdIsRunning, writeControl } from "../cgroup/index.ts";
import type { CgroupTarget, ChildHandle, HeldLauncher, LauncherSet, LaunchResult, Tether } from "../kernel/index.ts";
import { identityOf, isSameProcess, launch, startTether } from "../kernel/index.ts";
import type { ConstraintOutcome, RunReport } from "../report/index.ts";
import { CorralError } from "../report/index.ts";
import { toLauncherOptions } from "./attributes.ts";
import type { GroupSetup, GroupSetupRequest } from "./group-setup.ts";
import { planSites, setUpGroup } from "./group-setup.ts";
import { gatherHostFacts } from "./host-facts.ts";
import { generateJobId } from "./job-id.ts";
import type { Clock } from "./job-log.ts";
import { JobLog, systemClock } from "./job-log.ts";
import type { JobContext, JobState } from "./job-report.ts";
import { buildReport, collectUsage } from "./job-report.ts";
import type { HostFacts, RunPlan } from "./plan.ts";
import { planRun } from "./plan.ts";
import type { PreparedLimits } from "./prepare.ts";
import { prepareLimits, settleOutcomes } from "./prepare.ts";
import type { JobRecords, StartRecord } from "./records.ts";
import { claimJob } from "./records.ts";
import { RunningJob, removeGroup } from "./running-job.ts";
import type { ProcessAttributes, RunSpec } from "./spec.ts";
import { startErrorOf } from "./start-error.ts";
import type { StateDirectories } from "./state-dir.ts";
import { stateDirectories } from "./state-dir.ts";
import { describeOutcome } from "./summary.ts";
import { warningsFor } from "./warnings.ts";

export interface StartOptions {
  /** Where records are kept. Default: by uid and environment (docs/run.md, Files). */
  readonly directories?: StateDirectories;
  readonly clock?: Clock;
  /** Called at once with each warning, without prefix. */
  readonly onWarning?: (line: string) => void;
}

/** A run that started, or the report of one whose command could not be executed. */
export type StartResult =
  | { readonly started: true; readonly job: RunningJob }
  | { readonly started: false; readonly error: CorralError; readonly report: RunReport };

/** What one start has got so far; every step reads it, one at a time changes it. */
interface Attempt {
  readonly context: JobContext;
  readonly facts: HostFacts;
  readonly plan: RunPlan;
  readonly records: JobRecords;
  readonly log: JobLog;
  readonly clock: Clock;
  readonly warn: (line: string) => void;
  readonly warnings: string[];
  state: JobState;
  tether: Tether | null;
}

/**
 * Starts a workload under limits: plan, group, limits written and read back, start record, launch, exec.
 * Nothing of the workload runs before its limits stand.
 * @throws CorralError JOB_EXISTS, CGROUP_PARENT, STRICT_REFUSED, SYSTEMD, NATIVE_MISSING, NATIVE_CALL; nothing is left behind then
 */
export async function startRun(spec: RunSpec, options: StartOptions = {}): Promise<StartResult> {
  const attempt = beginAttempt(spec, options);
  try {
    return await start(attempt);
  } catch (thrown) {
    await abandon(attempt);
    throw thrown;
  }
}

function beginAttempt(spec: RunSpec, options: StartOptions): Attempt {
  const clock = options.clock ?? systemClock;
  const facts = gatherHostFacts(spec);
  const plan = planRun(spec, facts);
  const corral = identityOf(process.pid);
  if (corral === null) throw new CorralError("INTERNAL", "this process is not in /proc", { fix: "mount /proc" });
  const context: JobContext = {
    jobId: spec.jobId ?? generateJobId(spec.command[0] ?? ""),
    spec,
    cwd: process.cwd(),
    corral,
    startTime: clock.wall(),
    startedNs: clock.monotonicNs(),
  };
  const directories = options.directories ?? stateDirectories(process.env, process.getuid?.() ?? 0);
  const warnings: string[] = [];
  const warn = (line: string): void => {
    warnings.push(line);
    options.onWarning?.(line);
  };
  const state: JobState = { workload: null, group: null, scope: "none", constraints: [], events: [], warnings };
  const records = claimJob(directories, startRecord(context, state), jobIsLive);
  if (records.problem !== null) {
    if (spec.strict) throw new CorralError("STATE_UNWRITABLE", `cannot record the job: ${records.problem}`);
    warn(`WARNING: Cannot record this job (${records.problem}); ps and gc will not know it`);
  }
  return {
    context,
    facts,
    plan,
    records,
    log: new JobLog(clock, context.startedNs),
    clock,
    warn,
    warnings,
    state,
    tether: null,
  };
}

/** A recorded job lives while its Corral or its leader does. */
export const jobIsLive = (record: StartRecord): boolean =>
  isSameProcess(record.corral) || (record.workload !== null && isSameProcess(record.workload));

function startRecord(context: JobContext, state: JobState): StartRecord {
  return {
    schema: "corral.start/1",
    job_id: context.jobId,
    corral: context.corral,
    workload: state.workload,
    argv: context.spec.command,
    cwd: context.cwd,
    uid: process.getuid?.() ?? 0,
    start_time: context.startTime,
    lifetime: context.spec.lifetime,
    tags: context.spec.tags,
    groups: state.group?.directories ?? [],
    constraints: state.constraints,
  };
}

async function start(attempt: Attempt): Promise<StartResult> {
  attempt.log.add("starting", "preparing the group and its limits");
  const launched = usesSystemd(attempt) ? await launchInScope(attempt) : await launchInGroup(attempt);
  if (launched.fail !== null || !launched.ready) return neverStarted(attempt, launched);
  attempt.log.add("running", `process ${launched.child.pid} started`);
  const job = new RunningJob({
    context: attempt.context,
    state: { ...attempt.state, events: attempt.log.events },
    child: launched.child,
    records: attempt.records,
    log: attempt.log,
    tether: attempt.tether,
    wallClock: attempt.clock.wall,
  });
  return { started: true, job };
}

/** Whether systemd is to make the group: asked for, or nothing else is left on a host that it manages. */
function usesSystemd({ context, plan, facts }: Attempt): boolean {
  const { spec } = context;
  if (spec.scope !== "auto") return spec.scope === "systemd" && plan.group;
  if (plan.needed.length === 0 || spec.cgroupParent !== null || facts.cgroups.kind !== "v2" || !systemdIsRunning())
    return false;
  return planSites(siteRequest({ context, plan, facts }, null)).refusals.length > 0;
}

const siteRequest = (
  { context, plan, facts }: Pick<Attempt, "context" | "plan" | "facts">,
  unifiedParent: Parent | null,
): GroupSetupRequest => ({
  plan,
  host: facts.cgroups,
  jobId: context.jobId,
  cgroupParent: context.spec.cgroupParent,
  unifiedParent,
});

/** Makes the group and applies the limits; from here on the record knows the group. */
function prepareGroup(
  attempt: Attempt,
  setup: GroupSetup,
  scope: JobState["scope"],
  standIns: boolean,
): PreparedLimits {
  attempt.state = { ...attempt.state, group: setup.group, scope: setup.group === null ? "none" : scope };
  attempt.records.update(startRecord(attempt.context, attempt.state));
  const prepared = prepareLimits(attempt.plan, attempt.context.spec, attempt.facts, setup, standIns);
  refuseIfStrict(attempt.context.spec, prepared.outcomes);
  return prepared;
}

/** The usual way: limits stand before the process exists, which is then born in the group or joins it itself. */
function launchInGroup(attempt: Attempt): Promise<LaunchResult> {
  const prepared = prepareGroup(attempt, setUpGroup(siteRequest(attempt, null)), "cgroupfs", true);
  const directories = prepared.group?.directories ?? [];
  const joins = directories.filter((directory) => directory.version === 1).map(({ path }) => `${path}/tasks`);
  const unified = prepared.group?.unified ?? null;
  return launchHeld(attempt, {
    attributes: prepared.attributes,
    joins,
    cgroup: unified === null ? null : { path: unified.path, fd: null },
    beforeExec: ({ child, sets }) => settle(attempt, prepared, child, sets),
  });
}

/** The systemd way: the waiting process is moved into a delegated scope, in which the group is made and entered before the exec. */
function launchInScope(attempt: Attempt): Promise<LaunchResult> {
  const { context, plan, facts } = attempt;
  const { unified } = facts.cgroups;
  if (facts.cgroups.kind !== "v2" || unified === null) {
    throw new CorralError("SYSTEMD", "--scope systemd needs a host whose controllers are all on cgroup v2", {
      found: facts.cgroups.kind,
      fix: "use --scope cgroupfs here",
    });
  }
  return launchHeld(attempt, {
    attributes: plan.attributes,
    joins: [],
    cgroup: null,
    beforeExec: async ({ child, sets }) => {
      const setup = await setUpInScope(attempt, unified, child.pid);
      const prepared = prepareGroup(attempt, setup.setup, "systemd", false);
      if (prepared.group?.unified) writeControl(`${prepared.group.unified.path}/cgroup.procs`, String(child.pid));
      setup.unpark();
      await settle(attempt, prepared, child, sets);
    },
  });

  async function setUpInScope(
    from: Attempt,
    hierarchy: Hierarchy,
    pid: number,
  ): Promise<{ setup: GroupSetup; unpark: () => void }> {
    try {
      const scope = await requestScope(hierarchy, { jobId: context.jobId, pid, uid: process.getuid?.() ?? 0 });
      return { setup: setUpGroup(siteRequest(from, scope.parent)), unpark: scope.unpark };
    } catch (thrown) {
      if (context.spec.scope === "systemd") throw thrown;
      const reason = CorralError.from(thrown).message;
      const unavailable = new Map(plan.needed.map((controller) => [controller, reason] as const));
      return { setup: { group: null, unavailable, denied: true }, unpark: () => {} };
    }
  }
}

interface HeldLaunch {
  readonly attributes: ProcessAttributes;
  readonly joins: readonly string[];
  readonly cgroup: CgroupTarget | null;
  readonly beforeExec: (held: HeldLauncher) => void | Promise<void>;
}

function launchHeld(attempt: Attempt, held: HeldLaunch): Promise<LaunchResult> {
  const { spec } = attempt.context;
  return launch({
    launcherOptions: toLauncherOptions(held.attributes, held.joins, spec.processGroup),
    command: spec.command[0] ?? "",
    args: spec.command.slice(1),
    env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    fds: spec.stdio,
    cgroup: held.cgroup,
    signal: null,
    beforeExec: held.beforeExec,
  });
}

/** The workload's process exists, is in its group and has its attributes; it waits for the record to be written. */
async function settle(
  attempt: Attempt,
  prepared: PreparedLimits,
  child: ChildHandle,
  sets: readonly LauncherSet[],
): Promise<void> {
  const { context, plan, facts, records } = attempt;
  const constraints = settleOutcomes(prepared, plan, facts, sets);
  refuseIfStrict(context.spec, constraints);
  for (const line of warningsFor(constraints, prepared.denied)) attempt.warn(line);
  attempt.state = { ...attempt.state, workload: identityOf(child.pid), constraints };
  records.update(startRecord(context, attempt.state));
  if (context.spec.lifetime === "tied") attempt.tether = await tie(attempt, child.pid);
  attempt.log.markExec();
}

/** A process of its own that ends the workload should this one die without a word. */
function tie({ context, state }: Attempt, pid: number): Promise<Tether> {
  const directories = state.group?.directories ?? [];
  const unified = state.group?.unified ?? null;
  return startTether({
    graceMs: Math.round(context.spec.killAfterMs),
    procs: directories.map(({ path }) => `${path}/cgroup.procs`),
    kill: unified === null ? null : `${unified.path}/cgroup.kill`,
    rmdir: directories.map(({ path }) => path),
    pgid: context.spec.processGroup === "own" ? pid : null,
  });
}

function refuseIfStrict(spec: RunSpec, constraints: readonly ConstraintOutcome[]): void {
  const refused = constraints.filter((one) => one.status !== "applied");
  if (!spec.strict || refused.length === 0) return;
  throw new CorralError(
    "STRICT_REFUSED",
    `not started, because of --strict: ${refused.map(describeOutcome).join("; ")}`,
    {
      object: refused.map((one) => one.name).join(","),
      fix: "lift the limit, move to a host that enforces it, or drop --strict",
    },
  );
}

/** The command could not be executed: the group goes, and a report says why. */
async function neverStarted(attempt: Attempt, launched: LaunchResult): Promise<StartResult> {
  const { context, clock, log, records } = attempt;
  const { spec } = context;
  await launched.child.exit;
  const error =
    launched.fail === null
      ? new CorralError("START_FAILED", "the workload's process was killed before it could start")
      : startErrorOf(launched.fail, spec.command[0] ?? "", spec.attributes);
  const usage = collectUsage(attempt.state.group, null);
  log.add("failed", error.message);
  const left = attempt.state.group === null ? [] : await removeGroup(attempt.state.group);
  attempt.tether?.goodbye();
  const report = buildReport(
    context,
    { ...attempt.state, workload: null, events: log.events },
    {
      exit: null,
      usage,
      endTime: clock.wall(),
      durationSec: 0,
      endedByCorral: null,
      startError: { code: error.code, message: error.message },
      survivors: [],
      cleanupFailed: left.length > 0,
      detached: false,
    },
  );
  records.finish(report);
  records.forget();
  return { started: false, error, report };
}

async function abandon(attempt: Attempt): Promise<void> {
  attempt.tether?.goodbye();
  if (attempt.state.group !== null) await removeGroup(attempt.state.group);
  attempt.records.forget();
}
