import type { Attempt, Outcome } from "../model/index.ts";
import type { EngineHost } from "./host.ts";
import type { KeptCase, MissedEnd } from "./input.ts";

/** Of what was being done when a run of the policy was killed: nobody heard how it ended. */
export const interruptedReason = "the policy was killed before an answer came";

const verbs = { exited: "ended", superseded: "executed another program" } as const;

function pendingReason({ end }: MissedEnd, isDue: boolean): string {
  const what = `it ${verbs[end]} while no policy ran`;
  return isDue ? `${what}; whether before the deadline is not known` : `${what}, before the deadline`;
}

/**
 * Records what an earlier run waited for of a process that ended, or became another program, while no policy ran. What was
 * settled then is written as it was; what was not gets the outcome that is certain. Nobody saw the end: all are degraded.
 */
export function recordMissedEnd(missed: MissedEnd, host: EngineHost): void {
  const { kept, end } = missed;
  const process = end === "exited" ? { ...kept.process, endedUnseen: true as const } : kept.process;
  for (const attempt of kept.unwritten)
    host.decide({ kind: "record", attempt: { ...attempt, process, degraded: true } });
  if (kept.deadlineNs === null) return;
  const pending: Outcome = end === "exited" ? "exited_before" : "superseded";
  const attempt: Attempt = {
    ...newAttempt(kept, host),
    process,
    outcome: kept.acting ? "error" : pending,
    reason: kept.acting ? interruptedReason : pendingReason(missed, kept.deadlineNs <= host.nowNs()),
  };
  host.decide({ kind: "settled", attempt });
  host.decide({ kind: "record", attempt });
}

/** What was to be recorded for a rule that is no more, of a process that still runs. */
export function recordOfNoRule(kept: KeptCase, host: EngineHost): void {
  for (const attempt of kept.unwritten) host.decide({ kind: "record", attempt: { ...attempt, degraded: true } });
  if (!kept.acting) return;
  const attempt: Attempt = { ...newAttempt(kept, host), outcome: "error", reason: interruptedReason };
  host.decide({ kind: "settled", attempt });
  host.decide({ kind: "record", attempt });
}

const newAttempt = (kept: KeptCase, host: EngineHost): Omit<Attempt, "outcome" | "reason"> => ({
  runId: host.runId,
  attemptId: host.nextId(),
  tryNumber: kept.tryNumber,
  rule: kept.rule,
  action: kept.action,
  process: kept.process,
  deadlineNs: kept.deadlineNs,
  degraded: true,
  result: null,
  stats: null,
  wallTimeMs: Number((host.nowNs() + host.wallOffsetNs) / 1_000_000n),
});
