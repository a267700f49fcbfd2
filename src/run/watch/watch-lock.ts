import { join } from "node:path";
import { CorralError, errnoOf } from "../../report/index.ts";
import { tryLock } from "../lock-file.ts";
import { unlinkIfThere } from "../records.ts";
import type { StateDirectories } from "../state-dir.ts";
import { ensureDirectory } from "../state-dir.ts";

/** Rivals that break the same dead lock meet again at most so often. */
const maxAttempts = 100;

/**
 * Makes this process the one watch of a state directory, until the answer is called. The lock of a watch that died is
 * taken over.
 * @throws CorralError WATCH_RUNNING, STATE_UNWRITABLE
 */
export function lockWatch({ runtime }: StateDirectories): () => void {
  const path = join(runtime, "watch.lock");
  try {
    ensureDirectory(runtime);
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const got = tryLock(path);
      if (got === "ours") return () => unlinkIfThere(path);
      if (got !== "try again") throw alreadyRunning(path, got.holder.pid);
    }
  } catch (thrown) {
    if (thrown instanceof CorralError && thrown.code === "WATCH_RUNNING") throw thrown;
    const cause = thrown instanceof CorralError ? thrown.cause : thrown;
    throw unwritable(path, errnoOf(cause) ?? "error", thrown);
  }
  throw unwritable(path, "others keep taking it", null);
}

const alreadyRunning = (path: string, pid: number): CorralError =>
  new CorralError("WATCH_RUNNING", `another corral watch (pid ${pid}) governs the jobs of this state directory`, {
    object: path,
    found: String(pid),
    fix: "end it first, or give this one another CORRAL_STATE_DIR and other rules",
  });

const unwritable = (path: string, why: string, cause: unknown): CorralError =>
  new CorralError("STATE_UNWRITABLE", `cannot lock the watch: ${why} in ${path}`, { object: path, cause });
