import type { ExecMover, ProcessIdentity } from "../kernel/index.ts";
import type { LifecycleEvent, SourceName } from "./lifecycle-event.ts";
import type { TraceEvent } from "./trace-event.ts";

/** Why an event did not reach the reader. */
export const lossCauses = {
  /** The kernel's buffer was full: this process read too slowly. */
  kernelBuffer: "kernelBuffer",
  /**
   * The kernel could not make it: the proc connector had no memory, which gaps in its numbering tell once a later event
   * shows them; the BPF program was interrupted by another event.
   */
  neverSent: "neverSent",
  /** The reader took events too slowly and the source's queue was full. */
  queue: "queue",
  /** As kernelBuffer and queue, of opened files and lines read, which nothing can make up for. */
  traces: "traces",
} as const;

export type LossCause = keyof typeof lossCauses;

/** What a source has done so far. */
export interface SourceCounters {
  /** Events handed to the reader or waiting for it. */
  readonly told: number;
  /**
   * Lost events by cause. The kernel's causes count, of the proc connector, events of single threads too, which are no
   * lifecycle events.
   */
  readonly lost: Readonly<Record<LossCause, number>>;
  /** Scans of /proc because of a loss, and the events they made up for. */
  readonly reconciliations: number;
  readonly reconciled: number;
}

/**
 * A stream of events for one reader: `for await (const event of source)`, or in batches by `ready` and `take`; not both. Events from before the opening are
 * not told: open first, then look at what runs. After a loss, whatever still shows in /proc is told within a second,
 * marked `reconciled`. The iteration ends after `finish()` or `close()` (leaving the loop closes too), throws the reason of the
 * AbortSignal, or a CorralError NATIVE_CALL when the kernel ends it.
 */
export interface EventSource<E extends TraceEvent = LifecycleEvent> extends AsyncIterable<E>, AsyncDisposable {
  readonly name: SourceName;
  /** Milliseconds between two looks at /proc; null for a source that the kernel wakes. */
  readonly pollIntervalMs: number | null;
  counters(): SourceCounters;
  /**
   * Reads every event that the kernel had told before the call, so that `take` gives it: whoever is about to judge a process knows
   * of its end. Of polling: looks at /proc, unless it has just done so. Never waits; nothing after `finish` and `close`.
   */
  flush(): void;
  /**
   * Whether a process that this source has told of still runs, by all that the kernel has told before the call. Never looks at /proc; null: the
   * source cannot say, because it does not hear of every end or has lost something, and /proc must be asked. For a process that it never told of: false.
   */
  stillRuns(identity: ProcessIdentity): boolean | null;
  /** Moves processes as it hears of their execs, before it tells of them; null: this source cannot. */
  readonly mover: ExecMover | null;
  /** Up to `most` events that were read and not yet taken, oldest first. Never waits. */
  take(most: number): readonly E[];
  /** Resolves to true when there is something to take, to false at the end; throws what the iteration throws. */
  ready(): Promise<boolean>;
  /**
   * Stops, after a last reading: every event that the kernel had told before the call still comes (of polling: whatever
   * shows in /proc), then the iteration ends. Idempotent.
   */
  finish(): void;
  /** Stops and frees everything; events not yet taken are dropped. Idempotent. */
  close(): Promise<void>;
}
