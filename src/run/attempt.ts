import { readlinkSync } from "node:fs";
import { resolve } from "node:path";
import type { ExitSource, LaunchRequest, LaunchResult, SpawnMode, Tether } from "../kernel/index.ts";
import { launch, ownIdentity } from "../kernel/index.ts";
import type { ConstraintOutcome, JobEvent } from "../report/index.ts";
import { CorralError } from "../report/index.ts";
import { collectGarbage } from "./gc.ts";
import type { PlacedGroup } from "./group-setup.ts";
import { lookFrom, pathsOf, placeGroup } from "./group-setup.ts";
import { gatherHostFacts } from "./host-facts.ts";
import { generateJobId } from "./job-id.ts";
import { jobIsLive } from "./job-life.ts";
import type { Clock } from "./job-log.ts";
import { JobLog, systemClock } from "./job-log.ts";
import type { JobContext, JobState } from "./job-report.ts";
import { freshState } from "./job-report.ts";
import type { HostFacts, RunPlan } from "./plan.ts";
import { planRun } from "./plan.ts";
import type { RecordAhead } from "./record-ahead.ts";
import { startRecord } from "./recorded-job.ts";
import type { JobRecords, ResultSync } from "./records.ts";
import { claimJob } from "./records.ts";
import { usesSystemd } from "./scope-choice.ts";
import type { GovernSpec, RunSpec } from "./spec.ts";
import type { StateDirectories } from "./state-dir.ts";
import { stateDirectories } from "./state-dir.ts";
import { describeOutcome } from "./summary.ts";

/** The process that starts a job and becomes the parent of its workload. */
export interface JobParent {
  readonly pid: number;
  readonly cwd: string;
  /** What its groups allow, and where it stands in them. */
  readonly facts: (spec: RunSpec) => HostFacts;
  /** @param ahead what the start record would say at the exec; null: the workload has to wait for its record, or for a verdict */
  readonly launch: (request: LaunchRequest, ahead: RecordAhead | null) => Promise<LaunchResult>;
  /** Who told how the workload ended, once it has. */
  readonly exitSource: () => ExitSource | null;
}

/** A moment for which everything else is made ready before. */
export interface StartMoment {
  /** CLOCK_MONOTONIC; one that is over is now. */
  readonly atNs: bigint;
  /** Called when the workload has executed, with the moment just before. */
  readonly onBegan: (atNs: bigint) => void;
}

export interface StartOptions {
  /** When the workload executes; its group, its limits and its process are there before. Default: as soon as they are. */
  readonly startAt?: StartMoment;
  /** Who starts it when this process only looks after it. Default: this process. */
  readonly parent?: JobParent;
  /** Where records are kept. Default: by uid and environment (docs/run.md, Files). */
  readonly directories?: StateDirectories;
  readonly clock?: Clock;
  /** Wall clock at which the job began, where something was named after it already. Default: now. */
  readonly startTime?: string;
  /**
   * Default `pool`: the event loop goes on while the workload's process is made. `blocking` is sooner done, for a
   * program that does nothing else meanwhile.
   */
  readonly spawnMode?: SpawnMode;
  /** Called at once with each warning, without prefix. */
  readonly onWarning?: (line: string) => void;
  /** Called at once with each event of the job. */
  readonly onEvent?: (event: JobEvent) => void;
  /** Aborted before the workload executes: it never does. What an abort means later is the caller's. */
  readonly signal?: AbortSignal;
  /**
   * False: leaves out what looks at every job of this user, for a caller that starts or attaches to many and knows them.
   * Default: true.
   */
  readonly lookAtAllJobs?: boolean;
  /**
   * Whether the result is on the disk when `result` settles, or a moment later: who reads it does not see the difference,
   * and a crash of the machine in between loses it. Default: `before`.
   */
  readonly resultSync?: ResultSync;
}

/** A run's context: everything that was asked for. */
export interface RunContext extends JobContext {
  readonly spec: RunSpec;
}

/** What one start has got so far; every step reads it, one at a time changes it. */
export interface Attempt {
  readonly parent: JobParent;
  readonly context: RunContext;
  readonly facts: HostFacts;
  readonly plan: RunPlan;
  readonly records: JobRecords;
  readonly log: JobLog;
  readonly clock: Clock;
  readonly warn: (line: string) => void;
  readonly warnings: string[];
  readonly spawnMode: SpawnMode;
  readonly signal: AbortSignal | null;
  readonly startAt: StartMoment | null;
  /** Where the group will be, on record since the job was claimed; null: chosen, and recorded, later. */
  readonly placed: PlacedGroup | null;
  state: JobState;
  /** Helper processes of this run; each is dismissed when the run is over. */
  readonly tethers: Tether[];
}

/** Plans the run and claims its job id. @throws CorralError JOB_EXISTS, STATE_UNWRITABLE (strict), ABORTED */
export function beginAttempt(spec: RunSpec, options: StartOptions): Attempt {
  refuseIfAborted(options.signal ?? null);
  const clock = options.clock ?? systemClock;
  const parent = options.parent ?? thisProcess();
  const facts = parent.facts(spec);
  const plan = planRun(spec, facts);
  const context: RunContext = {
    jobId: spec.jobId ?? generateJobId(spec.command[0] ?? ""),
    mode: "run",
    spec,
    cwd: resolve(parent.cwd, spec.attributes.workdir ?? "."),
    uid: spec.attributes.uid ?? process.getuid?.() ?? 0,
    keepLimits: false,
    corral: ownIdentity(),
    startTime: options.startTime ?? clock.wall(),
  };
  const startedNs = clock.monotonicNs();
  const directories = options.directories ?? stateDirectories(process.env, process.getuid?.() ?? 0);
  const warnings: string[] = [];
  const warn = (line: string): void => {
    warnings.push(line);
    options.onWarning?.(line);
  };
  // First, because what an earlier job of this id left behind is in the way of the group's plain name.
  if (options.lookAtAllJobs !== false) collectGarbage(directories);
  const placed = placeEarly(context, plan, facts, parent.pid);
  const state: JobState = { ...freshState, warnings, plannedGroups: placed === null ? [] : pathsOf(placed) };
  const records = claimJob(directories, startRecord(context, state), jobIsLive, options.resultSync);
  if (records.problem !== null) {
    if (spec.strict) throw new CorralError("STATE_UNWRITABLE", `cannot record the job: ${records.problem}`);
    warn(`WARNING: Cannot record this job (${records.problem}); its result will not be kept`);
  }
  return {
    parent,
    context,
    facts,
    plan,
    records,
    log: new JobLog(clock, startedNs, options.onEvent),
    clock,
    warn,
    warnings,
    spawnMode: options.spawnMode ?? "pool",
    signal: options.signal ?? null,
    startAt: options.startAt ?? null,
    placed,
    state,
    tethers: [],
  };
}

const thisProcess = (): JobParent => ({
  pid: process.pid,
  cwd: ownDirectory(),
  facts: gatherHostFacts,
  launch,
  exitSource: () => "wait",
});

/** A directory that was removed under us is where we are all the same; the kernel marks its name. */
function ownDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return readlinkSync("/proc/self/cwd");
  }
}

/** The place of the group, so that the first record names it already. What is wrong with it comes up when it is made. */
function placeEarly({ spec, jobId }: RunContext, plan: RunPlan, facts: HostFacts, ownPid: number): PlacedGroup | null {
  if (!plan.group) return null;
  try {
    if (usesSystemd(spec, plan, facts, ownPid)) return null;
    const { cgroupParent } = spec;
    return placeGroup({ plan, host: facts.cgroups, jobId, cgroupParent, unifiedParent: null, ...lookFrom(ownPid) });
  } catch {
    return null;
  }
}

/** @throws CorralError ABORTED, with the signal's reason as its cause */
export function refuseIfAborted(signal: AbortSignal | null): void {
  if (signal?.aborted === true) throw new CorralError("ABORTED", "aborted before it began", { cause: signal.reason });
}

/** @throws CorralError STRICT_REFUSED when --strict was given and a limit is not applied */
export function refuseIfStrict(
  spec: GovernSpec,
  constraints: readonly ConstraintOutcome[],
  what: "started" | "attached" | "changed" = "started",
): void {
  const refused = constraints.filter((one) => one.status !== "applied");
  if (!spec.strict || refused.length === 0) return;
  throw new CorralError(
    "STRICT_REFUSED",
    `not ${what}, because of --strict: ${refused.map(describeOutcome).join("; ")}`,
    {
      object: refused.map((one) => one.name).join(","),
      fix: "lift the limit, move to a host that enforces it, or drop --strict",
    },
  );
}
