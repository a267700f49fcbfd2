import { open } from "node:fs/promises";
import { ownProcs } from "./own-procs.ts";

/**
 * Makes the next moves quick, for some milliseconds: this process moves itself to where it is, and the wait for the lock is that of a
 * thread of the pool, not of the event loop. For who moves now and then; WarmKeeper is for who must not wait at all.
 */
export async function warmOnce(): Promise<void> {
  const procs = ownProcs();
  if (procs === null) return;
  try {
    const file = await open(procs, "r+");
    try {
      await file.write("0");
    } finally {
      await file.close();
    }
  } catch {
    // Not ours to write: then moves are as slow as they are.
  }
}
