import { exitStatus, parseDurationMs } from "../report/index.ts";
import { stopJob } from "../run/jobs/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import { namedJob, ownDirectories } from "./job-arguments.ts";
import type { stopFlags } from "./job-flags.ts";
import { say } from "./output.ts";
import { deliverReport, printSummary } from "./report-sinks.ts";

/**
 * `corral stop`: ends a job and tells its result.
 * @returns 0 when nothing of it is left, be it that it was over already; else 125
 * @throws CorralError USAGE, JOB_NOT_FOUND, JOB_BUSY, STATE_UNWRITABLE
 */
export async function stopCommand(flags: RawFlags<typeof stopFlags>, args: readonly string[]): Promise<number> {
  const graceMs = flags.grace === undefined ? null : flagValue("grace", flags.grace, parseDurationMs);
  const directories = ownDirectories();
  const jobId = namedJob(args, directories);
  const { overAlready, report, left, groups } = await stopJob(jobId, { directories, graceMs, onWarning: say });
  if (overAlready) say(`job ${jobId}: over already`);
  const sinks = { quiet: false, json: flags.json === true, file: null };
  const delivered = report === null || deliverReport(report, sinks);
  // Those who outlived the leader are in the result for good; a person is told who lives now.
  if (report !== null) printSummary({ ...report, survivors: report.survivors === null ? null : left }, sinks);
  if (left.length > 0) say(`ERROR: job ${jobId}: still living after the kill: ${left.join(" ")}`);
  if (groups.length > 0) say(`ERROR: job ${jobId}: groups that cannot be removed: ${groups.join(" ")}`);
  return delivered && left.length + groups.length === 0 ? 0 : exitStatus.corral;
}
