import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { RunEvent } from "../../src/scenario/index.ts";
import { cgroup, hold, scenario } from "../../src/scenario/index.ts";
import type { Summary } from "../lib/measure.ts";
import { nowMs, sleep, summarize } from "../lib/measure.ts";
import type { Place } from "./place.ts";

/** From the kill of a supervised process until the hold is over, milliseconds. */
export interface DeathCost extends Summary {
  readonly longest: number;
}

const work = { workType: { TimerLatency: { interval_us: 20_000 } }, workers: 4 } as const;
const waiting = scenario("death", {
  duration: "60s",
  steps: [{ setup: [cgroup("a").pidsMax(100).work(work)], hold: hold.fixed("60s") }],
});

async function sleeper(): Promise<ChildProcess> {
  const child = spawn("sleep", ["1000"], { stdio: "ignore" });
  await once(child, "spawn");
  return child;
}

/** One run, whose process is killed in the middle of a hold. */
async function killInHold(place: Place): Promise<number> {
  const child = await sleeper();
  let [killedMs, beganMs] = [Number.NaN, Number.NaN];
  const onEvent = (event: RunEvent): void => {
    if (event.kind !== "resume") return;
    // The record's times are from the begin of the scenario's clock.
    beganMs = nowMs() - event.atMs;
    void (async () => {
      await sleep(150 + Math.random() * 100);
      killedMs = nowMs();
      child.kill("SIGKILL");
    })();
  };
  const { record } = await place.run(waiting, { supervise: [child.pid ?? 0], onEvent });
  if (record.ended.length !== 1) throw new Error("the run did not end with its process");
  return beganMs + Number(record.phases.at(-1)?.endMs) - killedMs;
}

export async function measureDeath(place: Place, rounds: number): Promise<DeathCost> {
  const samples: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const ms = await killInHold(place);
    if (round >= 0) samples.push(ms);
  }
  return { ...summarize(samples), longest: Math.max(...samples) };
}
