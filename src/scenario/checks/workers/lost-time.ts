import type { RunRecord, WorkRecord } from "../../record/index.ts";
import { isHoldLost, lostHoldText } from "../../record/index.ts";
import type { EarlyEnd } from "../ended-early.ts";
import { cutPhase, cutText, earlyEnd } from "../ended-early.ts";

/**
 * Why the workers of a work had no time to do anything: every hold that they lived through was lost or cut short by who ended the
 * run, or the run had failed before any began. Null: they had time.
 */
export function lostTimeOf(
  { startedMs, endedMs }: Pick<WorkRecord, "startedMs" | "endedMs">,
  { phases, failures }: Pick<RunRecord, "phases" | "failures">,
): string | null {
  const holds = phases.filter(({ holdMs, endMs }) => holdMs !== null && holdMs <= endedMs && endMs >= startedMs);
  if (holds.length === 0) return failures.length > 0 ? "the run had failed before their hold began" : null;
  const cut = cutPhase({ phases, failures });
  const reasons = holds.map((phase) =>
    isHoldLost(phase) ? lostHoldText(phase) : phase === cut ? cutText(phase) : null,
  );
  return reasons.includes(null) ? null : reasons.join("; ");
}

/** Why the workers of a work had less time than they were to have: the caller ended the run. Null: they had all of it. */
export function cutTimeOf(
  { startedMs, endedMs, step }: Pick<WorkRecord, "startedMs" | "endedMs" | "step">,
  run: EarlyEnd,
): string | null {
  const lived = run.phases.filter((phase) => phase.startMs <= endedMs && phase.endMs >= startedMs);
  const own = earlyEnd(
    run,
    lived.map(({ phase }) => phase),
  );
  return own ?? (step === null ? earlyEnd(run, null) : null);
}
