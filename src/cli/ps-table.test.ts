import { expect, test } from "vitest";
import type { EndedJob, JobsDocument, LiveJob } from "../run/jobs/index.ts";
import { renderJobs, showExit } from "./ps-table.ts";

const live = (part: Partial<LiveJob> = {}): LiveJob => ({
  job_id: "make-1",
  state: "running",
  freezer: "thawed",
  mode: "run",
  watcher_pid: 10,
  pid: 11,
  cpu_percent: 12.34,
  cpu_source: "group",
  memory_bytes: 3 * 2 ** 20,
  memory_source: "group",
  processes: 2,
  age_sec: 61,
  start_time: "2026-01-02T03:04:05.000Z",
  uid: 0,
  tags: {},
  limits: [],
  argv: ["make", "-j4"],
  ...part,
});

const ended = (part: Partial<EndedJob> = {}): EndedJob => ({
  job_id: "cc-1",
  mode: "run",
  pid: 12,
  start_time: "2026-01-02T03:04:05.000Z",
  end_time: null,
  duration_sec: 1,
  exit_reason: "success",
  exit_code: 0,
  exit_signal: null,
  exit_status: 0,
  ended_by_corral: null,
  detached: false,
  limits: [],
  argv: ["cc"],
  ...part,
});

const document = (jobs: readonly LiveJob[], over: readonly EndedJob[] | null = null): JobsDocument => ({
  schema: "corral.jobs/1",
  time: "2026-01-02T05:04:05.000Z",
  jobs,
  ended: over,
  unreadable: [],
});

test("without jobs there is a heading", () => {
  expect(renderJobs(document([]), 80)).toBe("JOB  STATE  MODE  PID  CPU%  MEM  PIDS  AGE  LIMITS  COMMAND\n");
});

test("each job has a line; what nobody counts is a dash, what is frozen says so", () => {
  const jobs = [
    live({ limits: [{ name: "pids-max", status: "applied" }] }),
    live({
      job_id: "x",
      state: "orphaned",
      freezer: "frozen",
      cpu_percent: null,
      memory_bytes: null,
      processes: null,
      pid: null,
    }),
  ];
  expect(renderJobs(document(jobs), null).split("\n")).toEqual([
    "JOB     STATE            MODE  PID  CPU%  MEM      PIDS  AGE  LIMITS    COMMAND",
    "make-1  running          run   11   12.3  3.0 MiB  2     1m   pids-max  make -j4",
    "x       orphaned,frozen  run   -    -     -        -     1m   -         make -j4",
    "",
  ]);
});

test("jobs that are over come after, with how they ended", () => {
  expect(renderJobs(document([live()], [ended({ exit_code: 3, exit_reason: "error" })]), null).split("\n")).toEqual([
    "JOB     STATE    MODE  PID  CPU%  MEM      PIDS  AGE  TIME    EXIT  LIMITS  COMMAND",
    "make-1  running  run   11   12.3  3.0 MiB  2     1m   1m      -     -       make -j4",
    "cc-1    ended    run   12   -     -        -     2h   1.00 s  3     -       cc",
    "",
  ]);
});

test.each([80, 100, 140])("no line is wider than a terminal of %d columns", (width) => {
  const argv = ["sh", "-c", "x".repeat(500)];
  const lines = renderJobs(document([live({ argv }), live({ argv: ["a"] })]), width).split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBe(width);
});

test("a limit that is not applied has a mark; of many, three are named", () => {
  const limits = (["cpu-quota", "memory-limit", "io-weight", "nice"] as const).map((name, index) => ({
    name,
    status: index === 0 ? ("degraded" as const) : ("applied" as const),
  }));
  expect(renderJobs(document([live({ limits: limits.slice(0, 3) })]), null)).toContain(
    "  cpu-quota(degraded),memory-limit,io-weight  ",
  );
  expect(renderJobs(document([live({ limits })]), null)).toContain("  cpu-quota(degraded),memory-limit,+2  ");
  const nowhere = [{ name: "memory-limit", status: "not_enforceable" as const }];
  expect(renderJobs(document([live({ limits: nowhere })]), null)).toContain("  memory-limit(not enforceable)  ");
});

test("hostile names are escaped", () => {
  const table = renderJobs(
    document([live({ argv: ["\u001b[2J\n"] })], [ended({ job_id: "a\nb", argv: ["\u202e"] })]),
    null,
  );
  expect(table.split("\n").length).toBe(4);
  expect(table).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

test.each([
  [{ exit_code: 0 }, "0"],
  [{ exit_code: null, exit_signal: "SIGKILL", exit_reason: "signal" }, "SIGKILL"],
  [{ exit_code: null, exit_signal: "SIGKILL", exit_reason: "oom" }, "SIGKILL oom"],
  [{ exit_code: null, exit_signal: "SIGTERM", exit_reason: "signal", ended_by_corral: "stop" }, "SIGTERM stop"],
  [{ exit_code: null, exit_reason: "unknown" }, "unknown"],
  [{ exit_code: null, exit_reason: "unknown", mode: "attach", detached: true, end_time: "t" }, "let go"],
  [{ exit_code: null, exit_reason: "unknown", mode: "attach", detached: true }, "unknown"],
  [{ exit_code: null, exit_reason: "start_failed" }, "not started"],
  [{ exit_code: 7, exit_reason: "timeout", ended_by_corral: "timeout" }, "7 timeout"],
] as const)("an end of %j is shown as %s", (part, text) => {
  expect(showExit(ended(part))).toBe(text);
});
