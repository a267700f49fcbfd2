import { nowMs, quietGap, sleep } from "../lib/measure.ts";
import { spawnTarget } from "../lib/spawn-target.ts";
import type { Quantiles } from "../watch/latency.ts";
import { quantiles } from "../watch/latency.ts";
import type { KernelTrace } from "./kernel-trace.ts";
import type { RunningMover } from "./movers.ts";

/** How the processes of a series follow one another. */
export interface Pace {
  readonly name: string;
  /** Idle time before each. */
  readonly gapMs: number;
  /** How long each runs. */
  readonly lifeMs: number;
}

/** Kernel time from the exec of a program until the process is in its group. */
export interface Series {
  readonly pace: string;
  readonly us: Quantiles;
  /** Executions after which the process was in no group of ours when it was ended. */
  readonly missed: number;
  /** Executions for which no quiet moment came. */
  readonly disturbed: number;
  /** CPU that keeping the lock warm took, in percent of one; null: it is not kept. */
  readonly keeperPercent: number | null;
}

/** Executes the target so many times and asks the kernel when each was in its group. The first is not counted. */
export async function measureSeries(
  trace: KernelTrace,
  mover: RunningMover,
  { target, nullFd, count }: { readonly target: string; readonly nullFd: number; readonly count: number },
  { name, gapMs, lifeMs }: Pace,
): Promise<Series> {
  const pids: number[] = [];
  let disturbed = 0;
  trace.take();
  const before = { sec: await mover.keptSec(), atMs: nowMs() };
  for (let index = -1; index < count; index += 1) {
    if (!(await quietGap(gapMs)) && index >= 0) disturbed += 1;
    const { pid, end } = spawnTarget(target, nullFd);
    await sleep(lifeMs);
    end();
    if (index >= 0) pids.push(pid);
  }
  const seen = trace.take();
  const keptSec = await mover.keptSec();
  const keeperPercent =
    keptSec === null || before.sec === null ? null : (1e5 * (keptSec - before.sec)) / (nowMs() - before.atMs);
  const us = pids.flatMap((pid) => {
    const { execUs, inGroupUs } = seen.get(pid) ?? { execUs: 0, inGroupUs: null };
    return inGroupUs === null ? [] : [inGroupUs - execUs];
  });
  return { pace: name, us: quantiles(us), missed: pids.length - us.length, disturbed, keeperPercent };
}
