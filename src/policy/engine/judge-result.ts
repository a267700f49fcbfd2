import { formatBytes } from "../../report/index.ts";
import type { ActionResult, Measure, Outcome } from "../model/index.ts";
import type { Verification } from "../rules/index.ts";

/** Outcomes after which another attempt may fare better. */
const worthRetrying: ReadonlySet<Outcome> = new Set(["timeout", "error", "nacked"]);

export const isWorthRetrying = (outcome: Outcome): boolean => worthRetrying.has(outcome);

/** Whether an action failed, for the circuit breaker; null when its end says nothing of how the next would fare. */
export function hasFailed(outcome: Outcome): boolean | null {
  if (worthRetrying.has(outcome) || outcome === "rejected") return true;
  return outcome === "applied" || outcome === "applied_no_gain" || outcome === "partial" ? false : null;
}

/** Memory that is used less than before, by the best figure that both have; null when there is none. */
export function gainOf(before: Measure | null, after: Measure | null): number | null {
  if (before === null || after === null) return null;
  const figures = [
    [before.pssBytes, after.pssBytes],
    [before.rssBytes, after.rssBytes],
    [before.groupCurrentBytes, after.groupCurrentBytes],
  ] as const;
  for (const [was, is] of figures) if (was !== null && is !== null) return was - is;
  return null;
}

/** What an action that was done has gained. @param after the measure to judge by */
export function verify(
  result: ActionResult,
  after: Measure | null,
  { minGainBytes }: Verification,
): Pick<ActionResult, "outcome" | "reason" | "after"> {
  const gain = gainOf(result.before, after);
  if (gain === null)
    return { outcome: result.outcome, reason: `${result.reason}; its effect cannot be measured`, after };
  const gained = gain < 0 ? `lost ${formatBytes(-gain)}` : `gained ${formatBytes(gain)}`;
  if (gain >= minGainBytes) return { outcome: result.outcome, reason: `${result.reason}; ${gained}`, after };
  return {
    outcome: "applied_no_gain",
    reason: `${result.reason}; ${gained}, less than ${formatBytes(minGainBytes)}`,
    after,
  };
}
