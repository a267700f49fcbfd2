import type { ExitReason } from "../report/index.ts";

/** How a leader ended and what the group's counters say. */
export interface ExitFacts {
  readonly code: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  /** Out-of-memory kills in the group, null when nothing counts them. */
  readonly oomKills: number | null;
}

/**
 * Names the reason for an exit. Our own timeout comes first; `oom` needs both a counted kill and a leader
 * that died of SIGKILL, so that a script which survives its child's oom kill stays `error` or `success`.
 */
export function classifyExit(facts: ExitFacts): ExitReason {
  if (facts.timedOut) return "timeout";
  if (facts.signal !== null) {
    if (facts.signal === "SIGKILL" && (facts.oomKills ?? 0) > 0) return "oom";
    if (facts.signal === "SIGXCPU") return "rlimit_cpu";
    if (facts.signal === "SIGXFSZ") return "rlimit_fsize";
    return "signal";
  }
  if (facts.code === null) return "unknown";
  return facts.code === 0 ? "success" : "error";
}
