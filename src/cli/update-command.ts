import { CorralError } from "../report/index.ts";
import { toUpdateDocument, updateJob } from "../run/attach/index.ts";
import { describeOutcome } from "../run/index.ts";
import { namesLimits } from "./attach-spec.ts";
import { namedJob, ownDirectories } from "./job-arguments.ts";
import { readLimitFlags } from "./limit-settings.ts";
import { say, writeText } from "./output.ts";
import type { RawUpdateFlags } from "./update-flags.ts";

/**
 * `corral update ID`: changes the limits of a job that lives.
 * @returns 0
 * @throws CorralError USAGE; JOB_NOT_FOUND, JOB_ENDED, JOB_BUSY, STRICT_REFUSED with nothing changed
 */
export async function updateCommand(flags: RawUpdateFlags, args: readonly string[]): Promise<number> {
  if (!namesLimits(flags))
    throw new CorralError("USAGE", "no limit was given, so there is nothing to change", {
      object: "update",
      fix: "name limits, as in --cpu-quota 50; max lifts a cap",
    });
  const directories = ownDirectories();
  const jobId = namedJob(args, directories);
  const result = await updateJob(directories, jobId, {
    ...readLimitFlags(flags),
    strict: flags.strict === true,
    account: false,
    scope: "cgroupfs",
    cgroupParent: process.env["CORRAL_CGROUP_PARENT"] || null,
  });
  for (const line of result.warnings) say(`WARNING: ${line}`);
  const failed = result.constraints.filter(({ status }) => status === "failed" || status === "not_enforceable");
  for (const outcome of failed) say(`WARNING: ${describeOutcome(outcome)}`);
  const text =
    flags.json === true
      ? JSON.stringify(toUpdateDocument(jobId, result), null, 2)
      : result.constraints.map(describeOutcome).join("\n");
  writeText(1, `${text}\n`);
  return 0;
}
