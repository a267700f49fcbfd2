import { expect, test } from "vitest";
import { seededRandom } from "../../policy/workload/index.ts";
import { describeTrace } from "./describe-trace.ts";
import { generateTrace, publishedShape, scaleTrace, toSteps } from "./traces.ts";

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

test("two hundred traces have the statistics that were published", () => {
  const all = Array.from({ length: 200 }, (_, seed) =>
    describeTrace(generateTrace(seededRandom(seed), publishedShape)),
  );
  // Rest: 183 to 188 MB. Bursts: 0.5 to 4 GB for 1 to 2 s.
  for (const { baseMib, burstsMib, burstsMs, mostMibPerSec, peakToAverage } of all) {
    expect(baseMib).toBeGreaterThanOrEqual(183);
    expect(baseMib).toBeLessThanOrEqual(188);
    expect(burstsMib.length).toBeGreaterThan(2);
    expect(Math.min(...burstsMib)).toBeGreaterThanOrEqual(499);
    expect(Math.max(...burstsMib)).toBeLessThanOrEqual(4000);
    expect(Math.min(...burstsMs)).toBeGreaterThanOrEqual(1000);
    expect(Math.max(...burstsMs)).toBeLessThanOrEqual(2000);
    expect(mostMibPerSec).toBeLessThanOrEqual(3000);
    expect(peakToAverage).toBeLessThanOrEqual(20);
  }
  // 1.7 to 3.8 % of all seconds change more than 100 MB; peak over average is up to 15.4; peaks come at about 65 %.
  expect(mean(all.map(({ restlessShare }) => restlessShare))).toBeGreaterThanOrEqual(0.017);
  expect(mean(all.map(({ restlessShare }) => restlessShare))).toBeLessThanOrEqual(0.038);
  const ratios = all.map(({ peakToAverage }) => peakToAverage).toSorted((one, other) => one - other);
  expect(ratios.at(-1)).toBeGreaterThan(12);
  expect(ratios[100]).toBeGreaterThan(5);
  expect(mean(all.map(({ peakAt }) => peakAt))).toBeCloseTo(0.65, 1);
});

test("the same seed makes the same trace, another seed another", () => {
  const make = (seed: number) => generateTrace(seededRandom(seed), publishedShape);
  expect(make(7)).toEqual(make(7));
  expect(make(7)).not.toEqual(make(8));
});

test("a scaled trace has the base and the peak that it is to have, and its points at the same times", () => {
  const trace = generateTrace(seededRandom(1), publishedShape);
  const scaled = scaleTrace(trace, { baseMib: 275, peakMib: 421 });
  expect(scaled.points[0]?.mib).toBe(275);
  expect(Math.max(...scaled.points.map(({ mib }) => mib))).toBeCloseTo(421, 6);
  expect(scaled.points.map(({ atMs }) => atMs)).toEqual(trace.points.map(({ atMs }) => atMs));
});

test("steps are waits in microseconds of the faster time, and pages", () => {
  const points = [
    { atMs: 0, mib: 2 },
    { atMs: 1000, mib: 3.5 },
    { atMs: 1500, mib: 1 },
  ];
  expect(toSteps({ points, durationMs: 2000 }, 10)).toBe("0:512,100000:896,50000:256,50000:256");
});
