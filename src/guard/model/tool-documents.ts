import type { ConstraintOutcome } from "../../report/index.ts";
import type { BudgetPart } from "./tool-budget.ts";

/** How agents say what a call needs: by a variable of the environment, or by an argument of a tool. */
export const hintCarriers = ["AGENT_RESOURCE_HINT", "hint"] as const;

/** What a client asks for before it runs a tool. */
export interface ToolRequest {
  /** Default: the session in whose groups the client is. */
  readonly session?: string;
  /** What the call says it needs: `memory:512m cpu=100 time=5m`. */
  readonly hint?: string;
  /** What its agent gives the hint by, for what it is told: the variable, or an argument of that name. Default: the variable. */
  readonly hint_by?: (typeof hintCarriers)[number];
  /** The command line for the log; at most 200 bytes of it are kept. */
  readonly command?: string;
  /** How often it is to be run again, 0 to 2, when its own budget was used up; heeded for idempotent calls. Default 0. */
  readonly retry?: number;
  /** Whether running it twice does no harm. Default false. */
  readonly idempotent?: boolean;
  /** The call whose result said `retry`: its session, hint and command hold, with the memory that it granted. */
  readonly retry_of?: string;
}

/** What a hint may speak of. */
export const hintKeys = ["memory", "cpu", "time", "pids", "io", "class"] as const;
/** One of `hintKeys`. */
export type HintKey = (typeof hintKeys)[number];

/** unknown: no key of a hint. twice: an earlier part counts. value: the key has no such value. too-long: all of the hint. */
export const ignoredHintReasons = ["unknown", "twice", "value", "too-long"] as const;

/** A part of a hint that counts as not given. Nothing of its text is told: it would enter a model's context. */
export interface IgnoredHint {
  /** Its place among the parts of the hint, from 1; null: the hint as a whole. */
  readonly part: number | null;
  /** What it speaks of; null when that is not known. */
  readonly key: HintKey | null;
  readonly why: (typeof ignoredHintReasons)[number];
}

/** A tool call whose group stands, and waits for its process. */
export interface ToolDocument {
  readonly call: string;
  readonly session: string;
  readonly group: string;
  readonly limits: readonly ConstraintOutcome[];
  /** Milliseconds after which it is killed; null: never. */
  readonly time_ms: number | null;
  /** What was asked for above a ceiling, and lowered. */
  readonly lowered: readonly BudgetPart[];
  readonly hint_ignored: readonly IgnoredHint[];
  /** Lines for its agent before the command starts: of its hint, and of why it does not start at once. */
  readonly notices: readonly string[];
}

/** How the command of a call ended, as its parent was told. One of the two is null. */
export interface ToolExit {
  readonly exit_code: number | null;
  /** Name of a signal. */
  readonly exit_signal: string | null;
}

/** oom: the kernel, or the guard for the sake of others, killed of it for lack of memory. timeout: it ran for too long. abandoned: its client went away. */
export const toolReasons = ["exit", "signal", "oom", "timeout", "abandoned"] as const;

/** Why a call that wanted to be run again is not. */
export const notRetriedReasons = ["not-idempotent", "not-own-budget", "attempts-used", "no-headroom"] as const;

/** One run of a call that was run again. */
export interface ToolAttempt {
  readonly call: string;
  readonly reason: (typeof toolReasons)[number];
  readonly memory_budget_bytes: number | null;
  readonly memory_peak_bytes: number | null;
  readonly duration_ms: number;
}

interface Pressure {
  readonly some_us: number;
  readonly full_us: number | null;
}

/** `corral.tool-result/1`: what one tool call was and used. A figure that this host does not count is null. */
export interface ToolResult extends ToolExit {
  readonly schema: "corral.tool-result/1";
  readonly call: string;
  readonly session: string;
  readonly reason: (typeof toolReasons)[number];
  /** Processes of the call that the kernel killed for lack of memory. */
  readonly oom_kills: number;
  /** Whether it was the call's own budget that was used up, and not the session's or the host's. */
  readonly oom_own_budget: boolean;
  readonly memory_peak_bytes: number | null;
  /** The call's own cap; null: none. */
  readonly memory_budget_bytes: number | null;
  /** Whether the call has said how much memory it needs; without that its cap is its session's or the file's, no promise. */
  readonly memory_asked: boolean;
  /** What its kind usually needs, beyond which it was slowed down; null: nothing was presumed. */
  readonly memory_usual_bytes: number | null;
  readonly memory_high_hits: number | null;
  readonly memory_max_hits: number | null;
  readonly cpu_user_us: number | null;
  readonly cpu_sys_us: number | null;
  readonly throttled_us: number | null;
  readonly pids_peak: number | null;
  /** Milliseconds for which the session was frozen meanwhile. */
  readonly frozen_ms: number;
  readonly pressure: { readonly [K in "cpu" | "memory" | "io"]: Pressure | null };
  readonly limits: readonly ConstraintOutcome[];
  readonly lowered: readonly BudgetPart[];
  readonly hint_ignored: readonly IgnoredHint[];
  readonly background: {
    readonly policy: "kill" | "wait" | "adopt";
    /** Processes that were there when the command had ended. */
    readonly processes: number;
  };
  readonly duration_ms: number;
  /** CLOCK_MONOTONIC in nanoseconds. */
  readonly start_ns: number;
  readonly end_ns: number;
  /** Wall clock, RFC 3339 with milliseconds. */
  readonly start_time: string;
  readonly end_time: string;
  /** Whether nothing of its group is left. */
  readonly removed: boolean;
  readonly feedback: ToolFeedback | null;
  /** All its runs so far, this one last. */
  readonly attempts: readonly ToolAttempt[];
  /** Set: the client is to run it again, with this call as `retry_of`; `text` is for its agent. */
  readonly retry: { readonly memory_bytes: number; readonly text: string } | null;
  /** Null: it is run again, or nobody wanted it to be. */
  readonly not_retried: (typeof notRetriedReasons)[number] | null;
}

/** What an agent is told when its call was ended or slowed down for what it used: numbers of its own, and no text of others. */
export interface ToolFeedback {
  /** slowed: it came to its own end, but was slowed down for needing more than its kind usually does. */
  readonly kind: "oom" | "timeout" | "slowed";
  readonly text: string;
  /** A budget that may be asked for next; null: there is no more. */
  readonly next_memory_bytes: number | null;
}
