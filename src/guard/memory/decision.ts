/**
 * Where a domain stands. `leashed`: it may have its part of what is free. `clamped`: it may have no more than it has. `freezing`:
 * ordered, and not yet confirmed by the kernel.
 */
export const stages = ["normal", "leashed", "clamped", "freezing", "frozen"] as const;

export type Stage = (typeof stages)[number];

export const decisionActions = [
  "leash",
  "loosen",
  "clamp",
  "relax",
  "freeze",
  "frozen",
  "escalate",
  "thaw",
  "release",
  "kill",
  "exhausted",
  "protect",
  "unprotect",
  "divide",
  "forget",
] as const;

export type DecisionAction = (typeof decisionActions)[number];

/** Which observation it rests on; `threshold` of the decision is what that was compared with. */
export const decisionReasons = [
  /** `headroom_bytes` without `reserve_bytes` fell below it. */
  "headroom",
  /** `stall_share` of a protected session is above it. */
  "stall",
  /** A protected session hit its own memory.high or memory.max (`hits`). */
  "hits",
  /** `headroom_bytes` without `reserve_bytes` is above it, for as long as it must be. */
  "calm",
  /** `headroom_bytes` without `reserve_bytes` is above it, and the domain is at its clamp. */
  "spare",
  /** `current_bytes` is above it: the domain grows in spite of its clamp. */
  "leak",
  /** The kernel says so. */
  "confirmed",
  /** Milliseconds that a freeze takes. */
  "freeze_wait",
  /** Milliseconds that a freeze has lasted. */
  "freeze_most",
  /** Nobody is to be protected from it any more. */
  "not_needed",
  /** The group is gone. */
  "gone",
  /** Milliseconds of a fixed window (fallback). */
  "window",
  /** Page faults of the protected group within a second (`corral memcg`). */
  "faults",
  /** The policy itself (static, high-only). */
  "policy",
] as const;

export type DecisionReason = (typeof decisionReasons)[number];

/** What was seen when it was decided. Bytes, or shares of 1. */
export interface Observed {
  readonly limit_bytes: number;
  readonly headroom_bytes: number;
  /** What the protected sessions had of late and may want back. */
  readonly reserve_bytes: number;
  /** The group whose memory.max counts, or `host`. */
  readonly bound_by: string;
  /** Of the protected session that stalls most; null: no pressure is told here. */
  readonly stall_share: number | null;
  /** Growth of `high` and `max` of the protected sessions' memory.events since the last look. */
  readonly hits: number;
  /** Of the domain; null: it is gone. */
  readonly current_bytes: number | null;
}

/** One control file, what is written, and what it holds when nothing is done. */
export interface ProtectionWrite {
  readonly path: string;
  readonly value: string;
  readonly standing: string;
}

/** One step of the protection, with everything that led to it. */
export interface Decision {
  readonly domain: string;
  readonly session: string;
  readonly action: DecisionAction;
  readonly from: Stage;
  readonly to: Stage;
  readonly reason: DecisionReason;
  readonly threshold: number | null;
  readonly observed: Observed;
  readonly writes: readonly ProtectionWrite[];
  /** Group of a tool call that is killed. */
  readonly kill: string | null;
  /** cpu.weight that its session has from now on; `standing`: its own again; null: as it is. */
  readonly weight: number | "standing" | null;
}
