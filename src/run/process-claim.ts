import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createFile, ensureDirectory, unlinkIfThere } from "../kernel/files/index.ts";
import type { ProcessIdentity } from "../kernel/index.ts";
import { errnoOf } from "../report/index.ts";
import { recordsOf } from "./records.ts";
import type { StateDirectories } from "./state-dir.ts";

/** One file per attached leader, named by its identity, so that no process is ever governed twice. */
export const claimsDirectory = (directories: StateDirectories): string => join(directories.runtime, "processes");

const claimPath = (directories: StateDirectories, { pid, startTicks }: ProcessIdentity): string =>
  join(claimsDirectory(directories), `${pid}.${startTicks}`);

/** The job that has attached to exactly this process, or null. */
export function claimantOf(directories: StateDirectories, identity: ProcessIdentity): string | null {
  const path = claimPath(directories, identity);
  // Asked of every ancestor of a process, and there seldom: an exception costs more than the question.
  if (!existsSync(path)) return null;
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}

/**
 * Claims a process for a job. Null when it is ours now, the other job's id when it is not.
 * @throws the system error when the runtime directory cannot be written
 */
export function claimProcess(directories: StateDirectories, identity: ProcessIdentity, jobId: string): string | null {
  ensureDirectory(claimsDirectory(directories));
  for (;;) {
    try {
      createFile(claimPath(directories, identity), `${jobId}\n`);
      return null;
    } catch (thrown) {
      if (errnoOf(thrown) !== "EEXIST") throw thrown;
    }
    const claimant = claimantOf(directories, identity);
    if (claimant === null) continue;
    // The job's record comes before its claim: without one, its Corral was killed between the two steps of letting go.
    if (recordsOf(directories, claimant).current() !== null) return claimant;
    unclaimProcess(directories, identity);
  }
}

/** Gives a claimed process free. */
export const unclaimProcess = (directories: StateDirectories, identity: ProcessIdentity): void =>
  unlinkIfThere(claimPath(directories, identity));
