import { hostname } from "node:os";
import { expect, test } from "vitest";
import { uncounted } from "../../test/shared/no-usage.ts";
import { GroupHandle } from "../cgroup/index.ts";
import type { ExitInfo } from "../kernel/index.ts";
import { toPid } from "../kernel/index.ts";
import type { RunReport } from "../report/index.ts";
import type { Clock } from "./job-log.ts";
import { JobLog } from "./job-log.ts";
import type { JobContext, JobEnd, JobState } from "./job-report.ts";
import { buildReport, collectUsage, freshState, openEnd } from "./job-report.ts";

const context: JobContext = {
  jobId: "make-1",
  mode: "run",
  spec: {
    command: ["make", "-j4"],
    timeoutMs: null,
    killAfterMs: 10_000,
    lifetime: "detach",
    processGroup: "own",
    strict: false,
    slaEligible: true,
    intent: "test",
    tags: { team: "a" },
  },
  cwd: "/src",
  uid: 1000,
  keepLimits: false,
  corral: { bootId: "boot", pid: toPid(10), startTicks: 1 },
  startTime: "2026-01-02T03:04:05.678Z",
};

const state: JobState = {
  ...freshState,
  workload: { bootId: "boot", pid: toPid(11), startTicks: 2 },
  group: new GroupHandle([
    { path: "/cg/memory/x", version: 1, controllers: ["memory"], device: 1, inode: 2 },
    { path: "/cg/unified/x", version: 2, controllers: [], device: 1, inode: 3 },
  ]),
  scope: "cgroupfs",
  constraints: [],
  events: [],
  warnings: ["careful"],
};

const exited = (code: number | null, signal: number | null): ExitInfo => ({
  code,
  signal,
  coreDumped: false,
  usage: null,
});

const end: JobEnd = {
  ...openEnd,
  exitSource: "wait",
  exit: exited(0, null),
  usage: uncounted,
  endTime: "2026-01-02T03:04:06.678Z",
  durationSec: 1,
  endedByCorral: null,
  startError: null,
  survivors: [12],
  cleanupFailed: false,
  detached: false,
};

test("a report has every field, from the job's context, state and end", () => {
  expect(buildReport(context, state, end)).toEqual({
    schema: "corral.report/1",
    job_id: "make-1",
    mode: "run",
    intent: "test",
    sla_eligible: true,
    tags: { team: "a" },
    argv: ["make", "-j4"],
    cwd: "/src",
    uid: 1000,
    host: hostname(),
    boot_id: "boot",
    wrapper_pid: 10,
    pid: 11,
    pid_start_ticks: 2,
    start_time: "2026-01-02T03:04:05.678Z",
    end_time: "2026-01-02T03:04:06.678Z",
    duration_sec: 1,
    processing_seconds: 1,
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
    cgroups: { memory: "/cg/memory/x", unified: "/cg/unified/x" },
    scope: "cgroupfs",
    constraints: [],
    usage: uncounted,
    events: [],
    attach: null,
    survivors: [12],
    warnings: ["careful"],
  });
});

/** [what differs at the end, what differs in the report] */
test.each<[Partial<JobEnd>, Partial<RunReport>]>([
  [{ exit: exited(3, null) }, { exit_code: 3, exit_code_known: true, exit_signal: null, exit_reason: "error" }],
  [
    { exit: exited(null, 9) },
    { exit_code: null, exit_code_known: true, exit_signal: "SIGKILL", exit_reason: "signal" },
  ],
  [{ exit: exited(null, 9), usage: { ...uncounted, oom_kills: 1 } }, { exit_reason: "oom" }],
  [{ exit: exited(null, 35) }, { exit_signal: "SIGRTMIN+1" }],
  [{ exit: exited(null, 99) }, { exit_signal: "SIG99" }],
  [
    { exit: exited(null, 15), endedByCorral: "timeout" },
    { exit_reason: "timeout", ended_by_corral: "timeout" },
  ],
  [{ exit: exited(null, null) }, { exit_code_known: false, exit_reason: "unknown" }],
  [
    { exit: null, detached: true },
    { exit_code_known: false, exit_reason: "unknown", detached: true },
  ],
  [{ exit: null, startError: { code: "START_FAILED", message: "x" } }, { exit_reason: "start_failed" }],
])("an end with %j is reported as %j", (part, expected) => {
  expect(buildReport(context, state, { ...end, ...part })).toMatchObject(expected);
});

const usage = {
  userUs: 10,
  sysUs: 20,
  maxRssBytes: 4096,
  minorFaults: 0,
  majorFaults: 0,
  inBlocks: 2,
  outBlocks: 3,
  voluntarySwitches: 0,
  involuntarySwitches: 0,
};

test("without a group the usage is that of the leader and what it waited for, blocks being 512 bytes", () => {
  expect(collectUsage(null, { ...exited(0, null), usage })).toEqual({
    ...uncounted,
    source: "rusage",
    cpu_user_us: 10,
    cpu_sys_us: 20,
    memory_peak_bytes: 4096,
    io_read_bytes: 1024,
    io_write_bytes: 1536,
  });
});

test("a group that counts no CPU time is completed from the leader's", () => {
  const counted = { ...uncounted, source: "group", cpu_user_us: 10, cpu_sys_us: 20 };
  expect(collectUsage(new GroupHandle([]), { ...exited(0, null), usage })).toEqual(counted);
});

test("of a group that was made while the job ran, wait4 tells the CPU time and the peak where it covers more", () => {
  expect(collectUsage(new GroupHandle([]), { ...exited(0, null), usage }, true)).toEqual({
    ...uncounted,
    source: "rusage",
    cpu_user_us: 10,
    cpu_sys_us: 20,
    memory_peak_bytes: 4096,
  });
});

test("what nobody counted is null", () => {
  expect(collectUsage(null, exited(0, null))).toEqual(uncounted);
  expect(collectUsage(null, null)).toEqual(uncounted);
});

test("events carry the clocks given, and durations count from the exec", () => {
  let now = 1_000_000_000n;
  const clock: Clock = { wall: () => "2026-01-02T03:04:05.678Z", monotonicNs: () => now };
  const log = new JobLog(clock, now);
  log.add("starting", "one");
  now += 1_500_000_400n;
  log.markExec();
  now += 250_000_000n;
  log.add("completed", "two");
  const time = "2026-01-02T03:04:05.678Z";
  expect(log.events).toEqual([
    { state: "starting", time, at_sec: 0, message: "one" },
    { state: "completed", time, at_sec: 1.75, message: "two" },
  ]);
  expect([log.elapsedSec(), log.sinceExecSec()]).toEqual([1.75, 0.25]);
});
