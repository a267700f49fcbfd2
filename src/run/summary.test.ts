import { expect, test } from "vitest";
import { uncounted } from "../../test/shared/no-usage.ts";
import type { ConstraintOutcome, RunReport } from "../report/index.ts";
import { describeOutcome, jobLine, summarize } from "./summary.ts";
import { exactWarnings, warningsFor } from "./warnings.ts";

const report: RunReport = {
  schema: "corral.report/1",
  job_id: "make-1",
  mode: "run",
  intent: null,
  sla_eligible: false,
  tags: {},
  argv: ["make"],
  cwd: "/src",
  uid: 0,
  host: "host",
  boot_id: "b",
  wrapper_pid: 10,
  pid: 11,
  pid_start_ticks: 12,
  start_time: "2026-01-02T03:04:05.678Z",
  end_time: "2026-01-02T03:04:07.678Z",
  duration_sec: 2,
  processing_seconds: 2,
  exit_code: 0,
  exit_code_known: true,
  exit_source: "wait",
  exit_signal: null,
  core_dumped: false,
  exit_reason: "success",
  ended_by_corral: null,
  start_error: null,
  detached: false,
  platform_sla_compliant: true,
  platform_sla_reason: "completed_successfully",
  cgroups: {},
  scope: "none",
  constraints: [],
  usage: uncounted,

  events: [],
  attach: null,
  survivors: [],
  warnings: [],
};

const outcome = (part: Partial<ConstraintOutcome>): ConstraintOutcome => ({
  name: "memory-limit",
  requested: "64 MiB",
  status: "applied",
  mechanism: "memory.max",
  effective: "67108864",
  reason: null,
  ...part,
});

test("a job without limits and counters is one line", () => {
  expect(summarize(report)).toEqual(["job make-1: success, exit 0 after 2.00 s (pid 11)"]);
});

test("the summary tells end, usage, every limit and who lives on", () => {
  const full: RunReport = {
    ...report,
    exit_reason: "oom",
    exit_code: null,
    exit_signal: "SIGKILL",
    usage: {
      ...report.usage,
      source: "group",
      cpu_user_us: 900_000,
      cpu_sys_us: 100_000,
      nr_periods: 20,
      nr_throttled: 10,
      throttled_us: 500_000,
      memory_peak_bytes: 67_108_864,
      io_read_bytes: 4096,
      io_write_bytes: 0,
      oom_kills: 1,
      pids_max_hits: 2,
    },
    constraints: [
      outcome({}),
      outcome({
        name: "io-weight",
        requested: "50",
        status: "not_enforceable",
        mechanism: null,
        effective: null,
        reason: "no disk",
      }),
    ],
    survivors: Array.from({ length: 12 }, (_, index) => 100 + index),
  };
  expect(summarize(full)).toEqual([
    "job make-1: oom, SIGKILL after 2.00 s (pid 11)",
    "cpu 1.00 s (50% of one CPU); throttled in 10 of 20 periods, 500 ms; memory peak 64.0 MiB; io 4.0 KiB read, 0 B written; 1 killed for memory; 2 forks refused by pids-max",
    "memory-limit 64 MiB: applied (memory.max = 67108864)",
    "io-weight 50: not enforceable: no disk",
    "12 processes live on in its group: 100 101 102 103 104 105 106 107 108 109",
  ]);
});

test("a job that never started says why", () => {
  const start_error = { code: "COMMAND_NOT_FOUND", message: '"nope": command not found' };
  expect(summarize({ ...report, start_error, pid: null })).toEqual([
    'job make-1: never started: "nope": command not found',
  ]);
});

test("an end without status or duration is told without them", () => {
  const unknown = { ...report, exit_reason: "unknown", exit_code: null, duration_sec: null } as const;
  expect(summarize(unknown)).toEqual(["job make-1: unknown, status unknown (pid 11)"]);
});

test("a share of CPU is not computed from a tenth of a second", () => {
  const usage = { ...report.usage, cpu_user_us: 40_000, cpu_sys_us: 10_000 };
  expect(summarize({ ...report, usage, duration_sec: 0.09 })[1]).toBe("cpu 50 ms");
});

test.each<[ConstraintOutcome, string]>([
  [outcome({}), "memory-limit 64 MiB: applied (memory.max = 67108864)"],
  [outcome({ effective: null }), "memory-limit 64 MiB: applied (memory.max)"],
  [outcome({ reason: "caveat" }), "memory-limit 64 MiB: applied (memory.max = 67108864): caveat"],
  [
    outcome({ status: "not_enforceable", mechanism: null, effective: null, reason: "no v2" }),
    "memory-limit 64 MiB: not enforceable: no v2",
  ],
])("an outcome reads: %s", (one, text) => {
  expect(describeOutcome(one)).toBe(text);
});

/** [what differs, the whole line] */
test.each<[Partial<RunReport>, string]>([
  [{}, "JOB make-1 | sla=COMPLIANT | reason=completed_successfully | runtime=2s | exit=0 | pid=11"],
  [
    { intent: "test", exit_code: 42, exit_reason: "error", platform_sla_reason: "workload_failed_platform_ok" },
    "JOB make-1 | intent=test | sla=COMPLIANT | reason=workload_failed_platform_ok | runtime=2s | exit=42 | pid=11",
  ],
  [
    { platform_sla_compliant: false, platform_sla_reason: "cgroup_cleanup_failed", duration_sec: 1.5 },
    "JOB make-1 | sla=VIOLATION | reason=cgroup_cleanup_failed | runtime=2s | exit=0 | pid=11",
  ],
  [
    { pid: null, duration_sec: null, exit_code: null, exit_signal: "SIGTERM", exit_reason: "timeout" },
    "JOB make-1 | sla=COMPLIANT | reason=completed_successfully | runtime=- | exit=124 | pid=-",
  ],
])("with %j the JOB line is exact", (part, line) => {
  expect(jobLine({ ...report, ...part })).toBe(line);
});

test("the two warnings that other tools look for are exact", () => {
  expect(exactWarnings).toEqual({
    cannotCreateCgroup: "WARNING: Cannot create cgroup (permission denied)",
    negativeNice: "WARNING: Cannot set negative nice (requires root), using 0",
  });
});

const nice = (requested: string): ConstraintOutcome =>
  outcome({
    name: "nice",
    requested,
    status: "failed",
    mechanism: "setpriority",
    effective: "0",
    reason: "permission denied (EACCES)",
  });

test("a limit that is applied gives no warning, every other one", () => {
  const degraded = outcome({ status: "degraded", mechanism: "nice", effective: "3", reason: "no group" });
  expect(warningsFor([outcome({}), degraded], false)).toEqual([
    "WARNING: memory-limit 64 MiB: degraded (nice = 3): no group",
  ]);
});

test("a refused group is named first, and a refused negative nice in the words tools know", () => {
  expect(warningsFor([nice("-5")], true)).toEqual([exactWarnings.cannotCreateCgroup, exactWarnings.negativeNice]);
});

test("a refused nice that is not negative is told like any other limit", () => {
  expect(warningsFor([nice("5")], false)).toEqual([
    "WARNING: nice 5: failed (setpriority = 0): permission denied (EACCES)",
  ]);
});
