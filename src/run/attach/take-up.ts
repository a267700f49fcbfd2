import type { ForeignProcess } from "../../kernel/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import type { StartOptions } from "../attempt.ts";
import { collectGarbage } from "../gc.ts";
import { lifeOf } from "../job-life.ts";
import { withJobLock } from "../job-lock.ts";
import { JobLog, systemClock } from "../job-log.ts";
import { removePlanned } from "../planned-groups.ts";
import { unclaimProcess } from "../process-claim.ts";
import { contextOfRecord, plannedOf, stateOfRecord } from "../recorded-job.ts";
import type { JobRecords } from "../records.ts";
import { recordsOf, resultPathsOf } from "../records.ts";
import { RunningJob } from "../running-job.ts";
import type { StartRecord } from "../start-record.ts";
import type { StateDirectories } from "../state-dir.ts";
import { stateDirectories } from "../state-dir.ts";
import { adoption } from "./adoption.ts";
import { watchForExit } from "./exit-watch.ts";
import { ourselves } from "./ourselves.ts";

const notFound = (jobId: string): CorralError =>
  new CorralError("JOB_NOT_FOUND", `there is no job ${quote(jobId)}`, {
    object: jobId,
    fix: "corral ps --all lists the jobs",
  });

const ended = (jobId: string): CorralError =>
  new CorralError("JOB_ENDED", `the job ${quote(jobId)} is over`, {
    object: jobId,
    fix: `corral status ${jobId} shows its result`,
  });

/**
 * The start record of a live job.
 * @throws CorralError JOB_NOT_FOUND, JOB_ENDED when it has a result only
 */
export function requireLiveRecord(directories: StateDirectories, jobId: string): StartRecord {
  const record = recordsOf(directories, jobId).current();
  if (record !== null) return record;
  throw resultPathsOf(directories, jobId).length > 0 ? ended(jobId) : notFound(jobId);
}

/**
 * Takes up a job whose Corral was killed or left: from here on this process watches it, and its result is written when
 * it ends, with the exit status where the kernel can tell it. Nothing about the workload changes.
 * @throws CorralError JOB_NOT_FOUND, JOB_ENDED, JOB_WATCHED while a living Corral watches it, JOB_BUSY
 */
export function takeUpJob(jobId: string, options: StartOptions = {}): Promise<RunningJob> {
  const directories = options.directories ?? stateDirectories(process.env, process.getuid?.() ?? 0);
  return withJobLock(directories, jobId, async () => {
    const record = requireLiveRecord(directories, jobId);
    const life = lifeOf(record);
    if (life === "starting" || life === "running" || life === "ending") {
      throw new CorralError("JOB_WATCHED", `the job ${quote(jobId)} is watched by Corral (pid ${record.corral.pid})`, {
        object: jobId,
        found: String(record.corral.pid),
      });
    }
    const child = record.workload === null ? null : await watchForExit(record.workload);
    if (child === null) {
      collectGarbage(directories);
      throw ended(jobId);
    }
    return resume(record, child, directories, options);
  });
}

/** An attached job gives its process free when it is forgotten. */
function withClaim(records: JobRecords, directories: StateDirectories, { mode, workload }: StartRecord): JobRecords {
  if (mode !== "attach" || workload === null) return records;
  return {
    ...records,
    forget: () => {
      records.forget();
      unclaimProcess(directories, workload);
    },
  };
}

function resume(
  record: StartRecord,
  child: ForeignProcess,
  directories: StateDirectories,
  options: StartOptions,
): RunningJob {
  const clock = options.clock ?? systemClock;
  const corral = ourselves();
  const records = recordsOf(directories, record.job_id);
  // A Corral that was killed as it made them left them; a limit that needs one makes it again.
  const planned_groups = removePlanned(plannedOf(record)) ? [] : record.planned_groups;
  records.update({ ...record, planned_groups, corral, left: null });
  const log = new JobLog(
    clock,
    record.begun_ns === null ? clock.monotonicNs() : BigInt(record.begun_ns),
    options.onEvent,
  );
  log.add("running", `taken up by Corral (pid ${process.pid})`);
  return new RunningJob({
    context: contextOfRecord(record, corral),
    state: { ...stateOfRecord(record), events: log.events },
    child,
    records: withClaim(records, directories, record),
    log,
    tethers: [],
    wallClock: clock.wall,
    warn: options.onWarning ?? (() => {}),
    adoption: record.mode === "attach" ? adoption : null,
    exitSource: () => child.exitSource,
  });
}
