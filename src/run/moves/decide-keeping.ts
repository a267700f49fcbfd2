import type { MoveHistory } from "./move-history.ts";
import { windowMs } from "./move-history.ts";
import type { WarmMoves } from "./warm-moves.ts";

/** What is known when it is decided. */
export interface KeepingFacts {
  readonly wanted: WarmMoves;
  readonly nowMs: number;
  readonly history: MoveHistory;
  /** Period of the keeping that is under way, in milliseconds; null: none is. */
  readonly periodMs: number | null;
  /** CPU time that one touch of the lock takes, in milliseconds. */
  readonly touchMs: number;
}

/** Below a grace period at 250 Hz, which is some 10 ms, with room for a keeper that wakes up late. */
export const plainPeriodMs = 5;

/** Once begun it goes on until it is worth half of what it costs: a wave of moves must not start and stop it. */
const patience = 0.5;

/** Milliseconds that moves wait less, in a second, than with a cool lock. */
export function savedMsPerSec({ coolMs, coldMs, warmMs }: MoveHistory, nowMs: number): number {
  const moves = coolMs.filter((one) => nowMs - one < windowMs).length;
  return (moves * Math.max(0, (coldMs ?? 0) - (warmMs ?? 0)) * 1000) / windowMs;
}

/** CPU milliseconds of the keeping, in a second. */
export const costMsPerSec = (touchMs: number, periodMs: number): number => (touchMs * 1000) / periodMs;

/** Whoever waits for no grace period, of some milliseconds, takes less: there is nothing that a shorter period could save. */
const leastColdMs = 1;

/** Moves take long although the lock is kept: this kernel's grace periods are shorter than the period. */
const isTooSlow = ({ coldMs, warmMs }: MoveHistory): boolean =>
  coldMs !== null && warmMs !== null && coldMs >= leastColdMs && warmMs > coldMs / 2;

/**
 * Decides whether the lock on moves is kept warm, and by how many milliseconds between two touches; null: it is not. A
 * millisecond that a move waits counts as much as one of the keeper's CPU time.
 */
export function decideKeeping({ wanted, nowMs, history, periodMs, touchMs }: KeepingFacts): number | null {
  if (wanted === "never") return null;
  const keeping = periodMs !== null;
  const faster = keeping && isTooSlow(history) ? Math.floor(periodMs / 2) : (periodMs ?? plainPeriodMs);
  if (wanted === "always") return Math.max(1, faster);
  if (faster === 0) return null;
  const worth = savedMsPerSec(history, nowMs);
  return worth > 0 && worth >= costMsPerSec(touchMs, faster) * (keeping ? patience : 1) ? faster : null;
}
