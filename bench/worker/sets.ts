import type { WorkTypeName } from "../../src/scenario/model/index.ts";
import { describeWork, fillParameters } from "../../src/scenario/model/index.ts";
import type { WorkerPlan, WorkerReport } from "../../src/scenario/workers/index.ts";
import { applyAttributes, startWorkers } from "../../src/scenario/workers/index.ts";
import { nowMs, sleep } from "../lib/measure.ts";

/** Workers of one kind with these parameters, else the defaults. */
export function benchPlan(workType: WorkTypeName, given: WorkerPlan["parameters"], workers?: number): WorkerPlan {
  const parameters = fillParameters(workType, given);
  return {
    workType,
    parameters,
    phases: [],
    resources: [],
    workers: workers ?? describeWork(workType).groupSize(parameters),
    memoryPolicy: null,
    comm: null,
    uid: null,
    gid: null,
  };
}

/** Lets workers work on CPU 0 for so long. */
export async function workOnOneCpu(plan: WorkerPlan, ms: number): Promise<WorkerReport[]> {
  await using set = await startWorkers(plan);
  for (const pid of set.pids) applyAttributes(pid, { affinity: "0", nice: null, scheduling: null });
  set.release();
  await sleep(ms);
  return set.stop();
}

/** Iterations per second of the first worker. */
export const rateOf = ([first]: readonly WorkerReport[]): number =>
  first === undefined ? Number.NaN : first.iterations / (first.wallTimeNs / 1e9);

/** What it costs to sample workers that mostly sleep. */
export interface SamplingCost {
  /** One look at all counters, microseconds: median and all, one after the other. */
  readonly perSampleUs: number;
  /** CPU time of this process while it looks ten times a second, less that of doing nothing, as a share of a CPU. */
  readonly shareOfCpu: number;
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function cpuShare(ms: number, everyMs: number, act: () => void): Promise<number> {
  const [began, before] = [nowMs(), cpuMs()];
  const timer = setInterval(act, everyMs);
  await sleep(ms);
  clearInterval(timer);
  return (cpuMs() - before) / (nowMs() - began);
}

export async function measureSampling(workers: number, ms: number): Promise<SamplingCost> {
  await using set = await startWorkers(benchPlan("TimerLatency", { interval_us: 20_000 }, workers));
  set.release();
  for (let round = 0; round < 500; round += 1) set.sample();
  const began = nowMs();
  for (let round = 0; round < 500; round += 1) set.sample();
  const perSampleUs = ((nowMs() - began) / 500) * 1000;
  const idle = await cpuShare(ms, 100, () => {});
  const looking = await cpuShare(ms, 100, () => void set.sample());
  return { perSampleUs, shareOfCpu: looking - idle };
}
