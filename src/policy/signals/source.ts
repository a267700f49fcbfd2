import type { SignalMeans } from "../model/index.ts";

/** Where a source tells what it sees. */
export interface Sink<T> {
  readonly value: (value: T) => void;
  /** What is watched is gone, or can no longer be watched; nothing comes after it. */
  readonly end: (reason: string) => void;
}

/** One thing of the kernel that is watched, for all who want to know it. */
export interface Source {
  readonly means: SignalMeans;
  /** Frees descriptors and timers; the sink hears nothing afterwards. Idempotent. */
  close(): void;
}

/** Opens a source. The sink is never called before it has returned. */
export type OpenSource<T> = (sink: Sink<T>) => Source;
