import type { ConstraintOutcome } from "../../report/index.ts";
import type { SessionClass } from "./session-class.ts";

/** How long tasks of a session wait for one resource (PSI); Documentation/accounting/psi.rst. */
export interface SessionPressure {
  /** Percent of the last ten seconds in which some task waited. */
  readonly some_avg10: number;
  /** Percent in which all of them waited; null where the kernel does not count it. */
  readonly full_avg10: number | null;
  readonly some_us: number;
}

/** A tool call that runs. */
export interface RunningCallDocument {
  readonly call: string;
  /** Null: its process has not started yet. */
  readonly pid: number | null;
  readonly running_ms: number;
  readonly memory_bytes: number | null;
  /** Its own cap; null: none. */
  readonly memory_budget_bytes: number | null;
  /** 1 for the first run. */
  readonly attempt: number;
}

/**
 * `corral.session-budget/1`: what a session has, uses and may still have. All numbers are the session's own: how full the host or
 * another session is, it does not tell.
 */
export interface SessionBudget {
  readonly schema: "corral.session-budget/1";
  readonly session: string;
  readonly class: SessionClass;
  readonly frozen: boolean;
  readonly memory: {
    readonly current_bytes: number | null;
    /** What of it the kernel can take back. */
    readonly reclaimable_bytes: number | null;
    /** The lower of memory.max and memory.high as they stand; null: no cap of its own. */
    readonly cap_bytes: number | null;
    /** What is free below the cap; null: no cap of its own. */
    readonly headroom_bytes: number | null;
  };
  readonly cpu: {
    readonly weight: number;
    /** Percent of one CPU; null: no cap. */
    readonly cap_percent: number | null;
    readonly used_us: number | null;
    readonly throttled_us: number | null;
  };
  readonly pids: { readonly current: number; readonly cap: number | null };
  readonly pressure: { readonly [K in "cpu" | "memory" | "io"]: SessionPressure | null };
  /** What one call may have at most; null: as much as the session. */
  readonly call_ceilings: {
    readonly memory_bytes: number | null;
    readonly cpu_percent: number | null;
    readonly pids: number | null;
    readonly time_ms: number | null;
    readonly calls: number;
  };
  readonly calls: readonly RunningCallDocument[];
  readonly limits: readonly ConstraintOutcome[];
}
