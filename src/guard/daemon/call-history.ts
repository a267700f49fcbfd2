import type { CallRecord, SessionReport, ToolRequest, ToolResult } from "../model/index.ts";
import { reportSession, toolName } from "../model/index.ts";
import type { GuardEvent } from "./guard-event.ts";

/** Calls that are kept of each session. */
const mostCalls = 4096;

interface History {
  /** The oldest first. */
  records: CallRecord[];
  forgotten: number;
}

/** What is reported of a call, and no text of its own. */
const toRecord = (result: ToolResult, request: ToolRequest): CallRecord => ({
  tool: toolName(request.command ?? ""),
  isRetry: result.attempts.length > 1,
  reason: result.reason,
  exit_code: result.exit_code,
  oom_own_budget: result.oom_own_budget,
  memory_peak_bytes: result.memory_peak_bytes,
  memory_budget_bytes: result.memory_budget_bytes,
  memory_asked: result.memory_asked,
  memory_high_hits: result.memory_high_hits,
  memory_max_hits: result.memory_max_hits,
  cpu_user_us: result.cpu_user_us,
  cpu_sys_us: result.cpu_sys_us,
  throttled_us: result.throttled_us,
  frozen_ms: result.frozen_ms,
  duration_ms: result.duration_ms,
  start_time: result.start_time,
});

/** The latest calls of each session, for its report. They end with the session, and with this guard. */
export class CallHistory {
  readonly #sessions = new Map<string, History>();

  add(result: ToolResult, request: ToolRequest): void {
    const history = this.#sessions.get(result.session) ?? { records: [], forgotten: 0 };
    this.#sessions.set(result.session, history);
    history.records.push(toRecord(result, request));
    // An eighth at a time: moving them all at each call would cost more than the call's own account.
    if (history.records.length <= mostCalls) return;
    history.forgotten += history.records.splice(0, mostCalls / 8).length;
  }

  report(session: string): SessionReport {
    const { records, forgotten } = this.#sessions.get(session) ?? { records: [], forgotten: 0 };
    return reportSession(session, records, forgotten);
  }

  readonly heed = ({ event, session }: GuardEvent): void => {
    if (event === "SESSION_REMOVED" && session !== null) this.#sessions.delete(session);
  };
}
