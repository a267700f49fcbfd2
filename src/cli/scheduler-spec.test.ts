import { expect, test } from "vitest";
import { defaultSchedulerOptions } from "../cgroup/cpu/index.ts";
import { toSchedulerSpec } from "./scheduler-spec.ts";

test("without flags the scheduler has only what is given to it, and tells every two seconds", () => {
  expect(toSchedulerSpec({})).toEqual({
    options: { ...defaultSchedulerOptions, intervalMs: 2000 },
    groups: [],
    boosts: [],
    durationMs: null,
    json: false,
    verbose: false,
  });
});

test("every flag is understood, groups as directories or paths below the mount", () => {
  const spec = toSchedulerSpec({
    group: ["/sys/fs/cgroup/a/", "b/c"],
    boost: ["/b/c=10ms/100ms"],
    slice: "20000",
    interval: "5",
    watchdog: "2s",
    duration: "1m",
    fifo: true,
    full: true,
    json: true,
    verbose: true,
    stall: true,
  });
  expect(spec).toEqual({
    options: { sliceUs: 20000, fifo: true, full: true, intervalMs: 5000, timeoutMs: 2000, groups: 4096, stall: true },
    groups: ["/sys/fs/cgroup/a", "/sys/fs/cgroup/b/c"],
    boosts: [{ group: "/sys/fs/cgroup/b/c", boost: { budgetMs: 10, periodMs: 100 } }],
    durationMs: 60_000,
    json: true,
    verbose: true,
  });
});

test.each([
  [{ slice: "50" }, "--slice"],
  [{ watchdog: "31s" }, "--watchdog"],
  [{ interval: "1ms" }, "--interval"],
  [{ boost: ["a=200ms/100ms"] }, "--boost expects a budget above 0"],
  [{ boost: ["a=5ms"] }, "--boost expects BUDGET/PERIOD"],
])("%j is refused", (flags, message) => {
  expect(() => toSchedulerSpec(flags)).toThrow(message);
});
