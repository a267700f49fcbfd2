import type { AdoptedProcess, TaskChange } from "../start-record.ts";
import { keyOf } from "./tree.ts";

/** The earliest value before and the latest value after, per thread and attribute. */
function mergeChanges(earlier: readonly TaskChange[], later: readonly TaskChange[]): TaskChange[] {
  const merged = new Map(earlier.map((change) => [`${change.tid} ${change.attribute}`, change]));
  for (const change of later) {
    const key = `${change.tid} ${change.attribute}`;
    merged.set(key, { ...change, before: merged.get(key)?.before ?? change.before });
  }
  return [...merged.values()];
}

/**
 * Adds what is done to processes to what was done before, so that undoing it all leads back to the first values and
 * groups. The leader stays first.
 */
export function mergeAdopted(
  known: readonly AdoptedProcess[],
  fresh: readonly AdoptedProcess[],
): readonly AdoptedProcess[] {
  const merged = new Map(known.map((one) => [keyOf(one.process), one]));
  for (const one of fresh) {
    const before = merged.get(keyOf(one.process));
    const origins = [...(before?.origins ?? []), ...one.origins];
    merged.set(keyOf(one.process), {
      ...one,
      since_ticks: before?.since_ticks ?? one.since_ticks,
      origins: origins.filter(({ to }, index) => origins.findIndex((other) => other.to === to) === index),
      changes: mergeChanges(before?.changes ?? [], one.changes),
    });
  }
  return [...merged.values()];
}
