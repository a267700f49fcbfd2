import type { RunEvent } from "../../src/scenario/index.ts";
import { cgroup, hold, scenario } from "../../src/scenario/index.ts";
import { nowMs, sleep } from "../lib/measure.ts";
import type { Place } from "./place.ts";

/** What a hold costs while everything is looked at. */
export interface SamplingCost {
  readonly groups: number;
  readonly workers: number;
  /** CPU time of this process, less that of doing nothing, as a share of a CPU. */
  readonly shareOfCpu: number;
  /** Looks at each group per second. */
  readonly looksPerSec: number;
}

interface Stand {
  readonly atMs: number;
  readonly cpuMs: number;
}

function stand(): Stand {
  const { user, system } = process.cpuUsage();
  return { atMs: nowMs(), cpuMs: (user + system) / 1000 };
}

const shareBetween = (from: Stand, to: Stand): number => (to.cpuMs - from.cpuMs) / (to.atMs - from.atMs);

/** A hold of so long with that many workers, who mostly sleep, in groups of the same size. */
export async function measureSampling(
  place: Place,
  groups: number,
  workers: number,
  ms: number,
): Promise<SamplingCost> {
  const each = { workType: { TimerLatency: { interval_us: 20_000 } }, workers: workers / groups } as const;
  const setup = Array.from({ length: groups }, (_, at) => cgroup(`g${at}`).memoryMax("512M").pidsMax(1000).work(each));
  const held = scenario("sampling", { duration: "60s", steps: [{ setup, hold: hold.fixed(`${ms}ms`) }] });
  const before = stand();
  await sleep(ms);
  const idle = shareBetween(before, stand());
  const stands: Stand[] = [];
  const onEvent = ({ kind }: RunEvent): void => {
    if (kind === "resume" || kind === "step_end") stands.push(stand());
  };
  const { record } = await place.run(held, { onEvent });
  const [from, to] = stands;
  if (from === undefined || to === undefined) throw new Error("the hold was not kept");
  const looks = record.groups.reduce((sum, { samples }) => sum + samples.length, 0) / groups;
  return {
    groups,
    workers,
    shareOfCpu: shareBetween(from, to) - idle,
    looksPerSec: looks / ((to.atMs - from.atMs) / 1000),
  };
}
