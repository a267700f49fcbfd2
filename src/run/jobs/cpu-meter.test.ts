import { expect, test } from "vitest";
import { CpuMeter, cpuPercent } from "./cpu-meter.ts";

const sample = (usedUs: number, atMs: number, source: "group" | "leader" = "group") => ({
  usedUs,
  atNs: BigInt(atMs) * 1_000_000n,
  source,
});

test.each([
  ["half a second in a second is half a CPU", sample(0, 0), sample(500_000, 1000), 50],
  ["two CPUs for 200 ms are 200", sample(1000, 0), sample(401_000, 200), 200],
  ["nothing used is 0", sample(7, 0), sample(7, 100), 0],
  ["a tenth of a percent shows", sample(0, 0), sample(1000, 1000), 0.1],
  ["another counter does not compare", sample(0, 0, "leader"), sample(10, 10, "group"), null],
  ["a counter that went back does not compare", sample(10, 0), sample(5, 10), null],
  ["no time, no percentage", sample(0, 5), sample(10, 5), null],
])("%s", (_, before, now, percent) => {
  expect(cpuPercent(before, now)).toBe(percent);
});

test("a meter compares each job with the round before, and forgets those it was not asked about", () => {
  const meter = new CpuMeter();
  const round = (samples: Readonly<Record<string, ReturnType<typeof sample> | null>>) => {
    meter.nextRound();
    return Object.entries(samples).map(([key, one]) => meter.percent(key, one));
  };
  expect(round({ a: sample(0, 0), b: null })).toEqual([null, null]);
  expect(round({ a: sample(100_000, 1000), b: sample(0, 1000) })).toEqual([10, null]);
  expect(round({ b: sample(1_000_000, 2000) })).toEqual([100]);
  expect(round({ a: sample(200_000, 3000), b: null })).toEqual([null, null]);
});
