import { linkSync, readFileSync, renameSync } from "node:fs";
import { CorralError, errnoOf } from "../../report/index.ts";
import type { ProcessIdentity } from "../procfs.ts";
import { identityOf, isRunning } from "../procfs.ts";
import { createFile } from "./atomic-file.ts";
import { unlinkIfThere } from "./unlink.ts";

interface Holder {
  readonly text: string;
  /** Null when the text names no process. */
  readonly identity: ProcessIdentity | null;
}

function holderOf(path: string): Holder | null {
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

/** Removes a file as long as it says this. Of several who try, only one finds the text under its own new name. */
export function removeIfStill(path: string, deadText: string): void {
  const aside = `${path}.${process.pid}.${process.hrtime.bigint().toString(36)}.tmp`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  try {
    // A rival was faster, and this is his fresh file: it goes back, unless a third has the name by now.
    if (readFileSync(aside, "utf8") !== deadText) linkSync(aside, path);
  } catch {
    // The rival has to try again, as everybody does.
  } finally {
    unlinkIfThere(aside);
  }
}

/** Takes a lock away when its holder is dead; a living one's stays. */
export function breakDeadLock(path: string): void {
  const holder = holderOf(path);
  if (holder !== null && (holder.identity === null || !isRunning(holder.identity))) removeIfStill(path, holder.text);
}

/** What came of an attempt: `ours`, the living process that has the lock, or `try again` after a dead one's was taken away. */
export type LockAttempt = "ours" | "try again" | { readonly holder: ProcessIdentity };

/**
 * Tries once to create a lock file that names this process by identity. The lock of a process that died is taken away.
 * @throws CorralError for whatever keeps the file from being made
 */
export function tryLock(path: string): LockAttempt {
  try {
    createFile(path, JSON.stringify(identityOf(process.pid)));
    return "ours";
  } catch (thrown) {
    if (errnoOf(thrown) !== "EEXIST") throw CorralError.from(thrown);
  }
  const holder = holderOf(path);
  if (holder === null) return "try again";
  if (holder.identity !== null && isRunning(holder.identity)) return { holder: holder.identity };
  removeIfStill(path, holder.text);
  return "try again";
}
