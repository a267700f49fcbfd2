import type { SeriesValues } from "../record/index.ts";
import type { Engine } from "./engine.ts";

/** How often every group is looked at. */
export const samplePeriodMs = 100;
/** Looks take at most this share of the time: with very many groups they come more seldom. */
const mostShare = 0.05;

/**
 * One look at a group; what its workers did is added to what the kernel counts.
 * @param isBegin workers are about to start in it: they have done nothing yet
 */
export function sampleGroup({ ports, state, book }: Engine, name: string, isBegin = false): void {
  const atMs = book.nowMs();
  const works = state.worksIn(name).flatMap(({ set }) => set.sample());
  const sum = (key: "iterations" | "workUnits"): number => works.reduce((total, one) => total + one[key], 0);
  const isCounted = isBegin || works.length > 0;
  const values: SeriesValues = {
    ...ports.look(name),
    iterations: isCounted ? sum("iterations") : null,
    work_units: isCounted ? sum("workUnits") : null,
  };
  book.groupSampled(name, atMs, values);
}

/** With more groups than this, looks at all of them at certain moments would hold the run up. */
const mostAtOnce = 100;

/** Looks at all groups now: where a hold begins and where it ends, so that figures of a step are of the whole of it. */
export function sampleAll(engine: Engine): void {
  const { groups } = engine.state;
  if (groups.length > mostAtOnce) return;
  try {
    for (const name of groups) sampleGroup(engine, name);
  } catch {
    // Told by the looks that go on beside, which find the same.
  }
}

/** Looks at all groups again and again until it is told to end. */
export async function sampleGroups(engine: Engine, end: AbortSignal): Promise<void> {
  const { clock } = engine.ports;
  for (let pauseMs = samplePeriodMs, seldom = false; ; ) {
    await clock.sleep(pauseMs, end);
    if (end.aborted) return;
    const began = clock.nowNs();
    for (const name of engine.state.groups) sampleGroup(engine, name);
    const tookMs = Number(clock.nowNs() - began) / 1e6;
    pauseMs = Math.max(samplePeriodMs, tookMs / mostShare);
    if (pauseMs > samplePeriodMs && !seldom) {
      seldom = true;
      engine.book.notes.push(
        `groups are sampled less often than every ${samplePeriodMs} ms, because a look at all of them takes long here`,
      );
    }
  }
}
