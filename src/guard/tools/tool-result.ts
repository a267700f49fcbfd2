import type { ToolAttempt, ToolBudget, ToolExit, ToolFeedback, ToolResult } from "../model/index.ts";
import { planRetry } from "../model/index.ts";
import type { CallUsage } from "./call-group.ts";
import { makeFeedback } from "./feedback.ts";
import type { RunningCall } from "./running-call.ts";

/** How a call was found when it had ended. */
export interface CallEnd {
  readonly call: RunningCall;
  /** Null: its client went away. */
  readonly exit: ToolExit | null;
  readonly read: CallUsage;
  readonly background: ToolResult["background"];
  readonly endNs: bigint;
  readonly removed: boolean;
  /** For how long its session has been frozen in all. */
  readonly frozenNs: bigint;
  /** The most that its session lets a call have; null: not bounded. */
  readonly ceilingBytes: number | null;
  /** What its session has free now; null: not bounded. Asked only when it matters: the kernel has to add it up. */
  readonly headroomBytes: () => number | null;
}

/** The call's own cap; null: none. */
export const budgetBytesOf = ({ limits }: ToolBudget): number | null =>
  typeof limits.memoryMax === "number" ? limits.memoryMax : null;

/** Only what the kernel counted is an OOM: exit code 137 has other causes, and a killed grandchild none of it (W5). */
function reasonOf(exit: ToolExit | null, wasOom: boolean, timedOut: boolean): ToolResult["reason"] {
  if (exit === null) return "abandoned";
  if (timedOut) return "timeout";
  if (wasOom) return "oom";
  return exit.exit_signal === null ? "exit" : "signal";
}

const usedOf = ({ usage }: CallUsage) => ({
  memory_peak_bytes: usage.memory_peak_bytes,
  memory_high_hits: usage.memory_high_hits,
  memory_max_hits: usage.memory_max_hits,
  cpu_user_us: usage.cpu_user_us,
  cpu_sys_us: usage.cpu_sys_us,
  throttled_us: usage.throttled_us,
  pids_peak: usage.pids_peak,
  pressure: usage.psi,
});

/** What one call was and used, and whether its client is to run it again. */
export function toToolResult(end: CallEnd): ToolResult {
  const { call, exit, read, endNs } = end;
  const kills = read.usage.oom_kills ?? 0;
  const ownOom = kills > 0 && read.ownOom;
  const attempt: ToolAttempt = {
    call: call.id,
    reason: reasonOf(exit, kills > 0 || call.killedForMemory, call.timedOut),
    memory_budget_bytes: budgetBytesOf(call.budget),
    memory_peak_bytes: read.usage.memory_peak_bytes,
    duration_ms: Number(endNs - call.startNs) / 1e6,
  };
  const attempts = [...call.earlier, attempt];
  const plan = planRetry({
    asked: call.request.retry ?? 0,
    idempotent: call.request.idempotent === true,
    attempt: attempts.length,
    reason: attempt.reason,
    ownOom,
    budgetBytes: attempt.memory_budget_bytes,
    ceilingBytes: end.ceilingBytes,
    headroomBytes: (call.request.retry ?? 0) > 0 && ownOom ? end.headroomBytes() : null,
  });
  return {
    schema: "corral.tool-result/1",
    session: call.session,
    ...attempt,
    exit_code: exit?.exit_code ?? null,
    exit_signal: exit?.exit_signal ?? null,
    oom_kills: kills,
    oom_own_budget: ownOom,
    memory_asked: call.budget.memoryAsked,
    memory_usual_bytes: call.budget.usualBytes,
    ...usedOf(read),
    frozen_ms: Number(end.frozenNs - call.frozenBeforeNs) / 1e6,
    limits: call.group.outcomes,
    lowered: call.budget.lowered,
    hint_ignored: call.ignored,
    background: end.background,
    start_ns: Number(call.startNs),
    end_ns: Number(endNs),
    start_time: call.startTime,
    end_time: new Date().toISOString(),
    removed: end.removed,
    feedback: feedbackOf(end, kindOf(end, attempt), attempt, ownOom, plan.not_retried),
    attempts,
    ...plan,
  };
}

/** What its agent is to be told of; null: nothing. */
function kindOf({ call, read }: CallEnd, { reason }: ToolAttempt): ToolFeedback["kind"] | null {
  if (reason === "oom" || reason === "timeout") return reason;
  return call.budget.usualBytes !== null && (read.usage.memory_high_hits ?? 0) > 0 ? "slowed" : null;
}

function feedbackOf(
  { call, ceilingBytes }: CallEnd,
  kind: ToolFeedback["kind"] | null,
  { memory_peak_bytes, memory_budget_bytes }: ToolAttempt,
  ownOom: boolean,
  notRetried: ToolResult["not_retried"],
): ToolResult["feedback"] {
  if (kind === null) return null;
  return makeFeedback({
    kind,
    peakBytes: memory_peak_bytes,
    budgetBytes: ownOom ? memory_budget_bytes : null,
    ceilingBytes,
    timeMs: call.budget.timeMs,
    usualBytes: call.budget.usualBytes,
    hintBy: call.request.hint_by ?? "AGENT_RESOURCE_HINT",
    notRetried,
  });
}
