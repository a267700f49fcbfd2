import type { ProcessIdentity } from "../../kernel/index.ts";
import { bootId, processFacts, readProcessStat } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import { claimantOf } from "../process-claim.ts";
import { listStartRecords, recordsOf } from "../records.ts";
import type { StateDirectories } from "../state-dir.ts";
import type { LeftOut } from "./tree.ts";

/** A process and its ancestors up to process 1, as they are now. */
export function lineageOf(pid: number): ProcessIdentity[] {
  const lineage: ProcessIdentity[] = [];
  for (let at = pid; at > 0 && lineage.length < 4096; ) {
    const stat = readProcessStat(at);
    if (stat === null) break;
    lineage.push({ bootId: bootId(), pid: stat.pid, startTicks: stat.startTicks });
    at = stat.ppid;
  }
  return lineage;
}

const groupName = /^corral-(.+?)(-\d+)?$/;

/** The live job whose group a path of /proc/PID/cgroup names. */
function jobOfGroup(directories: StateDirectories, cgroup: string | null): string | null {
  for (const part of (cgroup ?? "").split(/[/\n]/)) {
    const match = groupName.exec(part);
    const ids = match === null ? [] : [part.slice("corral-".length), match[1] ?? ""];
    const found = ids.find((id) => id !== "" && recordsOf(directories, id).current() !== null);
    if (found !== undefined) return found;
  }
  return null;
}

/** A claim whose job has no record is what a Corral left that was killed while it let go. */
function liveClaimantOf(directories: StateDirectories, identity: ProcessIdentity): string | null {
  const claimant = claimantOf(directories, identity);
  return claimant !== null && recordsOf(directories, claimant).current() !== null ? claimant : null;
}

/** Tells the processes that other jobs have: they stay with them, and so does what descends from them. */
export const governedBeside =
  (directories: StateDirectories, jobId: string): LeftOut =>
  (one) => {
    const job = liveClaimantOf(directories, one) ?? jobOfGroup(directories, processFacts(one.pid).cgroup);
    return job !== null && job !== jobId;
  };

const isSame = (a: ProcessIdentity, b: ProcessIdentity | null): boolean =>
  b !== null && a.pid === b.pid && a.startTicks === b.startTicks && a.bootId === b.bootId;

/**
 * The job that a process belongs to: it or an ancestor was attached to or started by it, or it is in its group. Null
 * when none of this user's jobs has it.
 * @param records false: leaves out the reading of all start records, for callers that know them
 */
export function jobOfProcess(directories: StateDirectories, pid: number, records = true): string | null {
  const lineage = lineageOf(pid);
  for (const one of lineage) {
    const claimant = liveClaimantOf(directories, one);
    if (claimant !== null) return claimant;
  }
  const inGroup = jobOfGroup(directories, processFacts(pid).cgroup);
  if (inGroup !== null || !records) return inGroup;
  const started = listStartRecords(directories).find(
    ({ record }) => record.mode === "run" && lineage.some((one) => isSame(one, record.workload)),
  );
  return started?.record.job_id ?? null;
}

export const alreadyGoverned = (pid: number, jobId: string): CorralError =>
  new CorralError("PROCESS_GOVERNED", `process ${pid} belongs to the job ${jobId} already`, {
    object: String(pid),
    found: jobId,
    fix: `change its limits with: corral update ${jobId}`,
  });
