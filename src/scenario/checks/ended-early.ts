import type { PhaseRecord, RunRecord } from "../record/index.ts";
import { isEndedByCaller, isHoldCut, phaseLabel } from "../record/index.ts";
import type { CheckResult, Finding } from "./result.ts";

/** What a run is asked for that its caller ended: how far it came. */
export type EarlyEnd = Pick<RunRecord, "scenario" | "phases" | "failures">;

const wasEnded = ({ failures }: Pick<EarlyEnd, "failures">): boolean => failures.some(isEndedByCaller);

/** The phase whose hold its caller cut short, or kept from beginning; null: none was. */
export function cutPhase({ phases, failures }: Pick<EarlyEnd, "phases" | "failures">): PhaseRecord | null {
  const last = phases.at(-1);
  return wasEnded({ failures }) && last !== undefined && isHoldCut(last) ? last : null;
}

/** How far such a phase came. */
export function cutText({ phase, holdMs, endMs, plannedHoldMs }: PhaseRecord): string {
  const held =
    holdMs === null
      ? "before its hold"
      : `${Math.round(endMs - holdMs)} of ${Math.round(plannedHoldMs)} ms into its hold`;
  return `the run was ended in ${phaseLabel(phase)}, ${held}`;
}

/**
 * Why what was found says nothing: the caller ended the run before its time was over. Null: it had all of its time.
 * @param phases what it is about; null: the whole run
 */
export function earlyEnd(run: EarlyEnd, phases: readonly number[] | null): string | null {
  const cut = cutPhase(run);
  if (cut !== null) return phases === null || phases.includes(cut.phase) ? cutText(cut) : null;
  const begun = run.phases.filter(({ phase }) => phase > 0).length;
  const { length } = run.scenario.steps;
  return wasEnded(run) && phases === null && begun < length
    ? `the run was ended after ${begun} of ${length} steps`
    : null;
}

/** A finding that had no time to come out otherwise is no failure. @param why `earlyEnd`; null: it had its time */
export const excuse = <T extends Finding>(found: T, why: string | null): T =>
  why === null || found.outcome !== "fail"
    ? found
    : { ...found, outcome: "inconclusive", message: `${found.message}; but ${why}` };

/** Of a check of one's own, which is about a phase when it says so, else about all of the run. */
export const excuseOwn = (result: CheckResult, run: EarlyEnd): CheckResult =>
  excuse(result, earlyEnd(run, result.where.phase === null ? null : [result.where.phase]));
