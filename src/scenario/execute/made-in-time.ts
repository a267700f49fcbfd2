import { CorralError } from "../../report/index.ts";
import type { Clock } from "../clock/index.ts";
import { settlesWithin } from "../clock/index.ts";
import type { EngineLimits } from "./limits.ts";
import type { Liveness } from "./liveness.ts";

interface Making<T> {
  /** Begins it; the signal is aborted when nobody wants it any more. */
  readonly make: (signal: AbortSignal) => Promise<T>;
  /** Takes away what comes about all the same. */
  readonly undo: (made: T) => unknown;
  /** For people. */
  readonly what: string;
}

interface Waiting {
  readonly clock: Clock;
  readonly liveness: Liveness;
  readonly limits: Pick<EngineLimits, "startWaitMs">;
}

/**
 * Waits for something to be made: 30 s at most, and only as long as the run goes on.
 * @throws what `make` throws, CorralError START_FAILED when it takes too long, ABORTED or PROCESS_GONE when the run is to end
 */
export async function madeInTime<T>(
  { clock, liveness, limits: { startWaitMs } }: Waiting,
  { make, undo, what }: Making<T>,
): Promise<T> {
  const unwanted = new AbortController();
  const making = make(unwanted.signal);
  try {
    if (await liveness.unlessAborted(settlesWithin(clock, making, startWaitMs, liveness.over))) return await making;
    throw new CorralError("START_FAILED", `${what} not ready within ${startWaitMs} ms`);
  } catch (thrown) {
    unwanted.abort();
    void making.then(undo).catch(() => {});
    throw thrown;
  }
}
