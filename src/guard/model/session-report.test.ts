import { expect, test } from "vitest";
import type { CallRecord } from "./session-report.ts";
import { reportSession } from "./session-report.ts";

const gib = 2 ** 30;

const record = (change: Partial<CallRecord>): CallRecord => ({
  tool: "pytest",
  isRetry: false,
  reason: "exit",
  exit_code: 0,
  oom_own_budget: false,
  memory_peak_bytes: gib,
  memory_budget_bytes: null,
  memory_asked: true,
  memory_high_hits: 0,
  memory_max_hits: 0,
  cpu_user_us: 1_500_000,
  cpu_sys_us: 500_000,
  throttled_us: 250_000,
  frozen_ms: 100,
  duration_ms: 2000,
  start_time: "2026-01-01T00:00:00.000Z",
  ...change,
});

test("a session that ran nothing has an empty report", () => {
  const { since, all, tools } = reportSession("s", [], 0);
  expect([since, all.calls, all.memory_peak_bytes, all.waste_ratio, tools]).toEqual([null, 0, null, null, []]);
});

test("times, peaks and ends are added up, of the session and of each tool", () => {
  const { all, tools } = reportSession(
    "s",
    [
      record({}),
      record({ reason: "oom", exit_code: null, oom_own_budget: true, memory_peak_bytes: 2 * gib }),
      record({ tool: "git", reason: "timeout", exit_code: null, memory_peak_bytes: gib / 8, duration_ms: 1000 }),
      record({ tool: "git", exit_code: 1, isRetry: true, memory_peak_bytes: gib / 8, duration_ms: 1000 }),
    ],
    7,
  );
  expect(all).toMatchObject({ calls: 4, retries: 1, failed: 3, ooms: 1, timeouts: 1, duration_sec: 6, cpu_sec: 8 });
  expect(all).toMatchObject({ throttled_sec: 1, frozen_sec: 0.4, memory_peak_bytes: 2 * gib });
  expect(all.memory_mean_peak_bytes).toBe(0.8125 * gib);
  expect(tools.map(({ tool, calls, used_gib_sec }) => [tool, calls, used_gib_sec])).toEqual([
    ["pytest", 2, 6],
    ["git", 2, 0.25],
  ]);
});

test("a burst is a call that peaked above twice the session's mean", () => {
  const calm = Array.from({ length: 9 }, () => record({ memory_peak_bytes: gib / 10, duration_ms: 500 }));
  expect(reportSession("s", [...calm, record({ tool: "cc", duration_ms: 3000 })], 0).all.burst_sec).toBe(3);
  expect(reportSession("s", calm, 0).all.burst_sec).toBe(0);
});

test("a budget of which less than half was used is declared too high, one that was used up too low", () => {
  const { all } = reportSession(
    "s",
    [
      record({ memory_budget_bytes: 4 * gib, duration_ms: 1000 }),
      record({ memory_budget_bytes: 2 * gib, duration_ms: 1000 }),
      record({ memory_budget_bytes: gib, memory_max_hits: 3, duration_ms: 1000 }),
      record({ memory_budget_bytes: gib, oom_own_budget: true, reason: "oom", duration_ms: 1000 }),
      record({}),
    ],
    0,
  );
  expect([all.budgeted, all.over_declared, all.under_declared]).toEqual([4, 1, 2]);
  expect([all.budget_gib_sec, all.waste_ratio]).toEqual([8, 0.5]);
});

test("a call that asked for nothing has neither declared nor wasted anything, whatever its session's cap is", () => {
  const unasked = { memory_asked: false, memory_budget_bytes: 8 * gib };
  const { all } = reportSession("s", [record(unasked), record({ ...unasked, memory_max_hits: 3 })], 0);
  expect([all.budgeted, all.over_declared, all.under_declared, all.waste_ratio]).toEqual([0, 0, 0, null]);
});

test("beyond 32 tools the rest is one", () => {
  const many = Array.from({ length: 40 }, (_, index) => record({ tool: `t${index}` }));
  const { tools } = reportSession("s", many, 0);
  expect([tools.length, tools.find(({ tool }) => tool === "other")?.calls]).toEqual([33, 8]);
});
