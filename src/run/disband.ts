import type { GroupHandle } from "../cgroup/index.ts";
import { sleep } from "./sleep.ts";

/** A group can be busy for a moment after its last process ended; removal is tried this often, 5 ms apart. */
const removeAttempts = 20;
/** The same while no process is left in it but one that is ending, which on a busy machine takes its time. */
const endingAttempts = 400;

/** Removes a group whose leader has ended, unless others live on in it. */
export async function disband(group: GroupHandle | null): Promise<{ survivors: number[] | null; left: string[] }> {
  if (group === null) return { survivors: null, left: [] };
  if (group.removeIfVacant()) return { survivors: [], left: [] };
  const survivors = group.processes();
  return { survivors, left: survivors.length > 0 ? [] : await removeGroup(group) };
}

/** Removes a group that has just emptied; returns what could not be removed. */
export async function removeGroup(group: GroupHandle): Promise<string[]> {
  let left = group.remove();
  for (let attempt = 0; left.length > 0 && attempt < endingAttempts; attempt += 1) {
    if (attempt >= removeAttempts && group.processes().length > 0) break;
    await sleep(5);
    left = group.remove();
  }
  return left;
}
