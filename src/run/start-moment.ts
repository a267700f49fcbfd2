import type { Attempt } from "./attempt.ts";
import { refuseIfAborted } from "./attempt.ts";

/**
 * The launcher sleeps the last of it by itself: there an abort kills it, and no event loop can be late. On a busy host one may be
 * by hundreds of milliseconds, where several agents look at their clocks at the same time.
 */
const launcherMs = 1000;

/** Waits until shortly before the moment of the start. @throws CorralError ABORTED */
export async function comeNear({
  startAt,
  clock,
  signal,
}: Pick<Attempt, "startAt" | "clock" | "signal">): Promise<void> {
  if (startAt === null) return;
  const restMs = Number(startAt.atNs - clock.monotonicNs()) / 1e6 - launcherMs;
  if (restMs > 0) await sleepUnlessAborted(restMs, signal);
  refuseIfAborted(signal);
}

const sleepUnlessAborted = (ms: number, signal: AbortSignal | null): Promise<void> =>
  new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal?.addEventListener("abort", wake);
    if (signal?.aborted === true) wake();
  });
