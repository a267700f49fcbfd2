import type { ProcessIdentity } from "../../kernel/index.ts";
import { bootId, identityOf, toPid } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import { startAttach, takeUpJob } from "../attach/index.ts";
import { refuseIfAborted } from "../attempt.ts";
import type { RunningJob } from "../running-job.ts";
import type { StateDirectories } from "../state-dir.ts";
import { whenAborted } from "./abort.ts";
import { EventFeed } from "./event-feed.ts";
import { GovernedJob } from "./governed-job.ts";
import type { Job } from "./job.ts";
import { jobOptionNames, readJobOptions } from "./job-terms.ts";
import { readFlag, readOptions, readText, wrong } from "./option-values.ts";
import type { AttachOptions, TakeUpOptions } from "./options.ts";
import { startOptions, withReport } from "./start-options.ts";
import { noStreams } from "./stdio.ts";

/**
 * A process: its pid, which means whatever has it now, or its identity, which can mean no other: the pid and when it
 * started, in clock ticks after boot (field 22 of /proc/PID/stat). `Job.processes` answers identities.
 */
export type ProcessReference = number | { readonly pid: number; readonly startTicks: number; readonly bootId?: string };

const gone = (pid: number): CorralError =>
  new CorralError("PROCESS_GONE", `process ${pid} does not exist`, { object: String(pid) });

/** @throws CorralError USAGE, PROCESS_GONE */
function identify(process: ProcessReference): ProcessIdentity {
  if (typeof process === "number") {
    const identity = identityOf(toPid(process));
    if (identity === null) throw gone(process);
    return identity;
  }
  if (typeof process !== "object" || process === null || !Number.isInteger(process.startTicks))
    throw wrong("process", "expects a pid, or a pid and its startTicks");
  return { bootId: process.bootId ?? bootId(), pid: toPid(process.pid), startTicks: process.startTicks };
}

const attachOptionNames = [
  ...jobOptionNames,
  "tree",
  "keepLimits",
  "forceMove",
] as const satisfies readonly (keyof AttachOptions)[];

interface Governing {
  readonly running: RunningJob;
  readonly events: EventFeed;
  readonly directories: StateDirectories;
  readonly cgroupParent: string | null;
  readonly signal: AbortSignal | undefined;
}

/** A job whose workload is not this program's: an abort lets go of it. */
function govern({ signal, ...parts }: Governing): Job {
  const job = new GovernedJob({ ...parts, streams: noStreams, tied: false });
  whenAborted(signal, job.result, () => job.detach());
  return job;
}

/**
 * Puts a process that runs already under limits, with its descendants, and watches it to its end. Nothing is stopped,
 * traced or signalled; what cannot be done whole is undone.
 * @param process a pid or an identity
 * @throws CorralError USAGE, PROCESS_GONE, PROCESS_PROTECTED, PROCESS_MANAGED, PROCESS_GOVERNED, JOB_EXISTS,
 * STATE_UNWRITABLE, ABORTED: nothing was changed; with a `report`: STRICT_REFUSED, CGROUP_PARENT, CGROUP_IO: what was
 * changed is undone
 */
export async function attach(process: ProcessReference, options: AttachOptions = {}): Promise<Job> {
  readOptions("options", options, attachOptionNames);
  const spec = {
    ...readJobOptions(options, false),
    target: identify(process),
    tree: readFlag("tree", options.tree, true),
    keepLimits: readFlag("keepLimits", options.keepLimits, false),
    forceMove: readFlag("forceMove", options.forceMove, false),
  };
  const { signal } = options;
  refuseIfAborted(signal ?? null);
  const events = new EventFeed();
  const start = startOptions(options, events);
  const started = await startAttach(spec, start);
  if (!started.started) throw withReport(started.error, started.report);
  const { directories } = start;
  return govern({ running: started.job, events, directories, cgroupParent: spec.cgroupParent, signal });
}

/**
 * Takes up a job that nobody watches: its Corral was killed or left. From here on this process watches it, and writes its
 * result, with the exit status where the kernel can tell it. Nothing about the workload changes.
 * @throws CorralError USAGE, JOB_NOT_FOUND, JOB_ENDED, JOB_WATCHED, JOB_BUSY, ABORTED
 */
export async function takeUp(jobId: string, options: TakeUpOptions = {}): Promise<Job> {
  readOptions("options", options, ["stateDirectory", "onWarning", "signal"]);
  const id = readText("jobId", jobId);
  if (id === undefined) throw wrong("jobId", "expects the id of a job");
  const { signal } = options;
  refuseIfAborted(signal ?? null);
  const events = new EventFeed();
  const start = startOptions(options, events);
  const running = await takeUpJob(id, start);
  return govern({ running, events, directories: start.directories, cgroupParent: null, signal });
}
