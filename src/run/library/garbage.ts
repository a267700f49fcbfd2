import type { StateDirectories } from "../state-dir.ts";

/** A program that starts many jobs looks for what dead Corrals left behind this often, not at each start. */
const intervalMs = 10_000;
const lookedAt = new Map<string, number>();

/** Whether it is time to look at all jobs of a state directory again; true the first time. */
export function lookNowAndThen({ runtime }: StateDirectories, nowMs = performance.now()): boolean {
  const last = lookedAt.get(runtime);
  if (last !== undefined && nowMs - last < intervalMs) return false;
  lookedAt.set(runtime, nowMs);
  return true;
}
