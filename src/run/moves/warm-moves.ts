/** Whether the kernel's lock on moves between groups is kept warm: while that pays, always, or never. */
export const warmMovesWords = ["auto", "always", "never"] as const;

export type WarmMoves = (typeof warmMovesWords)[number];

/** The keeping of the lock as it stands. */
export interface WarmMovesStatus {
  readonly wanted: WarmMoves;
  /** Milliseconds between two touches of the lock; null: it is not kept now. */
  readonly period_ms: number | null;
  /** CPU time that all keeping has taken so far. */
  readonly cpu_ms: number;
  /** What a move takes, the newest counting most, after a rest and with a warm lock; null: none was seen. */
  readonly cold_move_ms: number | null;
  readonly warm_move_ms: number | null;
  /** Moves so far. */
  readonly moves: number;
  /** Why the lock cannot be kept here; null: it can, as far as is known. */
  readonly problem: string | null;
}
