import { setTimeout as pause } from "node:timers/promises";

/** Time of a run: everything that waits asks here, so that tests need not. */
export interface Clock {
  /** CLOCK_MONOTONIC, nanoseconds. */
  readonly nowNs: () => bigint;
  /** Wall clock, RFC 3339 with milliseconds. */
  readonly wall: () => string;
  /** Resolves after so many milliseconds, or as soon as `cut` is aborted; never rejects. */
  readonly sleep: (ms: number, cut?: AbortSignal | null) => Promise<void>;
}

/** Longest delay that setTimeout takes. */
const longestMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowNs: () => process.hrtime.bigint(),
  wall: () => new Date().toISOString(),
  sleep: async (ms, cut = null) => {
    try {
      await pause(Math.min(Math.max(0, ms), longestMs), undefined, cut === null ? {} : { signal: cut });
    } catch {
      // Cut short.
    }
  },
};

/**
 * Waits for a promise so long at most, and no longer than until `cut` is aborted.
 * @returns whether it settled in time; its rejection is thrown
 */
export async function settlesWithin(
  clock: Clock,
  promise: Promise<unknown>,
  ms: number,
  cut: AbortSignal | null = null,
): Promise<boolean> {
  const over = new AbortController();
  const stop = (): void => over.abort();
  cut?.addEventListener("abort", stop, { once: true });
  if (cut?.aborted === true) stop();
  const late = clock.sleep(ms, over.signal).then(() => false);
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    cut?.removeEventListener("abort", stop);
    over.abort();
  }
}
