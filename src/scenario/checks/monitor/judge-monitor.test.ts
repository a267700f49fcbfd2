import { describe, expect, test } from "vitest";
import { queueSamples } from "../../../../test/shared/scenario-record.ts";
import type { Checks } from "../../model/index.ts";
import type { MonitorCpu, MonitorSample } from "../../record/index.ts";
import { judgeMonitor } from "./judge-monitor.ts";
import { monitorLimits } from "./limits.ts";

const times = (count: number, queues: readonly number[]): number[][] =>
  Array.from({ length: count }, () => [...queues]);
const outcome = (samples: readonly MonitorSample[], checks: Checks, name: string): string =>
  judgeMonitor(samples, checks)
    .filter(({ check }) => check === name)
    .map((result) => `${result.outcome}${result.advisory ? " (told only)" : ""}`)
    .join(", ");

/** One CPU, a look every 100 ms. */
const looks = (
  count: number,
  cpu: (at: number) => Partial<MonitorCpu>,
  counters: (at: number) => number | null = () => null,
) =>
  Array.from(
    { length: count },
    (_, at): MonitorSample => ({
      atMs: at * 100,
      cpus: [{ cpu: 0, nrRunning: 1, rqClockNs: at, localDsqDepth: null, stolenMs: null, ...cpu(at) }],
      selectCpuFallbacks: counters(at),
      dispatchKeepLasts: counters(at),
    }),
  );

test("the built-in limits are 4, 50, 200 and 100 per second, in five samples in a row", () => {
  expect(monitorLimits({})).toEqual({
    sustained: 5,
    limits: [
      { check: "maxImbalanceRatio", limit: 4, decides: false },
      { check: "maxLocalDsqDepth", limit: 50, decides: false },
      { check: "failOnRqClockStuck", limit: 0, decides: false },
      { check: "maxFallbackRate", limit: 200, decides: false },
      { check: "maxKeepLastRate", limit: 100, decides: false },
    ],
  });
});

test("a finding decides only when it was asked for by name or thresholds are enforced", () => {
  const bad = queueSamples(times(5, [9, 1]));
  expect(outcome(bad, {}, "max_imbalance_ratio")).toBe("fail (told only)");
  expect(outcome(bad, { maxImbalanceRatio: 4 }, "max_imbalance_ratio")).toBe("fail");
  expect(outcome(bad, { enforceMonitorThresholds: true }, "max_imbalance_ratio")).toBe("fail");
  expect(outcome(bad, { enforceMonitorThresholds: true, maxImbalanceRatio: 9 }, "max_imbalance_ratio")).toBe("pass");
});

test("without a monitor nothing is told, unless something was asked", () => {
  expect(judgeMonitor([], {})).toEqual([]);
  expect(outcome([], { maxImbalanceRatio: 4 }, "max_imbalance_ratio")).toBe("inconclusive");
  expect(outcome(queueSamples(times(9, [1])), {}, "max_local_dsq_depth")).toBe("skip (told only)");
});

describe("imbalance", () => {
  const asked = { maxImbalanceRatio: 4 };
  test("an empty run queue counts as one task", () => {
    expect(outcome(queueSamples(times(5, [4, 0])), asked, "max_imbalance_ratio")).toBe("pass");
    expect(outcome(queueSamples(times(5, [5, 0])), asked, "max_imbalance_ratio")).toBe("fail");
  });
  test("four samples in a row are no finding, five are; a good one between begins anew", () => {
    const good = [1, 1];
    expect(outcome(queueSamples([...times(4, [9, 1]), good, ...times(4, [9, 1])]), asked, "max_imbalance_ratio")).toBe(
      "pass",
    );
    expect(outcome(queueSamples([good, ...times(5, [9, 1])]), asked, "max_imbalance_ratio")).toBe("fail");
    expect(outcome(queueSamples(times(2, [9, 1])), { ...asked, sustainedSamples: 2 }, "max_imbalance_ratio")).toBe(
      "fail",
    );
  });
  test("fewer samples than a finding needs tell nothing", () => {
    expect(outcome(queueSamples(times(4, [9, 1])), asked, "max_imbalance_ratio")).toBe("inconclusive");
  });
});

test("dispatch queues are judged per CPU", () => {
  const samples = queueSamples(times(5, [1, 1])).map((sample, at) => ({
    ...sample,
    cpus: sample.cpus.map((cpu) => ({ ...cpu, localDsqDepth: (at + cpu.cpu) % 2 === 0 ? 51 : 0 })),
  }));
  expect(outcome(samples, { maxLocalDsqDepth: 50 }, "max_local_dsq_depth")).toBe("pass");
  const deep = looks(5, () => ({ localDsqDepth: 51 }));
  expect(judgeMonitor(deep, { maxLocalDsqDepth: 50 })[1]).toMatchObject({
    outcome: "fail",
    kind: "monitor",
    message: "tasks in a local dispatch queue: 51 on CPU 0 in 5 samples in a row, at most 50 is allowed",
    where: { cpu: 0 },
  });
});

describe("the clock of a run queue", () => {
  const asked = { failOnRqClockStuck: true };
  const stood = { rqClockNs: 7 };
  test("one that stands while tasks are runnable fails", () => {
    expect(
      outcome(
        looks(6, () => stood),
        asked,
        "fail_on_rq_clock_stuck",
      ),
    ).toBe("fail");
    expect(
      outcome(
        looks(6, () => ({})),
        asked,
        "fail_on_rq_clock_stuck",
      ),
    ).toBe("pass");
  });
  test("an idle CPU, and one that the host took away for half the time, are exempt", () => {
    expect(
      outcome(
        looks(6, () => ({ ...stood, nrRunning: 0 })),
        asked,
        "fail_on_rq_clock_stuck",
      ),
    ).toBe("pass");
    expect(
      outcome(
        looks(6, (at) => ({ ...stood, stolenMs: at * 50 })),
        asked,
        "fail_on_rq_clock_stuck",
      ),
    ).toBe("pass");
    expect(
      outcome(
        looks(6, (at) => ({ ...stood, stolenMs: at * 49 })),
        asked,
        "fail_on_rq_clock_stuck",
      ),
    ).toBe("fail");
  });
  test("false takes the check away", () => {
    expect(
      outcome(
        looks(6, () => stood),
        { failOnRqClockStuck: false },
        "fail_on_rq_clock_stuck",
      ),
    ).toBe("");
  });
});

test("rates are growth per second between samples", () => {
  const rising = (perLook: number) =>
    looks(
      6,
      () => ({}),
      (at) => at * perLook,
    );
  expect(outcome(rising(20), { maxFallbackRate: 200, maxKeepLastRate: 100 }, "max_fallback_rate")).toBe("pass");
  expect(outcome(rising(20.1), { maxFallbackRate: 200 }, "max_fallback_rate")).toBe("fail");
  expect(outcome(rising(10), { maxKeepLastRate: 100 }, "max_keep_last_rate")).toBe("pass");
  expect(outcome(rising(10.1), { maxKeepLastRate: 100 }, "max_keep_last_rate")).toBe("fail");
});
