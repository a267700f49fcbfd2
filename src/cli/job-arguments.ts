import { CorralError } from "../report/index.ts";
import type { StateDirectories } from "../run/index.ts";
import { stateDirectories } from "../run/index.ts";
import { endedIds, findJob, recordedIds } from "../run/jobs/index.ts";

/** The state directories of this user. */
export const ownDirectories = (): StateDirectories => stateDirectories(process.env, process.getuid?.() ?? 0);

/**
 * The jobs that the arguments name.
 * @throws CorralError USAGE without any, JOB_NOT_FOUND
 */
export function namedJobs(args: readonly string[], directories: StateDirectories): readonly string[] {
  if (args.length === 0)
    throw new CorralError("USAGE", "no job was named", { fix: "give its id; corral ps lists the jobs" });
  return [...new Set(args.map((text) => findJob(directories, text)))];
}

/**
 * The one job that the arguments name.
 * @throws CorralError USAGE without one or with several, JOB_NOT_FOUND
 */
export function namedJob(args: readonly string[], directories: StateDirectories): string {
  if (args.length > 1) {
    throw new CorralError("USAGE", `takes one job, not ${args.length}`, {
      found: args.join(" "),
      fix: "name one at a time",
    });
  }
  return namedJobs(args, directories)[0] ?? "";
}

/** Ids of jobs on record, that a shell may propose where only a living job will do. Never throws. */
export function liveIdsForCompletion(): readonly string[] {
  try {
    return recordedIds(ownDirectories()).toSorted();
  } catch {
    return [];
  }
}

/** Ids that a shell may propose. Never throws: nobody would see it. */
export function jobIdsForCompletion(): readonly string[] {
  try {
    const directories = ownDirectories();
    return [...new Set([...recordedIds(directories), ...endedIds(directories)])].sort();
  } catch {
    return [];
  }
}
