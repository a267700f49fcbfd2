import type { GroupHandle } from "../../cgroup/index.ts";
import { eventsFile, freezerState } from "../../cgroup/index.ts";
import { readProcessStat } from "../../kernel/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import { lifeOf } from "../job-life.ts";
import { withJobLock } from "../job-lock.ts";
import { groupOfRecord } from "../recorded-job.ts";
import type { StateDirectories } from "../state-dir.ts";
import { waitUntil } from "./changes.ts";
import { endedError, recordOf } from "./job-list.ts";
import type { JobProcess } from "./job-status.ts";

/** How long the processes of a group may take to stop, or to go on. */
const deadlineMs = 2000;

/** What a freeze or thaw found and did. */
export interface FreezeResult {
  /** False: it was so already. */
  readonly changed: boolean;
  /** Processes in the group. */
  readonly processes: number;
}

/** Processes that may be what a freeze waits for: a frozen one sleeps interruptibly (cgroup-v2.rst, cgroup.freeze). */
const awake = (group: GroupHandle): JobProcess[] =>
  group.processes().flatMap((pid) => {
    const stat = readProcessStat(pid);
    return stat === null || !["R", "D"].includes(stat.state) ? [] : [{ pid, comm: stat.comm, state: stat.state }];
  });

/** Names those that may hold a freeze up, for people. */
export function describeHoldouts(processes: readonly JobProcess[]): string {
  if (processes.length === 0) return "a process of it does not stop";
  const shown = processes.slice(0, 5).map(({ pid, comm, state }) => `${pid} ${quote(comm, 20)} (${state})`);
  return `not stopped: ${shown.join(", ")}${processes.length > 5 ? ` and ${processes.length - 5} more` : ""}`;
}

/**
 * Stops every process of a job's group, or lets them go on, and waits until the kernel says that it is so.
 * @throws CorralError JOB_NOT_FOUND, JOB_ENDED, JOB_BUSY, NO_GROUP, CGROUP_IO; NOT_FROZEN when that does not come about in
 * two seconds: the order stands
 */
export function setJobFrozen(directories: StateDirectories, jobId: string, frozen: boolean): Promise<FreezeResult> {
  return withJobLock(directories, jobId, async () => {
    const record = recordOf(directories, jobId);
    const life = record === null ? "dead" : lifeOf(record);
    if (record === null || life === "dead") throw endedError(directories, jobId);
    if (life === "starting") {
      throw new CorralError("JOB_BUSY", `the job ${quote(jobId)} is still being started`, {
        object: jobId,
        fix: "try again when it runs",
      });
    }
    const group = groupOfRecord(record);
    if (group === null || freezerState(group) === null) {
      throw new CorralError("NO_GROUP", `the job ${quote(jobId)} has no control group that could freeze it`, {
        object: jobId,
        fix: `give it one with a limit: corral update ${jobId} --pids-max max`,
      });
    }
    return order(jobId, group, frozen);
  });
}

async function order(jobId: string, group: GroupHandle, frozen: boolean): Promise<FreezeResult> {
  const wanted = frozen ? "frozen" : "thawed";
  const changed = freezerState(group) !== wanted;
  if (changed) group.setFrozen(frozen);
  const events = eventsFile(group);
  const reached = await waitUntil(
    () => (freezerState(group) === wanted ? true : null),
    { paths: events === null ? [] : [events], processes: [], silent: events === null },
    { timeoutMs: deadlineMs, signal: null },
  );
  if (reached !== null) return { changed, processes: group.processes().length };
  throw new CorralError(
    "NOT_FROZEN",
    `the job ${quote(jobId)} is not ${wanted} yet: ${describeHoldouts(awake(group))}`,
    {
      object: jobId,
      fix: frozen ? `the order stands; corral thaw ${jobId} takes it back` : "the order stands; look again later",
    },
  );
}
