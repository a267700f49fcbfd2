import { join } from "node:path";
import { lockAlone } from "../../kernel/files/index.ts";
import { CorralError } from "../../report/index.ts";
import type { StateDirectories } from "../../run/index.ts";

const running = (path: string, pid: number): CorralError =>
  new CorralError("GUARD_RUNNING", `another corral guard (pid ${pid}) has the sessions of this state directory`, {
    object: path,
    found: String(pid),
    fix: "end it first, or give this one another CORRAL_STATE_DIR and another root group",
  });

/** Makes this process the only guard of its state directory. @returns what undoes it @throws CorralError GUARD_RUNNING */
export function lockGuard({ runtime }: StateDirectories): () => void {
  const path = join(runtime, "guard", "guard.lock");
  return lockAlone(path, "the guard", (pid) => running(path, pid));
}
