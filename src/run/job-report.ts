import type { GroupHandle, GroupUsage } from "../cgroup/index.ts";
import { readUsage } from "../cgroup/index.ts";
import type { ExitInfo, ExitSource, ProcessIdentity } from "../kernel/index.ts";
import { hostName, signalName } from "../kernel/index.ts";
import type { ConstraintOutcome, ExitReason, JobEvent, RunReport, StartError, UsageReport } from "../report/index.ts";
import { classifyExit } from "./classify.ts";
import { judgeSla } from "./sla.ts";
import type { RunSpec } from "./spec.ts";
import type { AdoptedProcess } from "./start-record.ts";

/** What a job was asked for, as far as its later life and its report go. */
export type JobTerms = Pick<
  RunSpec,
  "command" | "timeoutMs" | "killAfterMs" | "lifetime" | "processGroup" | "strict" | "slaEligible" | "intent" | "tags"
>;

/** What is known of a job from the moment it is claimed. */
export interface JobContext {
  readonly jobId: string;
  readonly mode: RunReport["mode"];
  readonly spec: JobTerms;
  /** Working directory and user of the workload. */
  readonly cwd: string;
  readonly uid: number;
  /** attach: what was changed stays as it is when Corral goes. */
  readonly keepLimits: boolean;
  readonly corral: ProcessIdentity;
  readonly startTime: string;
}

/** Where a job stands when a report of it is made. */
export interface JobState {
  readonly workload: ProcessIdentity | null;
  readonly group: GroupHandle | null;
  /** When an update gave the group what it had not before; null when it has counted since the start. */
  readonly groupsSince: string | null;
  readonly scope: RunReport["scope"];
  /** Directories that the group is to have, while they are being made. */
  readonly plannedGroups: readonly string[];
  readonly constraints: readonly ConstraintOutcome[];
  /** attach: what was done to which process. */
  readonly adopted: readonly AdoptedProcess[];
  readonly memoryElsewhereBytes: number | null;
  /** Monotonic clock from which durations count; null until the exec, or the attach. */
  readonly begunNs: bigint | null;
  readonly events: readonly JobEvent[];
  readonly warnings: readonly string[];
}

/** A job that has just been claimed. */
export const freshState: JobState = {
  workload: null,
  group: null,
  groupsSince: null,
  scope: "none",
  plannedGroups: [],
  constraints: [],
  adopted: [],
  memoryElsewhereBytes: null,
  begunNs: null,
  events: [],
  warnings: [],
};

/** What an attached job did with its processes when it was over. */
export type AttachEnd = NonNullable<RunReport["attach"]>;

/** How a job ended; a null exit means that Corral did not see the end. */
export interface JobEnd {
  readonly exit: ExitInfo | null;
  readonly exitSource: ExitSource | null;
  readonly usage: UsageReport;
  readonly endTime: string | null;
  readonly durationSec: number | null;
  readonly endedByCorral: RunReport["ended_by_corral"];
  readonly startError: StartError | null;
  readonly survivors: readonly number[] | null;
  readonly cleanupFailed: boolean;
  readonly detached: boolean;
  readonly attach: AttachEnd | null;
  /** The workload is over, and nobody watched when it ended. */
  readonly endUnobserved: boolean;
  /** The Corral that watched the job was gone before its end. */
  readonly monitorLost: boolean;
}

const noUsage: UsageReport = {
  source: "none",
  cpu_user_us: null,
  cpu_sys_us: null,
  memory_peak_bytes: null,
  swap_peak_bytes: null,
  io_read_bytes: null,
  io_write_bytes: null,
  nr_periods: null,
  nr_throttled: null,
  throttled_us: null,
  oom_kills: null,
  memory_max_hits: null,
  memory_high_hits: null,
  pids_peak: null,
  pids_max_hits: null,
  psi: { cpu: null, memory: null, io: null },
};

/** The end of a job about which nothing is known yet. */
export const openEnd: JobEnd = {
  exit: null,
  exitSource: null,
  usage: noUsage,
  endTime: null,
  durationSec: null,
  endedByCorral: null,
  startError: null,
  survivors: null,
  cleanupFailed: false,
  detached: false,
  endUnobserved: false,
  attach: null,
  monitorLost: false,
};

const fromGroup = ({ cpu_total_us: _, ...usage }: GroupUsage): UsageReport => ({ source: "group", ...usage });

/** The larger of two readings; null where nobody read. */
const larger = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b);

/** The counters of a group that was made while the job ran, with what wait4(2) knows of the time before. */
function completed(counted: UsageReport, waited: NonNullable<ExitInfo["usage"]>): UsageReport {
  const usage = { ...counted, memory_peak_bytes: larger(counted.memory_peak_bytes, waited.maxRssBytes) };
  const groupUs = (counted.cpu_user_us ?? 0) + (counted.cpu_sys_us ?? 0);
  if (groupUs >= waited.userUs + waited.sysUs) return usage;
  return { ...usage, source: "rusage", cpu_user_us: waited.userUs, cpu_sys_us: waited.sysUs };
}

/**
 * The job's resource use: the group's counters, completed by wait4(2) of the leader where no group counts.
 * @param late the group was made while the job ran: where wait4(2) covers more use than it, that is told
 */
export function collectUsage(group: GroupHandle | null, exit: ExitInfo | null, late = false): UsageReport {
  const rusage = exit?.usage ?? null;
  const waited = rusage === null ? null : { cpu_user_us: rusage.userUs, cpu_sys_us: rusage.sysUs };
  if (group !== null) {
    const usage = fromGroup(readUsage(group));
    if (late && rusage !== null) return completed(usage, rusage);
    return usage.cpu_user_us === null && waited !== null ? { ...usage, ...waited } : usage;
  }
  if (rusage === null || waited === null) return noUsage;
  return {
    ...noUsage,
    ...waited,
    source: "rusage",
    memory_peak_bytes: rusage.maxRssBytes,
    io_read_bytes: rusage.inBlocks * 512,
    io_write_bytes: rusage.outBlocks * 512,
  };
}

/** Directory per controller; a v2 directory without controllers is listed as `unified`. */
export function groupPaths(group: GroupHandle | null): Record<string, string> {
  const paths: Record<string, string> = {};
  for (const directory of group?.directories ?? []) {
    if (directory.version === 2) paths["unified"] = directory.path;
    for (const controller of directory.controllers) paths[controller] = directory.path;
  }
  return paths;
}

const signalOf = (exit: ExitInfo | null): string | null =>
  exit === null || exit.signal === null ? null : (signalName(exit.signal) ?? `SIG${exit.signal}`);

function reasonOf(end: JobEnd): ExitReason {
  if (end.startError !== null) return "start_failed";
  if (end.exit === null) return "unknown";
  const { code } = end.exit;
  return classifyExit({
    code,
    signal: signalOf(end.exit),
    timedOut: end.endedByCorral === "timeout",
    oomKills: end.usage.oom_kills,
  });
}

/** Assembles the report of a job that ended, never started, or was left running. */
export function buildReport(context: JobContext, state: JobState, end: JobEnd): RunReport {
  const { spec } = context;
  const exitCode = end.exit?.code ?? null;
  const sla = judgeSla({
    mode: context.mode,
    monitorLost: end.monitorLost,
    startError: end.startError,
    constraints: state.constraints,
    held: spec.slaEligible || spec.strict,
    endedByCorral: end.endedByCorral,
    cleanupFailed: end.cleanupFailed,
    exitCode,
    detached: end.detached,
    endUnobserved: end.endUnobserved,
  });
  return {
    schema: "corral.report/1",
    job_id: context.jobId,
    mode: context.mode,
    intent: spec.intent,
    sla_eligible: spec.slaEligible,
    tags: spec.tags,
    argv: spec.command,
    cwd: context.cwd,
    uid: context.uid,
    host: hostName(),
    boot_id: context.corral.bootId,
    wrapper_pid: context.corral.pid,
    pid: state.workload?.pid ?? null,
    pid_start_ticks: state.workload?.startTicks ?? null,
    start_time: context.startTime,
    end_time: end.endTime,
    duration_sec: end.durationSec,
    processing_seconds: end.durationSec,
    exit_code: exitCode,
    exit_code_known: end.exit !== null && (end.exit.code !== null || end.exit.signal !== null),
    exit_source: end.exitSource,
    exit_signal: signalOf(end.exit),
    core_dumped: end.exit?.coreDumped ?? false,
    exit_reason: reasonOf(end),
    ended_by_corral: end.endedByCorral,
    start_error: end.startError,
    detached: end.detached,
    platform_sla_compliant: sla.compliant,
    platform_sla_reason: sla.reason,
    cgroups: groupPaths(state.group),
    scope: state.scope,
    constraints: state.constraints,
    usage: end.usage,
    events: state.events,
    attach: end.attach,
    survivors: end.survivors,
    warnings: state.warnings,
  };
}
