import { describe, expect, test } from "vitest";
import { aGroup, aPhase, aRecord, latenciesOf } from "../../../../test/shared/scenario-record.ts";
import type { PhaseWork } from "../../record/index.ts";
import { counterDeltaPerPhase, firstPerPhase, lastPerPhase, ratioAcrossPhases, valueAtPhase } from "./index.ts";

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
