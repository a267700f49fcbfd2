import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureDirectory, tryLock, unlinkIfThere } from "../kernel/files/index.ts";
import { CorralError, errnoOf, quote } from "../report/index.ts";
import type { StateDirectories } from "./state-dir.ts";
import { jobsDirectory } from "./state-dir.ts";

/** Changes to a job are short; a lock held longer than this is stuck. */
const patienceMs = 10_000;
const retryMs = 10;

async function acquire(path: string, jobId: string): Promise<void> {
  for (const deadline = Date.now() + patienceMs; ; ) {
    const attempt = tryLock(path);
    if (attempt === "ours") return;
    if (attempt === "try again") continue;
    if (Date.now() > deadline) {
      throw new CorralError("JOB_BUSY", `another Corral (pid ${attempt.holder.pid}) is changing ${quote(jobId)}`, {
        object: jobId,
        fix: "try again when it has finished",
      });
    }
    await sleep(retryMs);
  }
}

/**
 * Runs `work` while no other Corral changes the same job. The lock of a Corral that died is taken over.
 * @throws CorralError JOB_BUSY when the lock is not free within ten seconds, STATE_UNWRITABLE
 */
export async function withJobLock<T>(
  directories: StateDirectories,
  jobId: string,
  work: () => Promise<T> | T,
): Promise<T> {
  const path = join(jobsDirectory(directories), `${jobId}.lock`);
  try {
    ensureDirectory(jobsDirectory(directories));
  } catch (cause) {
    throw new CorralError("STATE_UNWRITABLE", `cannot lock the job: ${errnoOf(cause) ?? "error"} in ${path}`, {
      object: path,
      cause,
    });
  }
  await acquire(path, jobId);
  try {
    return await work();
  } finally {
    unlinkIfThere(path);
  }
}
