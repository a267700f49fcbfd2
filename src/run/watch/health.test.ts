import { expect, test } from "vitest";
import type { HealthFacts } from "./health.ts";
import { judgeHealth } from "./health.ts";

const fine: HealthFacts = {
  startedMs: 0,
  scanIntervalMs: 10_000,
  lastScanMs: 1_000_000,
  consecutiveScanFailures: 0,
  totalScans: 100,
  totalScanFailures: 3,
  consecutiveAttachFailures: 0,
  totalAttachFailures: 7,
  source: "proc connector",
  sourceError: null,
  governed: 12,
  waiting: 2,
};
const nowMs = 1_000_500;

const judge = (facts: Partial<HealthFacts>, now = nowMs): unknown => {
  const { status, problems } = judgeHealth({ ...fine, ...facts }, now);
  return [status, problems];
};

test("a watch that scans and attaches is healthy, and says what it counts", () => {
  expect(judgeHealth(fine, nowMs)).toEqual({
    status: "healthy",
    problems: [],
    uptime_sec: 1001,
    since_scan_sec: 1,
    scans_total: 100,
    scan_failures_total: 3,
    attach_failures_total: 7,
    source: "proc connector",
    governed: 12,
    waiting: 2,
  });
});

test("failures in a row degrade it from 2 scans and 10 attaches on, and 5 scans make it unhealthy", () => {
  expect([1, 2, 4, 5].map((consecutiveScanFailures) => judge({ consecutiveScanFailures }))).toEqual([
    ["healthy", []],
    ["degraded", ["2 scans have failed in a row"]],
    ["degraded", ["4 scans have failed in a row"]],
    ["unhealthy", ["5 scans have failed in a row"]],
  ]);
  expect([9, 10].map((consecutiveAttachFailures) => judge({ consecutiveAttachFailures }))).toEqual([
    ["healthy", []],
    ["degraded", ["10 attaches have failed in a row"]],
  ]);
});

test("a scanner that hangs says nothing, and is unhealthy after two minutes all the same", () => {
  expect(judge({}, 1_120_000)).toEqual(["healthy", []]);
  expect(judge({}, 1_120_001)).toEqual(["unhealthy", ["no scan has succeeded for 120 s"]]);
});

test("with a long interval it is three intervals", () => {
  const scanIntervalMs = 3_600_000;
  expect(judge({ scanIntervalMs }, 1_000_000 + 3 * scanIntervalMs)).toEqual(["healthy", []]);
  expect(judge({ scanIntervalMs }, 1_000_001 + 3 * scanIntervalMs)).toEqual([
    "unhealthy",
    ["no scan has succeeded for 10800 s"],
  ]);
});

test("before the first scan the time since the start counts", () => {
  expect(judge({ lastScanMs: null, startedMs: 900_000 })).toEqual(["healthy", []]);
  expect(judge({ lastScanMs: null, startedMs: 900_000 }, 1_020_001)).toEqual([
    "unhealthy",
    ["no scan has succeeded for 120 s"],
  ]);
  expect(judgeHealth({ ...fine, lastScanMs: null }, nowMs)["since_scan_sec"]).toBeNull();
});

test("events that ended degrade it; what is worse decides, and every problem is told", () => {
  expect(judge({ source: null, sourceError: "EBADF" })).toEqual([
    "degraded",
    ["events have ended, scans go on: EBADF"],
  ]);
  expect(judge({ sourceError: "EBADF", consecutiveScanFailures: 6, consecutiveAttachFailures: 11 })).toEqual([
    "unhealthy",
    ["6 scans have failed in a row", "11 attaches have failed in a row", "events have ended, scans go on: EBADF"],
  ]);
  expect(judge({ source: null })).toEqual(["healthy", []]);
});
