import type { RunRecord, WorkRecord } from "../../record/index.ts";
import { isHoldLost, lostHoldText } from "../../record/index.ts";

/**
 * Why the workers of a work had no time to do anything: every hold that they lived through was lost, or the run had failed before
 * any began. Null: they had time.
 */
export function lostTimeOf(
  { startedMs, endedMs }: Pick<WorkRecord, "startedMs" | "endedMs">,
  { phases, failures }: Pick<RunRecord, "phases" | "failures">,
): string | null {
  const holds = phases.filter(({ holdMs, endMs }) => holdMs !== null && holdMs <= endedMs && endMs >= startedMs);
  if (holds.length === 0) return failures.length > 0 ? "the run had failed before their hold began" : null;
  return holds.every(isHoldLost) ? holds.map(lostHoldText).join("; ") : null;
}
