import { EventLedger } from "./event-ledger.ts";
import { EventQueue } from "./event-queue.ts";
import type { EventSource } from "./event-source.ts";
import type { LifecycleEvent } from "./lifecycle-event.ts";
import { scanProcesses } from "./process-scan.ts";
import { makeSource } from "./source-stream.ts";

export interface PollingOptions {
  readonly pollIntervalMs: number;
  readonly queueLimit: number;
  readonly signal: AbortSignal | null;
}

/**
 * Compares one look at /proc with the next. Needs no privilege and no addon, but never sees a process that lives
 * between two looks, takes several execs for one, and learns an exit status only from a zombie.
 */
export function openPollingSource({ pollIntervalMs, queueLimit, signal }: PollingOptions): EventSource {
  const queue = new EventQueue<LifecycleEvent>(queueLimit);
  const ledger = new EventLedger("polling", queue);
  ledger.adopt(scanProcesses());
  const timer = setInterval(() => {
    try {
      ledger.compare(scanProcesses(), false);
    } catch (thrown) {
      fail(thrown);
    }
  }, pollIntervalMs);
  const counters = () => ({
    told: queue.accepted,
    lost: { kernelBuffer: 0, neverSent: 0, queue: queue.refused },
    reconciliations: 0,
    reconciled: ledger.reconciled,
  });
  const stop = (): void => clearInterval(timer);
  const { source, fail } = makeSource({ name: "polling", pollIntervalMs, counters, queue, signal, stop });
  return source;
}
