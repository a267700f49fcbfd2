import type { FreezerState } from "../../cgroup/index.ts";
import { readNow } from "../../cgroup/index.ts";
import { isRunning, readProcessStat } from "../../kernel/index.ts";
import type { ConstraintStatus, RunReport } from "../../report/index.ts";
import type { JobLifeState } from "../job-life.ts";
import { isWatched, lifeOf } from "../job-life.ts";
import { groupOfRecord } from "../recorded-job.ts";
import type { StartRecord } from "../start-record.ts";
import type { CountedBy, CpuMeter, CpuSample } from "./cpu-meter.ts";

/** A job that has a start record, as it is now. */
export interface LiveJob {
  readonly job_id: string;
  readonly state: JobLifeState;
  /** Null without a group that can freeze. */
  readonly freezer: FreezerState | null;
  readonly mode: RunReport["mode"];
  /** The living Corral that watches the job, or null. */
  readonly watcher_pid: number | null;
  /** The leader, living or not; null until there is one. */
  readonly pid: number | null;
  /** Of one CPU. */
  readonly cpu_percent: number | null;
  readonly cpu_source: CountedBy;
  readonly memory_bytes: number | null;
  readonly memory_source: CountedBy;
  /** Processes in the group; null without one. */
  readonly processes: number | null;
  /** Seconds since the job began. */
  readonly age_sec: number;
  readonly start_time: string;
  readonly uid: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly limits: readonly { readonly name: string; readonly status: ConstraintStatus }[];
  readonly argv: readonly string[];
}

// USER_HZ and the page size are these wherever Node and Corral run.
const microsecondsPerTick = 10_000;
const pageBytes = 4096;

interface LeaderUse {
  readonly cpuUs: number;
  readonly memoryBytes: number;
}

function leaderUse({ workload }: StartRecord): LeaderUse | null {
  if (workload === null || !isRunning(workload)) return null;
  const stat = readProcessStat(workload.pid);
  if (stat === null) return null;
  return {
    cpuUs: (stat.userTicks + stat.sysTicks) * microsecondsPerTick,
    memoryBytes: Math.max(0, stat.rssPages) * pageBytes,
  };
}

const sourceOf = (group: number | null, leader: number | null): CountedBy =>
  group !== null ? "group" : leader !== null ? "leader" : null;

/** One use of a job id, for ever. */
export const keyOfJob = ({ job_id, start_time }: Pick<StartRecord, "job_id" | "start_time">): string =>
  `${job_id}~${start_time}`;

/** Looks at a recorded job. @param meter told what it has used so far, and asked for the percentage */
export function viewJob(record: StartRecord, meter: CpuMeter): LiveJob {
  const group = groupOfRecord(record);
  const held = group === null ? null : readNow(group);
  const leader = leaderUse(record);
  const usedUs = held?.cpu_us ?? leader?.cpuUs ?? null;
  const cpuSource = sourceOf(held?.cpu_us ?? null, leader?.cpuUs ?? null);
  const sample: CpuSample | null =
    usedUs === null ? null : { usedUs, atNs: process.hrtime.bigint(), source: cpuSource };
  return {
    job_id: record.job_id,
    state: lifeOf(record, group),
    freezer: held?.freezer ?? null,
    mode: record.mode,
    watcher_pid: isWatched(record) ? record.corral.pid : null,
    pid: record.workload?.pid ?? null,
    cpu_percent: meter.percent(keyOfJob(record), sample),
    cpu_source: cpuSource,
    memory_bytes: held?.memory_bytes ?? leader?.memoryBytes ?? null,
    memory_source: sourceOf(held?.memory_bytes ?? null, leader?.memoryBytes ?? null),
    processes: held?.processes ?? null,
    age_sec: Math.max(0, Math.round((Date.now() - Date.parse(record.start_time)) / 100) / 10),
    start_time: record.start_time,
    uid: record.uid,
    tags: record.tags,
    limits: record.constraints.map(({ name, status }) => ({ name, status })),
    argv: record.argv,
  };
}
