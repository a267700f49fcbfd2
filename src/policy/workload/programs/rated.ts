import { LatencyHistogram } from "../../../report/index.ts";
import type { Pace } from "../load/open-loop.ts";
import { openLoop } from "../load/open-loop.ts";
import type { Stage } from "../stage.ts";
import type { ProgramCount } from "./program.ts";

interface Rated {
  readonly stage: Stage;
  readonly perSec: number;
  readonly operate: () => void;
  /** After every tenth of a second's worth of operations, as the original. */
  readonly compress: () => Promise<void>;
}

/** Operations after which a loop that is behind looks at the clock. */
const stretch = 64;

/** What was due in the time that the workload had, and was not done. */
function behindOf(pace: Pace, perSec: number, { startMs, endMs }: Stage): number {
  const nowMs = performance.now();
  const wanted = Math.round((perSec * (endMs - startMs)) / 1000);
  return Math.max(0, nowMs >= endMs ? wanted - pace.taken : pace.due(nowMs));
}

/** Runs an operation at a rate, and tells how late each was done. */
export async function runAtRate({ stage, perSec, operate, compress }: Rated): Promise<ProgramCount> {
  const latency = new LatencyHistogram();
  const pace = openLoop(perSec, stage.startMs);
  const perCompression = Math.max(1, Math.floor(perSec / 10));
  while (!stage.isOver()) {
    for (let left = Math.min(pace.due(performance.now()), stretch); left > 0; left -= 1) {
      const operation = pace.take();
      operate();
      latency.record((performance.now() - pace.intendedMs(operation)) * 1e6);
      if ((operation + 1) % perCompression === 0) await compress();
      if (stage.isAwaited) await stage.safePoint();
    }
    await (pace.due(performance.now()) === 0 ? stage.awaitDue(pace) : stage.breathe());
  }
  return { count: pace.taken, latency, askedPerSec: perSec, behind: behindOf(pace, perSec, stage) };
}
