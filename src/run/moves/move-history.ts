/**
 * What moves between groups have taken. The kernel's lock on them cools some milliseconds after the last one; the next then waits
 * for an RCU grace period (kernel/locking/percpu-rwsem.c).
 */
export interface MoveHistory {
  /** When those began that found the lock cool, or would have, but for the keeping. Oldest first, of the last `windowMs`. */
  readonly coolMs: readonly number[];
  /** When the last one was over. */
  readonly lastEndMs: number;
  /** What one takes with a cool lock, and with a warm one, the newest counting most; null: none was seen. */
  readonly coldMs: number | null;
  readonly warmMs: number | null;
}

/** One move, on a steady clock. */
export interface Move {
  readonly startMs: number;
  readonly tookMs: number;
  /** The lock was being kept warm. */
  readonly kept: boolean;
}

/** Moves of so long are counted: agents come in waves. */
export const windowMs = 10_000;

/** A lock that rested for so long is cool: a grace period is about this long (research of this host: 10 ms warm, 20 ms cool). */
const restMs = 10;

/** Share of the newest in an average. */
const newest = 0.25;

const average = (before: number | null, tookMs: number): number =>
  before === null ? tookMs : before + newest * (tookMs - before);

export const noMoves: MoveHistory = { coolMs: [], lastEndMs: Number.NEGATIVE_INFINITY, coldMs: null, warmMs: null };

/** The history with one more move. Those that follow at once upon another are warm whatever is done. */
export function noteMove(history: MoveHistory, { startMs, tookMs, kept }: Move): MoveHistory {
  const { coolMs, coldMs, warmMs, lastEndMs } = history;
  const rested = startMs - lastEndMs >= restMs;
  const recent = coolMs.filter((one) => startMs - one < windowMs);
  const cold = rested && !kept;
  return {
    coolMs: rested ? [...recent, startMs] : recent,
    lastEndMs: startMs + tookMs,
    coldMs: cold ? average(coldMs, tookMs) : coldMs,
    // A thread that waited for a CPU has taken no longer than one that waited for the lock: one of them must not spoil the average.
    warmMs: cold ? warmMs : average(warmMs, Math.min(tookMs, coldMs ?? tookMs)),
  };
}
