import { describeJob } from "../run/jobs/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { namedJob, ownDirectories } from "./job-arguments.ts";
import type { statusFlags } from "./job-flags.ts";
import { writeText } from "./output.ts";
import { renderStatus } from "./status-text.ts";

/**
 * `corral status`: everything that is known of one job.
 * @returns 0
 * @throws CorralError USAGE, JOB_NOT_FOUND, STATE_UNREADABLE
 */
export async function statusCommand(flags: RawFlags<typeof statusFlags>, args: readonly string[]): Promise<number> {
  const directories = ownDirectories();
  const document = describeJob(directories, namedJob(args, directories));
  writeText(1, flags.json === true ? `${JSON.stringify(document, null, 2)}\n` : renderStatus(document));
  return 0;
}
