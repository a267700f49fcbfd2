import type { GroupPlace } from "../../cgroup/index.ts";
import { readGroupMemory, reclaimMemory } from "../../cgroup/index.ts";
import { formatBytes } from "../../report/index.ts";
import type { Action, ActionContext } from "../model/index.ts";
import { stopped } from "./failure.ts";
import type { Site } from "./site.ts";
import { groundOf } from "./site.ts";
import type { Done, Refusal, Step } from "./step.ts";
import { done, nowNs, refuse } from "./step.ts";
import type { Turns } from "./turns.ts";

type Reclaim = Extract<Action, { do: "reclaim" }>;

/** One write of `memory.reclaim`: it cannot be called back, and nobody shall wait long for a turn. */
const sliceBytes = 32 * 2 ** 20;
const pageBytes = 4096;

/** Whole pages of what is asked for, given what the group uses now. */
export function bytesToReclaim(
  { bytes, fractionOfCurrent }: Pick<Reclaim, "bytes" | "fractionOfCurrent">,
  currentBytes: number,
): number {
  const wanted = Math.min(bytes ?? currentBytes * (fractionOfCurrent ?? 0), currentBytes);
  return Math.floor(wanted / pageBytes) * pageBytes;
}

/** Slice after slice, until it is enough, the kernel has no more to give, or the policy is stopped. */
async function reclaimInSlices(
  place: GroupPlace,
  bytes: number,
  swappiness: number | null,
  signal: AbortSignal | null,
): Promise<Done> {
  const isStopped = (): boolean => signal?.aborted === true;
  if (isStopped()) return stopped(null);
  const requestedNs = nowNs();
  for (let asked = 0; asked < bytes; asked += sliceBytes) {
    const slice = Math.min(sliceBytes, bytes - asked);
    if (isStopped())
      return done("partial", `asked for ${formatBytes(asked)}, then the policy was stopped`, requestedNs);
    if ((await reclaimMemory(place.directory, slice, swappiness)) === "less")
      return done("partial", `the kernel found less than ${formatBytes(bytes)} to take back`, requestedNs, {
        errno: "EAGAIN",
      });
  }
  return done("applied", `the kernel took back ${formatBytes(bytes)}`, requestedNs);
}

/** `memory.reclaim` of the group. */
export function prepareReclaim(action: Reclaim, site: Site, context: ActionContext, turns: Turns): Step | Refusal {
  const ground = groundOf(site, "memory", context.othersInGroup);
  if ("refused" in ground) return ground;
  const { place, affected } = ground;
  if (place.hierarchy.version === 1)
    return refuse("rejected", "cgroup v1 has no memory.reclaim; advise the processes to page out instead");
  const current = readGroupMemory(place).currentBytes;
  if (current === null) return refuse("rejected", `${place.directory} has no memory controller`);
  const bytes = bytesToReclaim(action, current);
  const option = action.swappiness === null ? "" : ` swappiness=${action.swappiness}`;
  return {
    plan: `write "${bytes}${option}" to ${place.directory}/memory.reclaim, of ${affected.processes} processes`,
    affected,
    gain: "group",
    run: () =>
      bytes === 0
        ? Promise.resolve(done("applied_no_gain", "there is less than a page to take back", null))
        : turns.take(() => reclaimInSlices(place, bytes, action.swappiness, context.signal)),
  };
}
