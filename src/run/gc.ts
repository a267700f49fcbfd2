import { hostname } from "node:os";
import { GroupHandle } from "../cgroup/index.ts";
import type { RunReport } from "../report/index.ts";
import { jobIsLive } from "./job-life.ts";
import { collectUsage, groupPaths } from "./job-report.ts";
import type { StartRecord } from "./records.ts";
import { hasResult, listStartRecords, unlinkIfThere, writeResult } from "./records.ts";
import type { StateDirectories } from "./state-dir.ts";

/**
 * The account of a job whose Corral was killed: what the start record and the group still tell. When and how
 * the workload ended nobody saw.
 */
function lostReport(record: StartRecord, group: GroupHandle): RunReport {
  return {
    schema: "corral.report/1",
    job_id: record.job_id,
    mode: "run",
    intent: record.intent,
    sla_eligible: record.sla_eligible,
    tags: record.tags,
    argv: record.argv,
    cwd: record.cwd,
    uid: record.uid,
    host: hostname(),
    boot_id: record.corral.bootId,
    wrapper_pid: record.corral.pid,
    pid: record.workload?.pid ?? null,
    pid_start_ticks: record.workload?.startTicks ?? null,
    start_time: record.start_time,
    end_time: null,
    duration_sec: null,
    processing_seconds: null,
    exit_code: null,
    exit_code_known: false,
    exit_signal: null,
    core_dumped: false,
    exit_reason: "unknown",
    ended_by_corral: null,
    start_error: null,
    detached: true,
    platform_sla_compliant: false,
    platform_sla_reason: "monitor_lost",
    cgroups: groupPaths(group),
    scope: record.scope,
    constraints: record.constraints,
    usage: collectUsage(record.groups.length === 0 ? null : group, null),
    events: [],
    survivors: record.groups.length === 0 ? null : [],
    warnings: ["Corral had left or was killed before the end, which nobody observed"],
  };
}

/**
 * Clears up after Corrals that were killed: of every job whose Corral and leader are gone and whose group is empty,
 * writes the result as far as it is known, then removes the group (only directories recorded with this inode)
 * and the start record.
 * @returns the ids of the jobs that were cleared
 */
export function collectGarbage(directories: StateDirectories): string[] {
  const cleared: string[] = [];
  for (const { path, record } of listStartRecords(directories)) {
    const group = new GroupHandle(record.groups);
    if (jobIsLive(record) || group.isPopulated()) continue;
    try {
      // A job that ended while something lived on in its group has its result already.
      if (record.workload !== null && !hasResult(directories, record))
        writeResult(directories, lostReport(record, group));
    } catch {
      // The record stays, so that a later run with a writable directory can account for the job.
      continue;
    }
    if (group.remove().length > 0) continue;
    unlinkIfThere(path);
    cleared.push(record.job_id);
  }
  return cleared;
}
