import { cgroup, hold, scenario } from "../../src/scenario/index.ts";
import { nowMs } from "../lib/measure.ts";
import type { Place } from "./place.ts";

/** What very many groups take, milliseconds. */
export interface CrowdCost {
  readonly groups: number;
  /** From the call until everything is gone and judged. */
  readonly totalMs: number;
  /** Made, limited, and a worker in each. */
  readonly setupMs: number;
  /** Workers stopped and reported, groups removed. */
  readonly teardownMs: number;
}

const work = { workType: { TimerLatency: { interval_us: 1_000_000 } }, workers: 1 } as const;

/** So many groups, each with two limits and a worker; all of them at once. */
export async function measureCrowd(place: Place, groups: number): Promise<CrowdCost> {
  const setup = Array.from({ length: groups }, (_, at) => cgroup(`g${at}`).memoryMax("64M").pidsMax(100).work(work));
  const crowd = scenario("crowd", { duration: "60s", steps: [{ setup, hold: hold.fixed("0s") }] });
  const began = nowMs();
  const { record } = await place.run(crowd);
  const totalMs = nowMs() - began;
  const took = (kind: string): number =>
    record.ops.find((op) => op.kind === kind && op.step === 0)?.durationMs ?? Number.NaN;
  if (record.works.length !== groups) throw new Error(`${record.works.length} of ${groups} groups had workers`);
  return { groups, totalMs, setupMs: took("setup"), teardownMs: took("teardown") };
}
