/** The engine's own limits in time on a machine of nominal speed, milliseconds. */
export const nominalLimits = {
  /** How long workers, a payload or a scheduler may take from their making until they are there. */
  startWaitMs: 30_000,
  /** Workers may take so long to stop before they are killed. */
  stopMs: 5000,
  /** A write that the kernel has not taken by then is given up. */
  writeLimitMs: 2000,
  /** Pause before a group that is busy is tried again. */
  busyPauseMs: 100,
  /** How long a group that was told to empty may take. */
  emptyWaitMs: 1000,
  /** How long the process group of a payload may take to end once it was killed. */
  killWaitMs: 5000,
  /** How long a worker that was killed may take to end. */
  workerKillMs: 2000,
  /** How long output is read after the end of a program whose descendants hold it open. */
  drainMs: 1000,
  /** How long what is left in the scenario's groups may take to be gone at the very end. */
  clearWaitMs: 5000,
  /** How often every worker is looked at: one that makes no progress in four looks has stalled. */
  stallPollMs: 500,
} as const;

export type EngineLimits = { readonly [K in keyof typeof nominalLimits]: number };

/** The limits where time is slower by a factor. */
export const limitsAt = (dilation: number): EngineLimits =>
  Object.fromEntries(
    Object.entries(nominalLimits).map(([name, ms]) => [name, Math.round(ms * dilation)]),
  ) as EngineLimits;
