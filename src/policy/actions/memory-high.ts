import { readControl, readGroupMemory, writeControlAside } from "../../cgroup/index.ts";
import { formatBytes, formatExactBytes } from "../../report/index.ts";
import type { Action, ActionContext } from "../model/index.ts";
import type { Restores } from "./restores.ts";
import type { Site } from "./site.ts";
import { groundOf } from "./site.ts";
import type { Refusal, Step } from "./step.ts";
import { done, nowNs, refuse } from "./step.ts";
import type { Turns } from "./turns.ts";

type MemoryHigh = Extract<Action, { do: "memory_high" }>;

const pageBytes = 4096;

/** The limit that a step leads to, in whole pages. */
export function nextHigh(action: Omit<MemoryHigh, "do">, currentBytes: number): number {
  const wanted = (currentBytes * action.percentOfCurrent) / 100;
  const bounded = Math.max(action.leastBytes, Math.min(wanted, action.mostBytes ?? Number.MAX_SAFE_INTEGER));
  return Math.floor(bounded / pageBytes) * pageBytes;
}

/** What was read back, and whether the group has come down to it: the kernel tries for a while when it is written. */
function doneOfHigh(
  found: string,
  { high, was, now }: { readonly high: number; readonly was: number; readonly now: number },
  requestedNs: bigint,
) {
  if (found !== String(high)) return done("partial", `memory.high reads back ${found}, not ${high}`, requestedNs);
  const before = Number.isFinite(was) ? formatExactBytes(was) : "no limit";
  const above = now > high ? `; the group uses ${formatBytes(now - high)} more so far` : "";
  return done("applied", `memory.high is ${formatExactBytes(high)} now, it was ${before}${above}`, requestedNs);
}

/** `memory.high` of the group, put back at the end. A group that uses more is reclaimed from and slowed down, never killed. */
export function prepareMemoryHigh(
  action: MemoryHigh,
  site: Site,
  context: ActionContext,
  { restores, turns }: { readonly restores: Restores; readonly turns: Turns },
): Step | Refusal {
  const ground = groundOf(site, "memory", context.othersInGroup);
  if ("refused" in ground) return ground;
  const { place, affected } = ground;
  const { currentBytes, highBytes } = readGroupMemory(place);
  if (place.hierarchy.version === 1 || highBytes === null || currentBytes === null)
    return refuse("rejected", `${place.directory} has no memory.high: that needs cgroup v2 with the memory controller`);
  const high = nextHigh(action, currentBytes);
  const path = `${place.directory}/memory.high`;
  return {
    plan: `write ${high} to ${path}, of ${affected.processes} processes`,
    affected,
    gain: null,
    run: () =>
      turns.take(async () => {
        const requestedNs = nowNs();
        const original = readControl(path).trim();
        await restores.keep({ path, original, ours: String(high), mostMs: null, throughDeath: true });
        try {
          await writeControlAside(path, String(high));
        } catch (thrown) {
          restores.restore(path);
          throw thrown;
        }
        return doneOfHigh(
          readControl(path).trim(),
          { high, was: highBytes, now: readGroupMemory(place).currentBytes ?? 0 },
          requestedNs,
        );
      }),
  };
}
