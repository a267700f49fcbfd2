import { setImmediate as nextTurn } from "node:timers/promises";

/** Does one operation that was due then, in milliseconds of `performance.now()`. Never rejects. */
export type Attempt = (dueMs: number) => Promise<void> | undefined;

/** How long operations that need no waiting may go on before the event loop gets its turn. */
const turnMs = 2;
/** Timers come up to a millisecond late; the rest is waited for turn by turn. */
const timerMs = 1.5;

/**
 * The closed model: so many at the same time, each begun when the one before it on its lane is done.
 * @returns when all that was begun before `endMs` is done
 */
export async function runClosed(lanes: number, endMs: number, attempt: Attempt, signal: AbortSignal): Promise<void> {
  let turnBeganMs = performance.now();
  const lane = async (): Promise<void> => {
    for (let now = performance.now(); now < endMs && !signal.aborted; now = performance.now()) {
      const working = attempt(now);
      if (working !== undefined) await working;
      else if (now - turnBeganMs > turnMs) {
        await nextTurn();
        turnBeganMs = performance.now();
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** Waits for a moment, as precisely as the event loop can. */
async function waitUntil(atMs: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = atMs - performance.now(); leftMs > 0 && !signal.aborted; leftMs = atMs - performance.now())
    await (leftMs > timerMs + 0.5
      ? new Promise((resolve) => setTimeout(resolve, Math.floor(leftMs - timerMs)))
      : nextTurn());
}

export interface OpenOptions {
  /** Moments at which operations are due, since `beganMs`; without an end. */
  readonly arrivals: Iterator<number>;
  readonly beganMs: number;
  readonly endMs: number;
  /** The most that there are at the same time; what is due beyond that waits. */
  readonly lanes: number;
  readonly attempt: Attempt;
  readonly signal: AbortSignal;
}

/**
 * The open model: operations begin when they are due, whether those before are done or not. What has to wait for a lane
 * begins late, and is told when it was due.
 * @returns how many were due and had not begun by the end
 */
export async function runOpen({ arrivals, beganMs, endMs, lanes, attempt, signal }: OpenOptions): Promise<number> {
  const waiting: number[] = [];
  /** How many of those that waited have begun. */
  let taken = 0;
  let turnBeganMs = performance.now();
  const running = new Set<Promise<void>>();
  /** One lane: what is due, and then what has waited for it. */
  const work = async (first: Promise<void>): Promise<void> => {
    await first;
    while (performance.now() < endMs && !signal.aborted) {
      const dueMs = waiting[taken];
      if (dueMs === undefined) return;
      taken += 1;
      await attempt(dueMs);
    }
  };
  const begin = (dueMs: number): void => {
    const first = attempt(dueMs);
    if (first === undefined) return;
    const lane = work(first).finally(() => running.delete(lane));
    running.add(lane);
  };
  for (;;) {
    const dueMs = beganMs + Number(arrivals.next().value);
    if (dueMs >= endMs || signal.aborted) break;
    await waitUntil(dueMs, signal);
    // What is due already does not wait, and must not keep everything else from its turn.
    if (performance.now() - turnBeganMs > turnMs) {
      await nextTurn();
      turnBeganMs = performance.now();
    }
    if (running.size < lanes) begin(dueMs);
    else waiting.push(dueMs);
  }
  await waitUntil(endMs, signal);
  while (running.size > 0) await Promise.all(running);
  return waiting.length - taken;
}
