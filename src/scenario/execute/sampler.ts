import type { SeriesValues } from "../record/index.ts";
import type { Engine } from "./engine.ts";

/** How often every group is looked at. */
export const samplePeriodMs = 100;
/** Looks take at most this share of the time: with very many groups they come more seldom. */
const mostShare = 0.05;

/** One look at a group; what its workers did is added to what the kernel counts. */
export function sampleGroup({ ports, state, book }: Engine, name: string): void {
  const atMs = book.nowMs();
  const works = state.worksIn(name).flatMap(({ set }) => set.sample());
  const sum = (key: "iterations" | "workUnits"): number => works.reduce((total, one) => total + one[key], 0);
  const values: SeriesValues = {
    ...ports.look(name),
    iterations: works.length === 0 ? null : sum("iterations"),
    work_units: works.length === 0 ? null : sum("workUnits"),
  };
  book.groupSampled(name, atMs, values);
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
      engine.book.notes.push(`groups are sampled less often than every ${samplePeriodMs} ms, because there are many`);
    }
  }
}
