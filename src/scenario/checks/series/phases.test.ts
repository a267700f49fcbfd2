import { describe, expect, test } from "vitest";
import { aGroup, aPhase, aRecord, latenciesOf } from "../../../../test/shared/scenario-record.ts";
import type { PhaseWork, RunRecord } from "../../record/index.ts";
import {
  counterDeltaPerPhase,
  figureOf,
  firstPerPhase,
  judgeFigure,
  lastPerPhase,
  ratioAcrossPhases,
  valueAtPhase,
} from "./index.ts";

const work = (changes: Partial<PhaseWork>): PhaseWork => ({
  work: 0,
  cgroup: "web",
  workers: 2,
  elapsedMs: 1000,
  iterations: 500,
  workUnits: 1000,
  migrations: 0,
  cpuTimeNs: 5e8,
  runDelayNs: 0,
  latencyKind: "wake",
  latencies: latenciesOf([1000, 2000]),
  ...changes,
});

/** Two steps of a second each, from 100 and from 1100 ms on; a look every 100 ms. */
const record = aRecord({
  phases: [
    aPhase(1, 100, { work: [work({}), work({ work: 1, iterations: 100 })] }),
    aPhase(2, 1101, { work: [work({ iterations: 250, elapsedMs: 500 })] }),
    aPhase(3, 9000),
  ],
  groups: [
    aGroup(
      "cpu_total_us",
      Array.from({ length: 22 }, (_, at) => (at < 11 ? at * 1000 : 10_000 + (at - 10) * 500)),
    ),
  ],
});

test("every phase has its first and last sample and their difference; one without samples has none", () => {
  expect([...firstPerPhase(record, "web", "cpu_total_us")]).toEqual([
    [1, 0],
    [2, 10_500],
    [3, null],
  ]);
  expect([...lastPerPhase(record, "web", "cpu_total_us")]).toEqual([
    [1, 10_000],
    [2, 15_000],
    [3, null],
  ]);
  expect([...counterDeltaPerPhase(record, "web", "cpu_total_us")]).toEqual([
    [1, 10_000],
    [2, 4500],
    [3, null],
  ]);
});

test("a counter's figure is its growth per second, a gauge's its mean", () => {
  expect(valueAtPhase(record, "web", "cpu_total_us", 1)).toBe(10_000);
  const gauge = { ...record, groups: [aGroup("memory_current_bytes", [1, 2, 3, null])] };
  expect(valueAtPhase(gauge, "web", "memory_current_bytes", 1)).toBe(2);
  expect(valueAtPhase(gauge, "web", "memory_current_bytes", 9)).toBeNull();
});

test("figures of workers are of all works of the group together", () => {
  expect(valueAtPhase(record, "web", "iteration_rate", 1)).toBe(600);
  expect(valueAtPhase(record, "web", "work_rate", 1)).toBe(2000);
  expect(valueAtPhase(record, "web", "p99_wake_latency_us", 1)).toBeCloseTo(2, 1);
  expect(valueAtPhase(record, "other", "iteration_rate", 1)).toBeNull();
});

describe("a comparison of phases", () => {
  const ratio = { cgroup: "web", metric: "iteration_rate", phase: 2, base: 1 } as const;
  test("is of the one over the other", () => {
    expect(ratioAcrossPhases(record, { ...ratio, atMost: 0.9 })).toMatchObject({ outcome: "pass", kind: "temporal" });
    expect(ratioAcrossPhases(record, { ...ratio, atMost: 0.8 })).toMatchObject({
      outcome: "fail",
      message: "iteration_rate of web in Step[1] over Step[0]: 500 / 600 is 0.8333, at most 0.8 is asked for",
    });
  });
  test("tells nothing when a phase has no figure or the base is 0", () => {
    expect(ratioAcrossPhases(record, { ...ratio, phase: 3, atMost: 1 }).outcome).toBe("inconclusive");
    expect(ratioAcrossPhases(record, { ...ratio, base: 3, atMost: 1 }).outcome).toBe("inconclusive");
    const idle = {
      ...record,
      phases: [aPhase(1, 100, { work: [work({ iterations: 0 })] }), ...record.phases.slice(1)],
    };
    expect(ratioAcrossPhases(idle, { ...ratio, atMost: 1 })).toMatchObject({
      outcome: "inconclusive",
      message: "iteration_rate of web in Step[1] over Step[0]: it is 0 in Step[0]",
    });
  });
});

describe("a figure of a name that several groups had one after another", () => {
  const twice = (metric: "cpu_total_us" | "memory_current_bytes", first: number[], second: number[]): RunRecord =>
    aRecord({ groups: [aGroup(metric, first), aGroup(metric, second, { fromMs: 5100 })] });

  test("has what each of them grew by, over the time each of them was there", () => {
    const cpu = twice("cpu_total_us", [0, 1000, 9000], [0, 500, 1000]);
    expect(figureOf(cpu, "web", "cpu_total_us", { as: "growth" })).toBe(10_000);
    expect(figureOf(cpu, "web", "cpu_total_us")).toBe(25_000);
    const memory = twice("memory_current_bytes", [100, 50, 60], [10, 20]);
    expect(figureOf(memory, "web", "memory_current_bytes", { as: "growth" })).toBe(-30);
  });

  test("is not measured where none of them was looked at twice: a counter never falls", () => {
    const kills = twice("cpu_total_us", [9], [0]);
    expect(figureOf(kills, "web", "cpu_total_us", { as: "growth" })).toBeNull();
    const asked = { cgroup: "web", metric: "cpu_total_us", as: "growth", atMost: 0 } as const;
    expect(judgeFigure(asked, kills).outcome).toBe("inconclusive");
    expect(judgeFigure(asked, twice("cpu_total_us", [0, 9], [0, 0])).outcome).toBe("fail");
  });

  test("leaves out where a counter begins anew in a group", () => {
    const again = aRecord({ groups: [aGroup("iterations", [0, 1000, 600, 700])] });
    expect(figureOf(again, "web", "iterations", { as: "growth" })).toBe(1100);
  });
});
