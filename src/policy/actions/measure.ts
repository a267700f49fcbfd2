import { readGroupMemory } from "../../cgroup/index.ts";
import { readMemoryUse } from "../../kernel/index.ts";
import type { Measure } from "../model/index.ts";
import type { Site } from "./site.ts";
import { type Done, type Gain, nowNs } from "./step.ts";

/** Memory of a process and of its group now. Never throws. */
export function takeMeasure(site: Site): Measure {
  const place = site.placeFor("memory");
  const group = place === null ? null : readGroupMemory(place);
  const own = site.identity === null ? null : readMemoryUse(site.identity.pid);
  return {
    atNs: nowNs(),
    pssBytes: own?.pssBytes ?? null,
    rssBytes: own?.rssBytes ?? null,
    swapBytes: own?.swapBytes ?? null,
    groupCurrentBytes: group?.currentBytes ?? null,
    groupSwapBytes: group?.swapBytes ?? null,
  };
}

/** Less than this is what a process allocates and frees by itself while it is measured. */
export const leastGainBytes = 65_536;

const difference = (larger: number | null, smaller: number | null): number | null =>
  larger === null || smaller === null ? null : larger - smaller;

const gainedBy: Readonly<Record<NonNullable<Gain>, (before: Measure, after: Measure) => number | null>> = {
  pss: (before, after) => difference(before.pssBytes ?? before.rssBytes, after.pssBytes ?? after.rssBytes),
  swap: (before, after) => difference(after.swapBytes, before.swapBytes),
  group: (before, after) => difference(before.groupCurrentBytes, after.groupCurrentBytes),
};

/** Bytes that an action gained by the figure it is judged by; null where there is none. Negative when memory grew. */
export const gainedBytes = (gain: Gain, before: Measure, after: Measure): number | null =>
  gain === null ? null : gainedBy[gain](before, after);

/** What was done, in the light of what it gained: an action that did all it could and gained nothing says so. */
export function judgeGain(result: Done, gain: Gain, gained: number | null): Pick<Done, "outcome" | "reason"> {
  const { outcome, reason } = result;
  if (gain === null || gained === null || gained >= leastGainBytes) return { outcome, reason };
  if (outcome !== "applied" && outcome !== "partial") return { outcome, reason };
  return { outcome: "applied_no_gain", reason: `${reason}; nothing was gained by it` };
}
