import type { EventQueue } from "./event-queue.ts";
import type { EventSource } from "./event-source.ts";
import type { TraceEvent } from "./trace-event.ts";

/** What differs between sources. */
export interface SourceParts<E extends TraceEvent> extends Pick<EventSource, "name" | "pollIntervalMs" | "counters"> {
  readonly queue: EventQueue<E>;
  readonly signal: AbortSignal | null;
  /** Reads everything that the kernel has told into the queue; not called after `stop`. */
  readonly readAll: () => void;
  /** As `readAll`, for the last time: also what only a look at /proc can tell. */
  readonly readLast: () => void;
  /** As EventSource has it, not called after `stop`; absent: the source cannot say. */
  readonly stillRuns?: EventSource<E>["stillRuns"];
  /** Absent: the source has none. */
  readonly mover?: EventSource<E>["mover"];
  /** Frees everything but the queue; called once. */
  readonly stop: () => void;
}

export interface MadeSource<E extends TraceEvent> {
  readonly source: EventSource<E>;
  readonly fail: (reason: unknown) => void;
}

/** The reader's side of a source, and the way to end it with a failure. */
export function makeSource<E extends TraceEvent>(parts: SourceParts<E>): MadeSource<E> {
  const { name, pollIntervalMs, counters, queue, signal, readAll, readLast, stillRuns, stop } = parts;
  let open = true;
  const end = (how: Parameters<typeof queue.end>[0]): void => {
    if (open) {
      open = false;
      signal?.removeEventListener("abort", onAbort);
      stop();
    }
    queue.end(how);
  };
  const onAbort = (): void => end({ reason: signal?.reason });
  signal?.addEventListener("abort", onAbort, { once: true });
  const close = async (): Promise<void> => end("closed");
  const finish = (): void => {
    if (open) readLast();
    end("finished");
  };
  const flush = (): void => {
    if (open) readAll();
  };
  const iterator = {
    next: () => queue.next(),
    async return() {
      await close();
      return { done: true as const, value: undefined };
    },
  };
  const source: EventSource<E> = {
    name,
    pollIntervalMs,
    counters,
    flush,
    stillRuns: (identity) => (open ? (stillRuns?.(identity) ?? null) : null),
    mover: parts.mover ?? null,
    take: (most) => queue.take(most),
    ready: () => queue.ready(),
    finish,
    close,
    [Symbol.asyncDispose]: close,
    [Symbol.asyncIterator]: () => iterator,
  };
  return { source, fail: (reason) => end({ reason }) };
}
