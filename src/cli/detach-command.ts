import { exitStatus } from "../report/index.ts";
import { detachJob } from "../run/jobs/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { namedJob, ownDirectories } from "./job-arguments.ts";
import type { detachFlags } from "./job-flags.ts";
import { say } from "./output.ts";
import { deliverReport, printSummary } from "./report-sinks.ts";

const told = {
  left: "its Corral has left; the workload goes on",
  released: "limits and attributes are as they were before the attach",
  unwatched: "nobody watches it, and it goes on under its limits",
} as const;

/**
 * `corral detach`: ends the watch over a job.
 * @returns 0, or 125 when an attach could not be undone altogether
 * @throws CorralError USAGE, JOB_NOT_FOUND, JOB_ENDED, JOB_BUSY, JOB_WATCHED
 */
export async function detachCommand(flags: RawFlags<typeof detachFlags>, args: readonly string[]): Promise<number> {
  const directories = ownDirectories();
  const jobId = namedJob(args, directories);
  const { how, report } = await detachJob(jobId, { directories, program: process.argv[1] ?? "", onWarning: say });
  const sinks = { quiet: false, json: flags.json === true, file: null };
  const delivered = report === null || deliverReport(report, sinks);
  if (report !== null) printSummary(report, sinks);
  const stays = report?.attach?.not_restored.length ?? 0;
  if (stays > 0) say(`ERROR: job ${jobId}: the attach is over and not all of it could be undone (see above)`);
  else say(`job ${jobId}: ${told[how]}`);
  return delivered && stays === 0 ? 0 : exitStatus.corral;
}
