import { expect, test } from "vitest";
import { readFacts } from "./result-facts.ts";

const usage = { cpu_user_us: 10, cpu_sys_us: 20, throttled_us: 5, oom_kills: 1 };

const report = {
  schema: "corral.report/1",
  job_id: "make-1",
  mode: "run",
  sla_eligible: true,
  pid: 11,
  start_time: "2026-01-02T03:04:05.678Z",
  end_time: "2026-01-02T03:04:07.178Z",
  duration_sec: 1.5,
  exit_code: 3,
  exit_reason: "error",
  start_error: null,
  platform_sla_compliant: true,
  platform_sla_reason: "workload_failed_platform_ok",
  constraints: [{ name: "cpu-quota", requested: "50%", status: "applied" }],
  usage,
};

const read = (part: Readonly<Record<string, unknown>> = {}) => readFacts(JSON.stringify({ ...report, ...part }));

test("the facts of a result are its own fields, times in whole microseconds", () => {
  expect(read()).toEqual({
    jobId: "make-1",
    mode: "run",
    reason: "error",
    started: true,
    slaEligible: true,
    slaReason: "workload_failed_platform_ok",
    endTime: "2026-01-02T03:04:07.178Z",
    startTime: "2026-01-02T03:04:05.678Z",
    durationUs: 1_500_000n,
    exitCode: 3,
    pid: 11,
    cpuUs: 30n,
    throttledUs: 5n,
    oomKills: 1n,
    constraints: [{ name: "cpu-quota", status: "applied" }],
  });
});

test("what nobody counted adds nothing, and what nobody saw is null", () => {
  const uncounted = { cpu_user_us: null, cpu_sys_us: null, throttled_us: null, oom_kills: null };
  const lost = { end_time: null, duration_sec: null, exit_code: null, pid: null };
  expect(read({ usage: uncounted, ...lost })).toMatchObject({
    cpuUs: 0n,
    throttledUs: 0n,
    oomKills: 0n,
    endTime: null,
    durationUs: null,
    exitCode: null,
    pid: null,
  });
});

test("a job with a start error never ran", () => {
  expect(read({ start_error: { code: "START_FAILED", message: "x" } })?.started).toBe(false);
});

test.each([
  "",
  "{",
  "null",
  "7",
  "[]",
  '"corral.report/1"',
  "{}",
  '{"schema":"corral.report/1"}',
  "\u0000\u0001\u0002",
  JSON.stringify(report).slice(0, -1),
])("%j is no result", (text) => {
  expect(readFacts(text)).toBeNull();
});

/** One field at a time with a value that no result has. */
test.each<[string, unknown]>([
  ["schema", "corral.report/2"],
  ["schema", "corral.start/1"],
  ["job_id", 7],
  ["job_id", undefined],
  ["mode", "watch"],
  ["mode", undefined],
  ["sla_eligible", "yes"],
  ["pid", -1],
  ["pid", "11"],
  ["start_time", null],
  ["start_time", "yesterday"],
  ["end_time", "2026-01-02T03:04:07\u001b[31mZ"],
  ["duration_sec", "1.5"],
  ["duration_sec", -1],
  ["duration_sec", 1e300],
  ["exit_reason", "bored"],
  ["exit_reason", undefined],
  ["platform_sla_compliant", 1],
  ["platform_sla_reason", "because"],
  ["platform_sla_reason", "monitor_lost"],
  ["constraints", {}],
  ["constraints", [{ name: 'a"b', status: "applied" }]],
  ["constraints", [{ name: "x".repeat(65), status: "applied" }]],
  ["constraints", [{ name: "cpu-quota", status: "hoped" }]],
  ["constraints", [null]],
  ["usage", null],
  ["usage", { ...usage, cpu_user_us: -1 }],
  ["usage", { ...usage, oom_kills: "1" }],
  ["usage", { ...usage, throttled_us: undefined }],
])("a document whose %s is %j is no result", (field, value) => {
  expect(read({ [field]: value })).toBeNull();
});
