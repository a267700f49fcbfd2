import { EventLedger } from "./event-ledger.ts";
import { EventQueue } from "./event-queue.ts";
import type { EventSource } from "./event-source.ts";
import type { LifecycleEvent } from "./lifecycle-event.ts";
import { noDetails, readDetails } from "./process-details.ts";
import { scanProcesses } from "./process-scan.ts";
import { makeSource } from "./source-stream.ts";

export interface PollingOptions {
  readonly pollIntervalMs: number;
  readonly queueLimit: number;
  readonly signal: AbortSignal | null;
  /** Look up owner and program of each event. */
  readonly details: boolean;
}

/** A look costs too much to be had more often than this, as a part of the interval, whoever asks. */
const leastGap = 0.1;

/**
 * Compares one look at /proc with the next. Needs no privilege and no addon, but never sees a process that lives
 * between two looks, takes several execs for one, and learns an exit status only from a zombie.
 */
export function openPollingSource(options: PollingOptions): EventSource {
  const { pollIntervalMs, queueLimit, signal, details } = options;
  const queue = new EventQueue<LifecycleEvent>(queueLimit);
  const ledger = new EventLedger("polling", queue, details ? readDetails : noDetails);
  ledger.adopt(scanProcesses());
  let lookedMs = performance.now();
  const look = (): void => {
    try {
      ledger.compare(scanProcesses(), false);
    } catch (thrown) {
      fail(thrown);
    }
    lookedMs = performance.now();
  };
  const lookAgain = (): void => {
    if (performance.now() - lookedMs >= pollIntervalMs * leastGap) look();
  };
  const timer = setInterval(look, pollIntervalMs);
  const counters = () => ({
    told: queue.accepted,
    lost: { kernelBuffer: 0, neverSent: 0, queue: queue.refused, traces: 0 },
    reconciliations: 0,
    reconciled: ledger.reconciled,
  });
  const stop = (): void => clearInterval(timer);
  const parts = {
    name: "polling",
    pollIntervalMs,
    counters,
    queue,
    signal,
    readAll: lookAgain,
    readLast: look,
    stop,
  } as const;
  const { source, fail } = makeSource(parts);
  return source;
}
