import { describe, expect, test } from "vitest";
import { noTotals } from "../model/index.ts";
import { arrivalTimes } from "./arrivals.ts";
import { cpuShares, parseCpuTimes } from "./cpu-sampler.ts";
import { formatLoadLine, parseLoadLine } from "./load-lines.ts";
import { operationDrawer } from "./mix.ts";

describe("operations that are due", () => {
  const first = (times: Generator<number>, count: number): number[] =>
    Array.from({ length: count }, () => times.next().value as number);

  test("come evenly, without an error that grows", () => {
    const times = first(arrivalTimes(3, "uniform", Math.random), 3_000_001);
    expect([times[0], times[3], times[3_000_000]]).toEqual([0, 1000, 1_000_000_000]);
  });

  test("come as if nobody knew of each other, and as often", () => {
    let seed = 1;
    const random = (): number => {
      seed = (seed * 16_807) % 2_147_483_647;
      return (seed - 1) / 2_147_483_646;
    };
    const times = first(arrivalTimes(100, "exponential", random), 20_000);
    expect(times[19_999]).toBeGreaterThan(195_000);
    expect(times[19_999]).toBeLessThan(205_000);
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    // Of an exponential distribution 1 − 1/e lie below the mean.
    expect(gaps.filter((gap) => gap < 10).length / gaps.length).toBeCloseTo(1 - 1 / Math.E, 1);
  });
});

test("operations are drawn by their weights", () => {
  const draws = [0, 0.69, 0.71, 0.94, 0.96, 0.999999];
  const drawn = operationDrawer({ get: 70, put: 25, stat: 5 }, () => draws.shift() ?? 0);
  expect(Array.from({ length: 6 }, drawn)).toEqual(["get", "get", "put", "put", "stat", "stat"]);
});

test("shares of the CPUs leave out what guests' times count twice", () => {
  const before = parseCpuTimes("cpu  100 0 50 800 50 0 0 0 30 0\ncpu0 1 2\n");
  const now = parseCpuTimes("cpu  150 10 70 900 60 5 5 0 60 0\n");
  if (before === null || now === null) throw new Error("they have a line of all CPUs");
  expect(cpuShares(before, now)).toEqual({ userPercent: 30, systemPercent: 15, iowaitPercent: 5 });
  expect(cpuShares(now, now)).toBeNull();
  expect(parseCpuTimes("intr 1 2 3")).toBeNull();
});

test("what a generator says comes back from its line", () => {
  const report = { totals: { ...noTotals, getOperations: 3n }, intervals: [] };
  for (const line of [
    { kind: "progress", done: 1, total: 2 },
    { kind: "prepared" },
    { kind: "began", atNs: 123_456_789_012_345n },
    { kind: "failed", why: "no\nspace" },
    { kind: "report", report },
    { kind: "done", result: { ...report, wallMs: 2000, cells: [], prepare: null } },
  ] as const)
    expect(parseLoadLine(formatLoadLine(line).trimEnd())).toEqual(line);
  expect(parseLoadLine("report AAAA")).toBeNull();
});
