import { existsSync } from "node:fs";
import type { GroupDirectory } from "../../cgroup/index.ts";
import { isRunning, readProcessStat } from "../../kernel/index.ts";
import type { Intent, RunReport, UsageReport } from "../../report/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import { collectUsage } from "../job-report.ts";
import { groupOfRecord } from "../recorded-job.ts";
import type { Departure, StartRecord } from "../start-record.ts";
import type { StateDirectories } from "../state-dir.ts";
import { CpuMeter } from "./cpu-meter.ts";
import type { Unreadable } from "./job-list.ts";
import { recordOf } from "./job-list.ts";
import type { LiveJob } from "./live-job.ts";
import { viewJob } from "./live-job.ts";
import type { CapturedFiles } from "./logs.ts";
import { capturedFiles } from "./logs.ts";
import type { CurrentLimit } from "./read-back.ts";
import { readLimit } from "./read-back.ts";
import { resultsOf } from "./result-file.ts";

/** A process of a job, as /proc names it; the name is its own choice. */
export interface JobProcess {
  readonly pid: number;
  readonly comm: string;
  /** One letter of proc_pid_stat(5). */
  readonly state: string;
}

/** One directory of a job's group. */
export interface JobDirectory {
  readonly path: string;
  readonly version: 1 | 2;
  readonly controllers: GroupDirectory["controllers"];
  readonly exists: boolean;
}

/** Everything that is known of a job while it has a start record. */
export interface LiveDetail extends LiveJob {
  readonly cwd: string;
  readonly lifetime: StartRecord["lifetime"];
  readonly intent: Intent | null;
  readonly timeout_sec: number | null;
  readonly kill_after_sec: number;
  readonly keep_limits: boolean;
  readonly scope: RunReport["scope"];
  /** The Corral on record, living or not. */
  readonly corral_pid: number;
  readonly left: Departure | null;
  readonly stop_time: string | null;
  readonly leader: {
    readonly pid: number;
    readonly start_ticks: number;
    readonly boot_id: string;
    readonly running: boolean;
  } | null;
  readonly groups: readonly JobDirectory[];
  readonly constraints: readonly CurrentLimit[];
  readonly usage: UsageReport;
  /** Processes in the group; without one the leader, while it runs. */
  readonly members: readonly JobProcess[];
  readonly warnings: readonly string[];
}

/** What `corral status --json` prints, `corral.status/1`; schemas/status.schema.json is its JSON Schema. */
export interface StatusDocument {
  readonly schema: "corral.status/1";
  /** Wall clock, RFC 3339. */
  readonly time: string;
  readonly job_id: string;
  /** Null when the job is over. */
  readonly live: LiveDetail | null;
  /** The newest result of the id; null when it has none yet. */
  readonly result: RunReport | null;
  /** How many results the id has: it may have been used before. */
  readonly results: number;
  /** Files that have the workload's output; null when Corral did not capture it. */
  readonly captured: CapturedFiles | null;
  readonly unreadable: readonly Unreadable[];
}

function describeProcess(pid: number): JobProcess[] {
  const stat = readProcessStat(pid);
  return stat === null ? [] : [{ pid, comm: stat.comm, state: stat.state }];
}

function detailOf(record: StartRecord): LiveDetail {
  const group = groupOfRecord(record);
  const { workload } = record;
  const running = workload !== null && isRunning(workload);
  const pids = group?.processes() ?? (running ? [workload.pid] : []);
  return {
    ...viewJob(record, new CpuMeter()),
    cwd: record.cwd,
    lifetime: record.lifetime,
    intent: record.intent,
    timeout_sec: record.timeout_sec,
    kill_after_sec: record.kill_after_sec,
    keep_limits: record.keep_limits,
    scope: record.scope,
    corral_pid: record.corral.pid,
    left: record.left,
    stop_time: record.stop_time,
    leader:
      workload === null
        ? null
        : { pid: workload.pid, start_ticks: workload.startTicks, boot_id: workload.bootId, running },
    groups: record.groups.map(({ path, version, controllers }) => ({
      path,
      version,
      controllers,
      exists: existsSync(path),
    })),
    constraints: record.constraints.map((outcome) => readLimit(outcome, group, workload)),
    usage: collectUsage(group, null),
    members: pids.flatMap(describeProcess),
    warnings: record.warnings,
  };
}

/**
 * Everything that is known of a job, living or over.
 * @throws CorralError JOB_NOT_FOUND, STATE_UNREADABLE
 */
export function describeJob(directories: StateDirectories, jobId: string): StatusDocument {
  const record = recordOf(directories, jobId);
  const { newest, count, unreadable } = resultsOf(directories, jobId);
  const first = unreadable[0];
  if (record === null && newest === null) {
    // The job came and went between finding it and looking at it, or its results are of no use.
    throw first === undefined
      ? new CorralError("JOB_NOT_FOUND", `there is no job ${quote(jobId)}`, { object: jobId })
      : new CorralError("STATE_UNREADABLE", `cannot use the result ${first.path}: ${first.reason}`, {
          object: first.path,
        });
  }
  const startTime = record?.start_time ?? newest?.start_time ?? "";
  return {
    schema: "corral.status/1",
    time: new Date().toISOString(),
    job_id: jobId,
    live: record === null ? null : detailOf(record),
    result: newest,
    results: count,
    captured: capturedFiles(directories, jobId, startTime),
    unreadable,
  };
}
