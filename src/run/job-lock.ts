import { linkSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessIdentity } from "../kernel/index.ts";
import { identityOf } from "../kernel/index.ts";
import { CorralError, errnoOf, quote } from "../report/index.ts";
import { createFile } from "./atomic-file.ts";
import { isRunning } from "./job-life.ts";
import { unlinkIfThere } from "./records.ts";
import type { StateDirectories } from "./state-dir.ts";
import { ensureDirectory, jobsDirectory } from "./state-dir.ts";

/** Changes to a job are short; a lock held longer than this is stuck. */
const patienceMs = 10_000;
const retryMs = 10;

function holderOf(path: string): { readonly text: string; readonly identity: ProcessIdentity | null } | null {
  try {
    const text = readFileSync(path, "utf8");
    try {
      return { text, identity: JSON.parse(text) as ProcessIdentity };
    } catch {
      return { text, identity: null };
    }
  } catch {
    return null;
  }
}

/** Takes a dead holder's lock away. Of several who try, only one finds the dead text under its own new name. */
function breakLock(path: string, deadText: string): void {
  const aside = `${path}.${process.pid}.${process.hrtime.bigint().toString(36)}.tmp`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  try {
    // A rival was faster, and this is his fresh lock: it goes back, unless a third has the name by now.
    if (readFileSync(aside, "utf8") !== deadText) linkSync(aside, path);
  } catch {
    // The rival has to try again, as everybody does.
  } finally {
    unlinkIfThere(aside);
  }
}

async function acquire(path: string, jobId: string): Promise<void> {
  const text = JSON.stringify(identityOf(process.pid));
  for (const deadline = Date.now() + patienceMs; ; ) {
    try {
      createFile(path, text);
      return;
    } catch (thrown) {
      if (errnoOf(thrown) !== "EEXIST") throw CorralError.from(thrown);
    }
    const holder = holderOf(path);
    if (holder !== null && (holder.identity === null || !isRunning(holder.identity))) breakLock(path, holder.text);
    else if (Date.now() > deadline) {
      throw new CorralError(
        "JOB_BUSY",
        `another Corral (pid ${holder?.identity?.pid ?? "?"}) is changing ${quote(jobId)}`,
        {
          object: jobId,
          fix: "try again when it has finished",
        },
      );
    } else await sleep(retryMs);
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
