import { formatSeconds } from "../../report/index.ts";
import { durationOf } from "../file/index.ts";
import type { HoldSpec } from "../model/index.ts";
import type { Place } from "./problems.ts";
import { refuse } from "./refusal.ts";
import type { ResolvedHold } from "./resolved-scenario.ts";

/** Times of a step, milliseconds from the start of the scenario. */
interface StepTimes {
  readonly durationMs: number;
  /** When its hold begins if nothing but settling and holds takes time. */
  readonly holdStartMs: number;
  readonly deadlineMs: number;
}

/** Nothing is left of the time, or less than was asked for: it is allowed, and looks like a mistake. */
function warnOfShort(wantedMs: number, plannedMs: number, place: Place): void {
  if (plannedMs >= wantedMs) return;
  const left = plannedMs <= 0 ? "nothing" : `only ${formatSeconds(plannedMs / 1000)}`;
  place.warn(`is to hold ${formatSeconds(wantedMs / 1000)}, and ${left} is left of the scenario's duration`);
}

/** How long a step lasts. What is wrong is told at the place. */
export function resolveHold(
  spec: HoldSpec,
  { durationMs, holdStartMs, deadlineMs }: StepTimes,
  place: Place,
): ResolvedHold {
  const leftMs = Math.max(0, deadlineMs - holdStartMs);
  if (typeof spec === "object" && "loop" in spec) {
    const intervalMs = durationOf(spec.loop.interval);
    if (intervalMs <= 0)
      place
        .at("loop", "interval")
        .refuse(refuse("a loop without a pause would do nothing but ops", "give an interval above 0s"));
    if (leftMs === 0) place.warn("has no round: nothing is left of the scenario's duration");
    return { kind: "loop", spec, intervalMs, plannedMs: leftMs };
  }
  const frac = spec === "full" ? 1 : "frac" in spec ? spec.frac : null;
  if (frac !== null && (!Number.isFinite(frac) || frac <= 0))
    place.at("frac").refuse(refuse(`a hold needs a frac above 0, not ${frac}`, "use fixed: 0s for a step of ops only"));
  const wantedMs = frac === null ? durationOf((spec as { readonly fixed: string }).fixed) : durationMs * frac;
  const plannedMs = Math.min(wantedMs, leftMs);
  warnOfShort(wantedMs, plannedMs, place);
  return { kind: "once", spec, wantedMs, plannedMs };
}
