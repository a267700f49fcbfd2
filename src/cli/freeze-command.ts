import { setJobFrozen } from "../run/jobs/index.ts";
import { namedJob, ownDirectories } from "./job-arguments.ts";
import { say } from "./output.ts";

async function setFrozen(args: readonly string[], frozen: boolean): Promise<number> {
  const directories = ownDirectories();
  const jobId = namedJob(args, directories);
  const { changed, processes } = await setJobFrozen(directories, jobId, frozen);
  const count = processes === 1 ? "1 process" : `${processes} processes`;
  say(`job ${jobId} ${changed ? "is" : "was already"} ${frozen ? "frozen" : "thawed"} (${count})`);
  return 0;
}

/**
 * `corral freeze`: stops every process of a job.
 * @returns 0
 * @throws CorralError USAGE, JOB_NOT_FOUND, JOB_ENDED, JOB_BUSY, NO_GROUP, NOT_FROZEN
 */
export const freezeCommand = (_flags: object, args: readonly string[]): Promise<number> => setFrozen(args, true);

/** `corral thaw`: lets a frozen job go on; as `freezeCommand`. */
export const thawCommand = (_flags: object, args: readonly string[]): Promise<number> => setFrozen(args, false);
