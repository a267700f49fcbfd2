/** What the calls of a session, or of one tool in it, were and used. */
export interface CallsReport {
  readonly calls: number;
  /** Runs that were retries of others, counted in `calls` too. */
  readonly retries: number;
  /** Calls that ended with another code than 0, by a signal, or not at all. */
  readonly failed: number;
  readonly ooms: number;
  readonly timeouts: number;
  /** Seconds of all calls together. */
  readonly duration_sec: number;
  /** Seconds of calls that peaked above twice the session's mean peak. */
  readonly burst_sec: number;
  /** The highest peak of a call; null: memory is not counted. */
  readonly memory_peak_bytes: number | null;
  /** The mean of all calls' peaks. */
  readonly memory_mean_peak_bytes: number | null;
  readonly cpu_sec: number;
  /** Seconds in which cpu.max held them back. */
  readonly throttled_sec: number;
  /** Seconds for which the session was frozen meanwhile. */
  readonly frozen_sec: number;
  /** Times that memory.high slowed them down. */
  readonly memory_high_hits: number;
  /** Calls that said how much memory they need, and have a budget of it. */
  readonly budgeted: number;
  /** Of these: how many needed less than half of it, and how many used it up. */
  readonly over_declared: number;
  readonly under_declared: number;
  /** Memory that was promised, and that was used at most, over time. */
  readonly budget_gib_sec: number;
  readonly used_gib_sec: number;
  /** The share of what was promised that no peak has reached, 0 to 1; null: nothing was promised. */
  readonly waste_ratio: number | null;
}

/** `corral.session-report/1`: what a session's calls were and used, since `since` or the last `mostCalls` of them. */
export interface SessionReport {
  readonly schema: "corral.session-report/1";
  readonly session: string;
  /** Wall clock, RFC 3339: begin of the first call that is counted; null: there was none. */
  readonly since: string | null;
  /** Calls that were too many to be kept, the oldest. */
  readonly forgotten: number;
  readonly all: CallsReport;
  /** By the program, those that used most memory over time first; beyond 32 as `other`. */
  readonly tools: readonly (CallsReport & { readonly tool: string })[];
}
