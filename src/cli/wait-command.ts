import { constants } from "node:os";
import type { RunReport } from "../report/index.ts";
import { CorralError, exitStatus, parseDurationMs } from "../report/index.ts";
import { exitStatusOf } from "../run/index.ts";
import { awaitJob } from "../run/jobs/index.ts";
import { ignoreUserSignals } from "./deaf-signals.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { namedJobs, ownDirectories } from "./job-arguments.ts";
import type { waitFlags } from "./job-flags.ts";
import { say } from "./output.ts";
import { deliverReport, printSummary } from "./report-sinks.ts";

const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Longest delay that setTimeout takes. */
const longestMs = 2 ** 31 - 1;

/** Why a wait ended before the jobs did. */
class Interrupted extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

function armInterrupts(timeoutMs: number | null): AbortSignal {
  const controller = new AbortController();
  ignoreUserSignals();
  for (const signal of endingSignals) {
    process.on(signal, () => controller.abort(new Interrupted(signal, 128 + constants.signals[signal])));
  }
  if (timeoutMs !== null) {
    const late = (): void => controller.abort(new Interrupted("time is up", exitStatus.timeout));
    setTimeout(late, Math.min(timeoutMs, longestMs)).unref();
  }
  return controller.signal;
}

/**
 * `corral wait`: waits for the end of jobs.
 * @returns the first status that is not 0, in the order of the arguments; 124 when the time was up, 128+n by a signal
 * @throws CorralError USAGE, JOB_NOT_FOUND, JOB_BUSY, STATE_UNREADABLE, STATE_UNWRITABLE
 */
export async function waitCommand(flags: RawFlags<typeof waitFlags>, args: readonly string[]): Promise<number> {
  const timeoutMs = flags.timeout === undefined ? null : flagValue("timeout", flags.timeout, parseDurationMs);
  const directories = ownDirectories();
  const jobs = namedJobs(args, directories);
  if (flags.json === true && jobs.length > 1) {
    throw new CorralError("USAGE", "--json prints one report", { object: "--json", fix: "name one job" });
  }
  const sinks = { quiet: false, json: flags.json === true, file: null };
  const signal = armInterrupts(timeoutMs);
  const waits = jobs.map((jobId) => awaitJob(jobId, { directories, signal, onWarning: say }));
  const ends = await Promise.allSettled(
    waits.map(async (wait) => {
      const report = await wait;
      const delivered = deliverReport(report, sinks);
      printSummary(report, sinks);
      return statusOf(report, delivered);
    }),
  );
  return firstStatus(ends);
}

const statusOf = (report: RunReport, delivered: boolean): number => {
  const status = exitStatusOf(report);
  return status === 0 && !delivered ? exitStatus.corral : status;
};

/** @throws what a wait has thrown, unless it was interrupted */
function firstStatus(ends: readonly PromiseSettledResult<number>[]): number {
  const failures = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
  const interrupted = failures.find((reason) => reason instanceof Interrupted);
  for (const reason of failures) if (!(reason instanceof Interrupted)) throw reason;
  if (interrupted instanceof Interrupted) {
    say(`${interrupted.message}: the wait ends; the jobs go on`);
    return interrupted.status;
  }
  return ends.map((end) => (end.status === "fulfilled" ? end.value : 0)).find((status) => status !== 0) ?? 0;
}
