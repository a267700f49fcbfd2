import { parseFlatKeyed, tryReadControl } from "../../cgroup/index.ts";
import { waitUntil } from "../../run/jobs/index.ts";
import { removeAtOnce, removeEmpty } from "./directories.ts";

/** Whether nobody is in a group or below it; true also when it is gone. */
export const isVacant = (directory: string): boolean =>
  parseFlatKeyed(tryReadControl(`${directory}/cgroup.events`)).get("populated") !== 1;

/**
 * Waits until nobody is in a group any more, and removes it.
 * @param timeoutMs null: as long as it takes
 * @returns false when the time was over first
 * @throws the signal's reason
 */
export async function reapWhenVacant(
  directory: string,
  timeoutMs: number | null,
  signal: AbortSignal | null,
): Promise<boolean> {
  // Most have nobody in them any more; to set up a watch takes longer than all else here.
  if (removeAtOnce(directory)) return true;
  // A process that has just left is in the way of rmdir(2) for a moment: only the removal tells.
  const gone = await waitUntil(
    () => (isVacant(directory) && removeEmpty(directory) ? true : null),
    { paths: [`${directory}/cgroup.events`], processes: [], silent: isVacant(directory) },
    { timeoutMs, signal },
  );
  return gone !== null;
}
