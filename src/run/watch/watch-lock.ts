import { join } from "node:path";
import { lockAlone } from "../../kernel/files/index.ts";
import { CorralError } from "../../report/index.ts";
import type { StateDirectories } from "../state-dir.ts";

/**
 * Makes this process the one watch of a state directory, until the answer is called. The lock of a watch that died is
 * taken over.
 * @throws CorralError WATCH_RUNNING, STATE_UNWRITABLE
 */
export function lockWatch({ runtime }: StateDirectories): () => void {
  const path = join(runtime, "watch.lock");
  return lockAlone(path, "the watch", (pid) => alreadyRunning(path, pid));
}

const alreadyRunning = (path: string, pid: number): CorralError =>
  new CorralError("WATCH_RUNNING", `another corral watch (pid ${pid}) governs the jobs of this state directory`, {
    object: path,
    found: String(pid),
    fix: "end it first, or give this one another CORRAL_STATE_DIR and other rules",
  });
