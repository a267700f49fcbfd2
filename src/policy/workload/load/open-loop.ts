/** How much of an open loop is due, done and late. */
export interface Pace {
  /** Operations that are due by now and not taken yet. */
  due(nowMs: number): number;
  /** When the n-th operation, from 0 on, was to be. */
  intendedMs(operation: number): number;
  /** Takes the next operation. */
  take(): number;
  readonly taken: number;
  /** Milliseconds until the next operation is due; 0 when one is. */
  waitMs(nowMs: number): number;
}

/** Operations are released together once a millisecond: a timer of Node does no better. */
const tickMs = 1;

/**
 * A bucket that gets `perSec` tokens a second and never spills: what could not be done in time stays due, and its latency
 * counts from when it was to be, so that a stall is seen by all that it delayed (coordinated omission).
 */
export function openLoop(perSec: number, startMs: number): Pace {
  let taken = 0;
  const tickOf = (operation: number): number => Math.floor((operation * 1000) / perSec / tickMs);
  const intendedMs = (operation: number): number => startMs + tickOf(operation) * tickMs;
  const due = (nowMs: number): number => {
    const ticks = Math.floor((nowMs - startMs) / tickMs);
    return ticks < 0 ? 0 : Math.max(0, Math.ceil(((ticks + 1) * tickMs * perSec) / 1000) - taken);
  };
  return {
    due,
    intendedMs,
    take() {
      taken += 1;
      return taken - 1;
    },
    get taken() {
      return taken;
    },
    waitMs: (nowMs) => Math.max(0, intendedMs(taken) - nowMs),
  };
}
