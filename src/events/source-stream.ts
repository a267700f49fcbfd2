import type { EventQueue } from "./event-queue.ts";
import type { EventSource } from "./event-source.ts";
import type { LifecycleEvent } from "./lifecycle-event.ts";

/** What differs between sources. */
export interface SourceParts extends Pick<EventSource, "name" | "pollIntervalMs" | "counters"> {
  readonly queue: EventQueue<LifecycleEvent>;
  readonly signal: AbortSignal | null;
  /** Frees everything but the queue; called once. */
  readonly stop: () => void;
}

/** The reader's side of a source, and the way to end it with a failure. */
export function makeSource(parts: SourceParts): { source: EventSource; fail: (reason: unknown) => void } {
  const { name, pollIntervalMs, counters, queue, signal, stop } = parts;
  let open = true;
  const finish = (end: Parameters<typeof queue.end>[0]): void => {
    if (!open) return;
    open = false;
    signal?.removeEventListener("abort", onAbort);
    stop();
    queue.end(end);
  };
  const onAbort = (): void => finish({ reason: signal?.reason });
  signal?.addEventListener("abort", onAbort, { once: true });
  const close = async (): Promise<void> => finish("closed");
  const iterator = {
    next: () => queue.next(),
    async return() {
      await close();
      return { done: true as const, value: undefined };
    },
  };
  const source: EventSource = {
    name,
    pollIntervalMs,
    counters,
    close,
    [Symbol.asyncDispose]: close,
    [Symbol.asyncIterator]: () => iterator,
  };
  return { source, fail: (reason) => finish({ reason }) };
}
