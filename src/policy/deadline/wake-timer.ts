/** A clock that never goes back: CLOCK_MONOTONIC in nanoseconds, or a made one in tests. */
export interface Clock {
  nowNs(): bigint;
}

export const monotonicClock: Clock = { nowNs: () => process.hrtime.bigint() };

/** Calls back once a time has come, never before: one timer for whatever is earliest. */
export interface WakeTimer {
  /** Calls back at this time of CLOCK_MONOTONIC instead of what was set before; null: not at all. */
  set(atNs: bigint | null): void;
  /** Calls nobody any more. Idempotent. */
  close(): void;
}
