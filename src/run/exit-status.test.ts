import { expect, test } from "vitest";
import type { RunReport } from "../report/index.ts";
import { errorCodes } from "../report/index.ts";
import { exitStatusOf } from "./exit-status.ts";

type Ending = Pick<RunReport, "start_error" | "exit_reason" | "exit_signal" | "exit_code">;

const statusOf = (part: Partial<Ending>): number => {
  const ending: Ending = { start_error: null, exit_reason: "success", exit_signal: null, exit_code: null, ...part };
  return exitStatusOf(ending as RunReport);
};

test.each([0, 1, 2, 42, 124, 125, 126, 127, 137, 255])("a workload's own status %i is passed on", (code) => {
  expect(statusOf({ exit_code: code, exit_reason: code === 0 ? "success" : "error" })).toBe(code);
});

test.each([
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGKILL", 137],
  ["SIGSEGV", 139],
  ["SIGTERM", 143],
])("%s becomes status %i", (signal, status) => {
  expect(statusOf({ exit_signal: signal, exit_reason: "signal" })).toBe(status);
});

test("an oom kill is a SIGKILL", () => {
  expect(statusOf({ exit_signal: "SIGKILL", exit_reason: "oom" })).toBe(137);
});

test("a timeout is 124, however the workload took it", () => {
  expect(statusOf({ exit_reason: "timeout", exit_signal: "SIGTERM" })).toBe(124);
  expect(statusOf({ exit_reason: "timeout", exit_code: 0 })).toBe(124);
});

test("an end that nobody saw is Corral's failure", () => {
  expect(statusOf({ exit_reason: "unknown" })).toBe(125);
});

test.each(Object.entries(errorCodes))(
  "a workload that never started with %s gives that code's status",
  (code, entry) => {
    expect(statusOf({ start_error: { code, message: "x" }, exit_reason: "start_failed" })).toBe(entry.exitStatus);
  },
);

test("a code of a later version gives 125", () => {
  expect(statusOf({ start_error: { code: "toString", message: "x" }, exit_reason: "start_failed" })).toBe(125);
});

test("a real-time signal becomes 128 and its number", () => {
  expect(statusOf({ exit_signal: "SIGRTMIN+1", exit_reason: "signal" })).toBe(163);
});
