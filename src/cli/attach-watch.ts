import { constants } from "node:os";
import type { CorralError, RunReport } from "../report/index.ts";
import type { RunningJob } from "../run/index.ts";
import type { Ending } from "./attach-reports.ts";
import { ignoreUserSignals } from "./deaf-signals.ts";
import { say } from "./output.ts";
import type { ReportSinks } from "./report-sinks.ts";
import { printSummary } from "./report-sinks.ts";

/** What came of one target when it was attached to. */
export type Begun =
  | { readonly target: string; readonly job: RunningJob }
  | { readonly target: string; readonly job: null; readonly error: CorralError; readonly report: RunReport | null };

/** Signals that make Corral let go. */
const leavingSignals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** The first of the signals that make Corral let go, from now on. */
export const leavingSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    ignoreUserSignals();
    for (const name of leavingSignals) process.on(name, resolve);
  });

/** What a person should know of a job that Corral left. */
function describeLeaving(why: string, { job_id: jobId, pid, attach }: RunReport): string {
  if (attach === null)
    return `${why}: leaving; the workload continues as job ${jobId} (pid ${pid}); end it with corral stop ${jobId}`;
  return attach.limits_kept
    ? `${why}: leaving; process ${pid} continues under its limits as job ${jobId}; undo them with corral detach ${jobId}`
    : `${why}: leaving; process ${pid} continues, and what attaching changed is undone`;
}

/** The endings of all targets, and the signal by which Corral left, if it did. */
export interface Watched {
  readonly endings: readonly Ending[];
  readonly signal: NodeJS.Signals | null;
}

const endingsOf = (begun: readonly Begun[], reports: ReadonlyMap<RunningJob, RunReport>): Ending[] =>
  begun.map((one) =>
    one.job === null ? one : { target: one.target, report: reports.get(one.job) ?? null, error: null },
  );

const jobsOf = (begun: readonly Begun[]): RunningJob[] => begun.flatMap(({ job }) => job ?? []);

/** Watches jobs until all have ended or a signal comes; each is told of when it is over. */
export async function watchJobs(
  begun: readonly Begun[],
  left: Promise<NodeJS.Signals>,
  sinks: ReportSinks,
): Promise<Watched> {
  const reports = new Map<RunningJob, RunReport>();
  const note = (job: RunningJob, report: RunReport, signal: string | null): void => {
    if (reports.has(job)) return;
    reports.set(job, report);
    if (signal !== null && report.detached && !sinks.quiet) say(describeLeaving(signal, report));
    printSummary(report, sinks);
  };
  const jobs = jobsOf(begun);
  const all = Promise.all(jobs.map(async (job) => note(job, await job.result, null)));
  const signal = await Promise.race([all.then(() => null), left]);
  if (signal !== null) {
    const running = jobs.filter((job) => !reports.has(job));
    await Promise.all(running.map(async (job) => note(job, await job.detach(signal), signal)));
  }
  return { endings: endingsOf(begun, reports), signal };
}

/** Leaves jobs under their limits. */
export async function leaveAtOnce(begun: readonly Begun[], sinks: ReportSinks): Promise<Watched> {
  const reports = new Map<RunningJob, RunReport>();
  for (const job of jobsOf(begun)) {
    const report = await job.detach("once", true);
    reports.set(job, report);
    if (report.detached && !sinks.quiet) say(describeLeaving("--once", report));
    printSummary(report, sinks);
  }
  return { endings: endingsOf(begun, reports), signal: null };
}

/** Exit status of a Corral that a signal made leave. */
export const statusOfSignal = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];
