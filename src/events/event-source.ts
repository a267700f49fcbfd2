import type { LifecycleEvent, SourceName } from "./lifecycle-event.ts";

/** Why an event did not reach the reader. */
export const lossCauses = {
  /** The kernel's buffer was full: this process read too slowly. */
  kernelBuffer: "kernelBuffer",
  /** The kernel had no memory to send it; told by gaps in its numbering, once a later event shows them. */
  neverSent: "neverSent",
  /** The reader took events too slowly and the source's queue was full. */
  queue: "queue",
} as const;

export type LossCause = keyof typeof lossCauses;

/** What a source has done so far. */
export interface SourceCounters {
  /** Events handed to the reader or waiting for it. */
  readonly told: number;
  /** Lost events by cause; the kernel's causes count events of single threads too, which are no lifecycle events. */
  readonly lost: Readonly<Record<LossCause, number>>;
  /** Scans of /proc because of a loss, and the events they made up for. */
  readonly reconciliations: number;
  readonly reconciled: number;
}

/**
 * A stream of lifecycle events for one reader: `for await (const event of source)`. Events from before the opening are
 * not told: open first, then look at what runs. After a loss, whatever still shows in /proc is told within a second,
 * marked `reconciled`. The iteration ends after `close()` (leaving the loop closes too), throws the reason of the
 * AbortSignal, or a CorralError NATIVE_CALL when the kernel ends it.
 */
export interface EventSource extends AsyncIterable<LifecycleEvent>, AsyncDisposable {
  readonly name: SourceName;
  /** Milliseconds between two looks at /proc; null for a source that the kernel wakes. */
  readonly pollIntervalMs: number | null;
  counters(): SourceCounters;
  /** Stops and frees everything; events not yet taken are dropped. Idempotent. */
  close(): Promise<void>;
}
