import type { Decision } from "./decision.ts";
import type { DoneDecision } from "./messages.ts";

/** A decision as a line tells it: what was seen, what that was compared with, what was done. */
export interface DecisionFacts
  extends Pick<Decision, "session" | "domain" | "action" | "from" | "to" | "reason" | "observed"> {
  readonly policy: DoneDecision["policy"];
  /** What was compared with, in the unit of what `reason` names; null: nothing. */
  readonly threshold: number | null;
  readonly writes: readonly { readonly path: string; readonly value: string }[];
  /** Group of the tool call that was killed. */
  readonly killed: string | null;
  /** CLOCK_MONOTONIC; the line's `timestamp` is when it was told. */
  readonly decided_ns: bigint;
  readonly dry_run: boolean;
  /** What could not be written, and why. */
  readonly failed: readonly string[];
}

export const decisionFacts = (decision: DoneDecision): DecisionFacts => ({
  session: decision.session,
  domain: decision.domain,
  policy: decision.policy,
  action: decision.action,
  from: decision.from,
  to: decision.to,
  reason: decision.reason,
  threshold: decision.threshold,
  observed: decision.observed,
  writes: decision.writes.map(({ path, value }) => ({ path, value })),
  killed: decision.kill,
  decided_ns: decision.decidedNs,
  dry_run: decision.dryRun,
  failed: decision.failed,
});
