import type { Engine } from "./engine.ts";

/** How often the host's run queues are looked at. */
export const monitorPeriodMs = 100;
/** Looks take at most this share of a CPU: who looks is not to be what is seen. */
const mostShare = 0.05;

/** Looks at the host's run queues again and again until it is told to end. */
export async function watchHost({ ports, book }: Engine, end: AbortSignal): Promise<void> {
  for (let pauseMs = monitorPeriodMs, isSeldom = false; ; ) {
    await ports.clock.sleep(pauseMs, end);
    if (end.aborted) return;
    const { look, cpuMs } = ports.monitor();
    book.monitored(look);
    pauseMs = Math.max(monitorPeriodMs, cpuMs / mostShare);
    if (pauseMs <= monitorPeriodMs || isSeldom) continue;
    isSeldom = true;
    book.notes.push(`the monitor looks less often than every ${monitorPeriodMs} ms, because a look costs much here`);
  }
}
