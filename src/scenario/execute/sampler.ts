import type { SeriesValues } from "../record/index.ts";
import type { Engine } from "./engine.ts";
import type { WorkHandle } from "./state.ts";

/** How often every group is looked at. */
export const samplePeriodMs = 100;
/** Looks take at most this share of the time: with very many groups they come more seldom. */
const mostShare = 0.05;

/** What is known of a group that is looked at. */
interface Looked {
  /** Its workers. Default: they are looked for. */
  readonly works?: readonly WorkHandle[];
  /** Workers are about to start in it: they have done nothing yet. Default: not. */
  readonly isBegin?: boolean;
}

/** One look at a group; what its workers did is added to what the kernel counts. */
export function sampleGroup({ ports, state, book }: Engine, name: string, looked: Looked = {}): void {
  const { works = state.worksIn(name), isBegin = false } = looked;
  const atMs = book.nowMs();
  const totals = works.map(({ set }) => set.totals());
  const sum = (key: "iterations" | "workUnits"): number => totals.reduce((total, one) => total + one[key], 0);
  const isCounted = isBegin || works.length > 0;
  const values: SeriesValues = {
    ...ports.look(name),
    iterations: isCounted ? sum("iterations") : null,
    work_units: isCounted ? sum("workUnits") : null,
  };
  book.groupSampled(name, atMs, values);
}

/** One look at each of these groups. */
function sampleEach(engine: Engine, names: readonly string[]): void {
  const { worksByGroup } = engine.state;
  for (const name of names) sampleGroup(engine, name, { works: worksByGroup.get(name) ?? [] });
}

/** With more groups than this, looks at all of them at certain moments would hold the run up. */
const mostAtOnce = 100;

/** Looks at all groups now: where a hold begins and where it ends, so that figures of a step are of the whole of it. */
export function sampleAll(engine: Engine): void {
  const { groups } = engine.state;
  if (groups.length > mostAtOnce) return;
  try {
    sampleEach(engine, groups);
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
    sampleEach(engine, engine.state.groups);
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
