import { expect, test } from "vitest";
import { toDocument } from "./document.ts";
import type { Fate, RunOutcome } from "./outcome.ts";
import { fateOf } from "./outcome.ts";
import { runLine, toText } from "./report.ts";
import type { ReplayPolicy } from "./scenario.ts";
import { leastTraceMs, limitOf, planRuns, planSessions } from "./scenario.ts";
import type { ToldStep } from "./told-step.ts";

const options = {
  policies: ["none", "two-stage"] as readonly ReplayPolicy[],
  runs: 2,
  sessions: 2,
  limitBytes: null,
  speed: 10,
  seed: 1,
  traceMs: 60_000,
};

const session = (name: string, fate: Fate, elapsedMs: number) => ({
  name,
  class: name === "session_high" ? ("high" as const) : ("low" as const),
  fate,
  plannedMs: 6000,
  elapsedMs: fate === "completed" ? elapsedMs : null,
  endedMs: elapsedMs + 0.4,
  allocationMs: [1, 2, 3],
  peakMib: 400,
  spent: { cpuUserMs: 1, cpuSysMs: 2, cpuWaitMs: 3, memoryWaitMs: null },
});

const clamp = (atMs: number): ToldStep => ({
  atMs,
  decision: {
    policy: "two-stage",
    domain: "session_low",
    session: "session_low",
    action: "clamp",
    from: "normal",
    to: "clamped",
    reason: "headroom",
    threshold: 100,
    observed: {
      limit_bytes: 1000,
      headroom_bytes: 90,
      reserve_bytes: 5,
      bound_by: "/sys/fs/cgroup/replay/root",
      stall_share: 0,
      hits: 0,
      current_bytes: 400,
    },
    writes: [{ path: "/sys/fs/cgroup/replay/session_low/memory.high", value: "400" }],
    killed: null,
    failed: [],
    decided_ns: 1,
    dry_run: false,
  },
});

const outcome = (run: number, policy: ReplayPolicy, low: Fate, highMs: number): RunOutcome => ({
  ...{ run, seed: 1, policy, oomKills: low === "oom" ? 1 : 0, peakMib: 1000, durationMs: 9000, guardCpuMs: 90 },
  sessions: [session("session_high", "completed", highMs), session("session_low", low, 8000)],
  steps: policy === "none" ? [] : [clamp(-10), clamp(250)],
});

const outcomes = [
  outcome(1, "none", "oom", 6000),
  outcome(1, "two-stage", "completed", 6600),
  outcome(2, "none", "completed", 6000),
  outcome(2, "two-stage", "completed", 6600),
];

test("the document says of each policy who survived, how fast, and what was decided", () => {
  const { complete, policies, runs } = toDocument(options, outcomes, "7.2");
  expect([complete, runs.length]).toEqual([true, 4]);
  const [none, twoStage] = policies;
  expect([none?.survived?.count, none?.survived?.of, none?.whole_runs?.count, none?.oom_kills]).toEqual([3, 4, 1, 1]);
  expect([twoStage?.survived?.share, twoStage?.whole_runs?.count, twoStage?.decisions]).toEqual([1, 2, { clamp: 4 }]);
  const [high, low] = none?.classes ?? [];
  expect([high?.slowdown, high?.slowdown_against_none, low?.fates["oom"], low?.elapsed_p50_ms]).toEqual([
    1,
    null,
    1,
    8000,
  ]);
  expect(twoStage?.classes[0]?.slowdown_against_none).toEqual({ value: 1.1, low: null, high: null });
  expect(twoStage?.classes[0]?.allocation_p50_ms).toBe(2);
});

test("a comparison that was stopped says so, and needs no run at all", () => {
  expect(toDocument(options, outcomes.slice(0, 3), "7.2").complete).toBe(false);
  const none = toDocument(options, [], "7.2");
  expect(none.policies.map(({ survived, classes }) => [survived, classes[0]?.slowdown])).toEqual([
    [null, null],
    [null, null],
  ]);
  expect(toText(none)).toContain("Stopped before all runs were done.");
});

test("the table has the picture, the interval and the bound of every share", () => {
  const lines = toText(toDocument(options, outcomes, "7.2")).split("\n");
  expect(lines[0]).toBe("2 agents in 738.0 MiB, 10 times as fast, seed 1, Linux 7.2");
  expect(lines.find((line) => line.startsWith("two-stage (2 runs)"))).toBe(
    "two-stage (2 runs)  high        ███████▒▒▒▒▒▒▒▒▒▒▒▒▒  2/2 = 100.0 %  34.2 %…100.0 %, ≥ 22.4 %",
  );
  expect(lines).toContain("none: 1 killed by the kernel; decisions: none");
});

test("a line tells one run", () => {
  const [first] = outcomes;
  expect(first && runLine(first, 1, 4)).toBe("1/4 run 1 none: session_high 6.00 s, session_low OOM (9.00 s)");
});

test("policies take turns run by run, and a run has the same agents under each", () => {
  expect(planRuns(options).map(({ run, policy }) => `${run} ${policy}`)).toEqual([
    "1 none",
    "1 two-stage",
    "2 none",
    "2 two-stage",
  ]);
  const plan = (run: number, policy: ReplayPolicy = "none") =>
    planSessions({ sessions: 3, seed: 1, traceMs: 60_000 }, { run, policy });
  const peaks = (run: number) =>
    plan(run).map(({ name, trace }) => [name, Math.round(Math.max(...trace.points.map(({ mib }) => mib)))]);
  expect(peaks(1)).toEqual([
    ["session_high", 421],
    ["session_low", 406],
    ["session_low2", 406],
  ]);
  expect(plan(4, "two-stage")).toEqual(plan(4));
  expect(plan(5)).not.toEqual(plan(4));
  expect(plan(4, "alone")).toEqual(plan(4).slice(0, 1));
  for (let run = 1; run <= 200; run += 1)
    for (const { trace } of planSessions({ sessions: 2, seed: 1, traceMs: leastTraceMs }, { run, policy: "none" }))
      expect(Math.max(...trace.points.map(({ mib }) => mib))).toBeGreaterThan(400);
  expect(limitOf({ sessions: 3, limitBytes: null })).toBe(1100 * 2 ** 20);
});

test("who ended an agent follows from what its guard, the kernel and it itself said", () => {
  const end = { exitCode: null, elapsedMs: null, reason: "oom", isKilledByGuard: false, isOverdue: false };
  expect(fateOf({ ...end, exitCode: 0, elapsedMs: 6000, reason: "exit" })).toBe("completed");
  expect(fateOf(end)).toBe("oom");
  expect(fateOf({ ...end, isKilledByGuard: true })).toBe("guard");
  expect(fateOf({ ...end, reason: "signal", isOverdue: true })).toBe("stuck");
  expect(fateOf({ ...end, reason: "signal" })).toBe("failed");
});
