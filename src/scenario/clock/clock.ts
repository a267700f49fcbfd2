/** Time of a run: everything that waits asks here, so that tests need not. */
export interface Clock {
  /** CLOCK_MONOTONIC, nanoseconds. */
  readonly nowNs: () => bigint;
  /** Wall clock, RFC 3339 with milliseconds. */
  readonly wall: () => string;
  /** Does something after so many milliseconds. @returns takes it back */
  readonly after: (ms: number, act: () => void) => () => void;
  /** Resolves after so many milliseconds, or as soon as `cut` is aborted; never rejects. */
  readonly sleep: (ms: number, cut?: AbortSignal | null) => Promise<void>;
}

/** Longest delay that setTimeout takes. */
const longestMs = 2 ** 31 - 1;

function after(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, Math.min(Math.max(0, ms), longestMs));
  return () => clearTimeout(timer);
}

export const systemClock: Clock = {
  nowNs: () => process.hrtime.bigint(),
  wall: () => new Date().toISOString(),
  after,
  sleep: (ms, cut = null) =>
    new Promise((resolve) => {
      const end = (): void => {
        takeBack();
        cut?.removeEventListener("abort", end);
        resolve();
      };
      const takeBack = after(ms, end);
      cut?.addEventListener("abort", end, { once: true });
      if (cut?.aborted === true) end();
    }),
};

/**
 * Waits for a promise so long at most, and no longer than until `cut` is aborted.
 * @returns whether it settled in time; its rejection is thrown, and is nobody's when it comes later
 */
export function settlesWithin(
  clock: Clock,
  promise: Promise<unknown>,
  ms: number,
  cut: AbortSignal | null = null,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const late = (): void => {
      end();
      resolve(false);
    };
    // What has settled already counts, and who waits for the cut himself hears of it first.
    const cutShort = (): void => queueMicrotask(late);
    const takeBack = clock.after(ms, late);
    const end = (): void => {
      takeBack();
      cut?.removeEventListener("abort", cutShort);
    };
    const settle = async (): Promise<void> => {
      try {
        await promise;
        resolve(true);
      } catch (thrown) {
        reject(thrown);
      } finally {
        end();
      }
    };
    void settle();
    cut?.addEventListener("abort", cutShort, { once: true });
    if (cut?.aborted === true) cutShort();
  });
}
