import type { ForeignProcess, LauncherSet, ProcessFacts, ProcessIdentity, Tether } from "../../kernel/index.ts";
import { processFacts } from "../../kernel/index.ts";
import type { ConstraintOutcome } from "../../report/index.ts";
import { CorralError } from "../../report/index.ts";
import type { StartOptions } from "../attempt.ts";
import { refuseIfStrict } from "../attempt.ts";
import { removeGroup } from "../disband.ts";
import { collectGarbage } from "../gc.ts";
import { generateJobId } from "../job-id.ts";
import { jobIsLive } from "../job-life.ts";
import { JobLog, systemClock } from "../job-log.ts";
import type { JobContext, JobState } from "../job-report.ts";
import { buildReport, collectUsage, freshState, openEnd } from "../job-report.ts";
import type { HostFacts, RunPlan } from "../plan.ts";
import { planRun } from "../plan.ts";
import type { PreparedLimits } from "../prepare.ts";
import { settleOutcomes } from "../prepare.ts";
import { claimProcess, unclaimProcess } from "../process-claim.ts";
import { startRecord } from "../recorded-job.ts";
import type { JobRecords } from "../records.ts";
import { claimJob } from "../records.ts";
import { RunningJob } from "../running-job.ts";
import type { StartResult } from "../start-run.ts";
import type { StateDirectories } from "../state-dir.ts";
import { stateDirectories } from "../state-dir.ts";
import { warningsFor } from "../warnings.ts";
import { adoptProcesses } from "./adopt.ts";
import { adoption } from "./adoption.ts";
import { watchForExit } from "./exit-watch.ts";
import { alreadyGoverned, governedBeside, jobOfProcess } from "./governed.ts";
import { hostFactsOf } from "./host-facts-of.ts";
import { anonymousBytes } from "./memory-elsewhere.ts";
import { ourselves } from "./ourselves.ts";
import type { PreparedAttach } from "./prepare-attached.ts";
import { prepareAttached } from "./prepare-attached.ts";
import { refuseTarget, withoutMereCounting } from "./refuse-target.ts";
import { processGone } from "./select-targets.ts";
import type { AttachSpec } from "./spec.ts";
import { treeOf } from "./tree.ts";

export interface AttachOptions extends StartOptions {
  /**
   * False: leaves out what looks at every job of this user, for a caller that attaches to many and knows them. Default: true.
   */
  readonly lookAtAllJobs?: boolean;
}

/** What one attach has got so far. */
interface Attachment {
  readonly spec: AttachSpec;
  readonly context: JobContext;
  readonly facts: HostFacts;
  readonly plan: RunPlan;
  readonly records: JobRecords;
  readonly log: JobLog;
  readonly child: ForeignProcess;
  readonly warn: (line: string) => void;
  readonly tethers: Tether[];
  /** The processes to govern, as they are now. */
  readonly find: () => readonly ProcessIdentity[];
  state: JobState;
}

function contextOf(spec: AttachSpec, facts: ProcessFacts, corral: ProcessIdentity, startTime: string): JobContext {
  const { slaEligible, intent, tags, strict } = spec;
  const command = facts.argv?.length ? facts.argv : [`[${facts.stat?.comm ?? "unknown"}]`];
  return {
    jobId: spec.jobId ?? generateJobId(facts.stat?.comm ?? "attached"),
    mode: "attach",
    spec: {
      command,
      timeoutMs: null,
      killAfterMs: 10_000,
      lifetime: "detach",
      processGroup: "shared",
      ...{ slaEligible, intent, tags, strict },
    },
    cwd: facts.cwd?.path ?? "",
    uid: facts.uids?.effective ?? 0,
    keepLimits: spec.keepLimits,
    corral,
    startTime,
  };
}

/** Claims id and process. @throws CorralError JOB_EXISTS, PROCESS_GOVERNED, STATE_UNWRITABLE */
function claim(
  context: JobContext,
  state: JobState,
  directories: StateDirectories,
  target: ProcessIdentity,
): JobRecords {
  const records = claimJob(directories, startRecord(context, state), jobIsLive);
  // What cannot be recorded could not be undone by anybody after a crash.
  if (records.problem !== null)
    throw new CorralError("STATE_UNWRITABLE", `cannot record the attach: ${records.problem}`, {
      fix: "set CORRAL_STATE_DIR to a directory that can be written",
    });
  try {
    const claimant = claimProcess(directories, target, context.jobId);
    if (claimant !== null) throw alreadyGoverned(target.pid, claimant);
  } catch (thrown) {
    records.forget();
    throw thrown;
  }
  return {
    ...records,
    forget: () => {
      records.forget();
      unclaimProcess(directories, target);
    },
  };
}

/**
 * Attaches to a process that runs already: limits are written and read back, the process and its descendants are moved
 * under them and given the attributes, and from then on its end is watched. Nothing is stopped, traced or signalled. What
 * cannot be done whole because of `strict`, or fails on the way, is undone.
 * @throws CorralError PROCESS_GONE, PROCESS_PROTECTED, PROCESS_MANAGED, PROCESS_GOVERNED, JOB_EXISTS, STATE_UNWRITABLE:
 * nothing was changed
 */
export async function startAttach(spec: AttachSpec, options: AttachOptions = {}): Promise<StartResult> {
  const clock = options.clock ?? systemClock;
  const directories = options.directories ?? stateDirectories(process.env, process.getuid?.() ?? 0);
  const processInfo = processFacts(spec.target.pid);
  const facts = hostFactsOf(spec, spec.target.pid);
  const plan = withoutMereCounting(planRun(spec, facts), spec);
  refuseTarget(spec, processInfo, plan.group);
  if (options.lookAtAllJobs !== false) collectGarbage(directories);
  const other = jobOfProcess(directories, spec.target.pid, options.lookAtAllJobs !== false);
  if (other !== null) throw alreadyGoverned(spec.target.pid, other);
  const child = await watchForExit(spec.target);
  if (child === null) throw processGone(spec.target.pid);
  const warnings: string[] = [];
  const warn = (line: string): void => {
    warnings.push(line);
    options.onWarning?.(line);
  };
  const begunNs = clock.monotonicNs();
  const context = contextOf(spec, processInfo, ourselves(), clock.wall());
  const state: JobState = { ...freshState, workload: spec.target, begunNs, warnings };
  const records = claimOrClose(child, () => claim(context, state, directories, spec.target));
  const log = new JobLog(clock, begunNs, options.onEvent);
  const beside = governedBeside(directories, context.jobId);
  const find = (): readonly ProcessIdentity[] => (spec.tree ? treeOf(spec.target, beside) : [spec.target]);
  const attachment: Attachment = { spec, context, facts, plan, records, log, child, warn, tethers: [], find, state };
  try {
    return { started: true, job: await attach(attachment, clock.wall) };
  } catch (thrown) {
    return neverAttached(attachment, CorralError.from(thrown), clock.wall);
  }
}

/** A watch on a process that will not be governed must not keep this process alive. */
function claimOrClose(child: ForeignProcess, work: () => JobRecords): JobRecords {
  try {
    return work();
  } catch (thrown) {
    child.release();
    throw thrown;
  }
}

async function attach(attachment: Attachment, wallClock: () => string): Promise<RunningJob> {
  const { spec, context, records, log, child, warn, tethers } = attachment;
  log.add("starting", `attaching to process ${child.pid}`);
  const prepared = await prepareAttached(attachment, (state) => {
    attachment.state = { ...attachment.state, ...state };
    records.update(startRecord(context, attachment.state));
  });
  refuseIfStrict(spec, prepared.outcomes, "attached");
  adopt(attachment, prepared);
  refuseIfStrict(spec, attachment.state.constraints, "attached");
  records.update(startRecord(context, attachment.state));
  log.add("running", `attached to process ${child.pid} and ${attachment.state.adopted.length} in all`);
  return new RunningJob({
    context,
    state: { ...attachment.state, events: log.events },
    child,
    records,
    log,
    tethers,
    wallClock,
    warn,
    adoption,
    exitSource: () => child.exitSource,
  });
}

/** Moves the processes and settles what became of every limit. */
function adopt(attachment: Attachment, prepared: PreparedAttach): void {
  const { spec, context, plan, facts, records, warn, find } = attachment;
  const { group } = prepared;
  const moves = group !== null && group.directoryOf("memory") !== null;
  const memoryElsewhereBytes = moves ? anonymousBytes(find()) : null;
  const result = adoptProcesses({
    leader: spec.target,
    find,
    group,
    attributes: prepared.attributes,
    known: prepared.known,
    record: (adopted) => {
      attachment.state = { ...attachment.state, adopted, memoryElsewhereBytes };
      records.update(startRecord(context, attachment.state));
    },
  });
  if (!result.complete)
    warn("WARNING: The process tree forks faster than it can be followed; some may have been missed");
  const constraints = settleAttached(plan, facts, prepared, result.sets, memoryElsewhereBytes);
  attachment.state = { ...attachment.state, constraints };
  for (const line of warningsFor(constraints, prepared.denied)) warn(line);
}

/** The outcomes, those of memory limits saying what they do not cover. */
function settleAttached(
  plan: RunPlan,
  facts: HostFacts,
  prepared: PreparedLimits,
  sets: readonly LauncherSet[],
  elsewhere: number | null,
): ConstraintOutcome[] {
  const memory = new Set(plan.limits.planned.filter((one) => one.controller === "memory").map(({ name }) => name));
  return settleOutcomes(prepared, plan, facts, sets).map((outcome) =>
    elsewhere === null || !memory.has(outcome.name) || outcome.status !== "applied"
      ? outcome
      : { ...outcome, reason: "covers future allocations only: what was allocated before stays charged elsewhere" },
  );
}

/** Everything is undone, the id is free again, and a report says why. */
async function neverAttached(
  attachment: Attachment,
  error: CorralError,
  wallClock: () => string,
): Promise<StartResult> {
  const { context, child, log, records, state, tethers } = attachment;
  child.release();
  log.add("failed", error.message);
  const usage = collectUsage(state.group, null);
  const undone = await adoption.letGo(state, false);
  const left = state.group === null ? [] : await removeGroup(state.group);
  for (const tether of tethers) tether.goodbye();
  const report = buildReport(
    context,
    { ...state, events: log.events },
    {
      ...openEnd,
      usage,
      endTime: wallClock(),
      durationSec: 0,
      startError: { code: error.code, message: error.message },
      survivors: [],
      cleanupFailed: left.length > 0 || undone.not_restored.length > 0,
      attach: undone,
    },
  );
  records.finish(report);
  if (left.length === 0) records.forget();
  return { started: false, error, report };
}
