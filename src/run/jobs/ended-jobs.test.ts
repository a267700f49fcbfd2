import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openEnd } from "../job-report.ts";
import { EndedJobs } from "./ended-jobs.ts";

let results = "";
beforeEach(() => {
  results = mkdtempSync(join(tmpdir(), "corral-ended-"));
});
afterEach(() => rmSync(results, { recursive: true }));

const report = (jobId: string): object => ({
  schema: "corral.report/1",
  job_id: jobId,
  mode: "run",
  argv: ["make"],
  pid: 7,
  start_time: "2026-01-02T03:04:05.678Z",
  end_time: null,
  duration_sec: 1,
  exit_code: 3,
  exit_signal: null,
  exit_reason: "error",
  platform_sla_reason: "workload_failed_platform_ok",
  ended_by_corral: null,
  detached: false,
  start_error: null,
  intent: null,
  constraints: [{ name: "pids-max", status: "applied" }],
  usage: openEnd.usage,
  events: [],
  survivors: null,
  warnings: [],
});

/** Puts a file that was written so many seconds after the epoch. */
function put(name: string, content: unknown, atSec: number): void {
  const path = join(results, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  utimesSync(path, atSec, atSec);
}

test("the newest come first, by when they were written, as many as are asked for", () => {
  put("a~1.json", report("a"), 100);
  put("b~2.json", report("b"), 300);
  put("c~0.json", report("c"), 200);
  const { ended } = new EndedJobs(results).newest(2);
  expect(ended.map(({ job_id }) => job_id)).toEqual(["b", "c"]);
  expect(ended[0]).toEqual({
    job_id: "b",
    mode: "run",
    pid: 7,
    start_time: "2026-01-02T03:04:05.678Z",
    end_time: null,
    duration_sec: 1,
    exit_reason: "error",
    exit_code: 3,
    exit_signal: null,
    exit_status: 3,
    ended_by_corral: null,
    detached: false,
    limits: [{ name: "pids-max", status: "applied" }],
    argv: ["make"],
  });
});

test("what is no result is told, and takes no other's place", () => {
  put("a~1.json", report("a"), 100);
  put("b~1.json", "{", 200);
  put("c~1.json", { schema: "other/1" }, 300);
  put("d~1.json", { ...report("d"), argv: "make" }, 400);
  mkdirSync(join(results, "e~1.json"));
  put("notes.txt", "", 500);
  const { ended, unreadable } = new EndedJobs(results).newest(1);
  expect(ended.map(({ job_id }) => job_id)).toEqual(["a"]);
  expect(Object.fromEntries(unreadable.map(({ path, reason }) => [path.slice(results.length + 1), reason]))).toEqual({
    "b~1.json": "it is cut short, or not JSON",
    "c~1.json": "it is not a corral.report/1",
    "d~1.json": "its field argv is not what a report has there",
    "e~1.json": "it cannot be read (EISDIR)",
  });
});

test("a second look takes what is new, drops what is gone and reads nothing twice", () => {
  put("a~1.json", report("a"), 100);
  const jobs = new EndedJobs(results);
  const [first] = jobs.newest(5).ended;
  put("b~1.json", report("b"), 200);
  const second = jobs.newest(5).ended;
  expect(second.map(({ job_id }) => job_id)).toEqual(["b", "a"]);
  expect(second[1]).toBe(first);
  rmSync(join(results, "a~1.json"));
  expect(jobs.newest(5).ended.map(({ job_id }) => job_id)).toEqual(["b"]);
});

test("a directory that does not exist holds none", () => {
  expect(new EndedJobs(join(results, "none")).newest(5)).toEqual({ ended: [], unreadable: [] });
});
