import { dirname } from "node:path";
import { CorralError, errnoOf } from "../../report/index.ts";
import { ensureDirectory } from "./directory.ts";
import { tryLock } from "./lock-file.ts";
import { unlinkIfThere } from "./unlink.ts";

/** Rivals that break the same dead lock meet again at most so often. */
const maxAttempts = 100;

/**
 * Makes this process the one holder of a lock file, until the answer is called. The lock of a process that died is taken over.
 * @param what is locked, for the message
 * @param taken the error when a living process holds it
 * @throws that error; CorralError STATE_UNWRITABLE
 */
export function lockAlone(path: string, what: string, taken: (holderPid: number) => CorralError): () => void {
  const unwritable = (why: string, cause: unknown): CorralError =>
    new CorralError("STATE_UNWRITABLE", `cannot lock ${what}: ${why} in ${path}`, {
      object: path,
      cause,
      fix: "set CORRAL_STATE_DIR to a directory that you can write to",
    });
  let holder: number | null = null;
  try {
    ensureDirectory(dirname(path));
    for (let attempt = 0; attempt < maxAttempts && holder === null; attempt += 1) {
      const got = tryLock(path);
      if (got === "ours") return () => unlinkIfThere(path);
      if (got !== "try again") holder = got.holder.pid;
    }
  } catch (thrown) {
    const cause = thrown instanceof CorralError ? thrown.cause : thrown;
    throw unwritable(errnoOf(cause) ?? "error", thrown);
  }
  throw holder === null ? unwritable("others keep taking it", null) : taken(holder);
}
