import assert from "node:assert/strict";
import { test } from "node:test";
import { assertApplied, fixture, outcomeOf, run } from "../support.ts";

const mib = 2 ** 20;
const touch = (amount: number): string[] => [fixture("touch-memory"), String(amount)];

test("--memory-limit ends a workload that wants more, at the limit and with the reason oom", async (t) => {
  const { status, report } = await run(["--memory-limit", "64", "--swap-max", "0"], touch(200));
  t.diagnostic(`peak ${report.usage.memory_peak_bytes}, max hit ${report.usage.memory_max_hits} times`);
  assertApplied(report, "memory-limit", "swap-max");
  assert.equal(status, 137);
  assert.deepEqual(
    [report.exit_reason, report.exit_signal, report.usage.memory_peak_bytes],
    ["oom", "SIGKILL", 64 * mib],
  );
  assert.ok((report.usage.oom_kills ?? 0) >= 1);
  assert.ok((report.usage.memory_max_hits ?? 0) >= 1);
});

test("--memory-max counts bytes and leaves a workload below it alone", async () => {
  const { status, report } = await run(["--memory-max", String(64 * mib)], touch(48));
  assert.equal(outcomeOf(report, "memory-limit").effective, String(64 * mib));
  assert.deepEqual([status, report.exit_reason, report.usage.oom_kills], [0, "success", 0]);
  const peak = report.usage.memory_peak_bytes ?? 0;
  assert.ok(peak >= 48 * mib && peak < 64 * mib, `peak ${peak}`);
});

/** The shell outlives its child unless the whole group is killed. */
const survivor = ["sh", "-c", `${touch(200).join(" ")}; echo child ended with $?`];

test("without --oom-group only the process that asked for memory dies", async () => {
  const { status, stdout, report } = await run(["--memory-limit", "64"], survivor);
  assert.equal(stdout, "child ended with 137\n");
  assert.deepEqual([status, report.exit_reason, report.usage.oom_kills], [0, "success", 1]);
});

test("--oom-group ends the whole workload", async () => {
  const { status, stdout, report } = await run(["--memory-limit", "64", "--oom-group"], survivor);
  assertApplied(report, "memory-limit", "oom-group");
  assert.equal(stdout, "");
  assert.deepEqual([status, report.exit_reason], [137, "oom"]);
  assert.ok((report.usage.oom_kills ?? 0) >= 2, `${report.usage.oom_kills} kills`);
});

test("--oom-score makes the kernel prefer a process of the workload as its victim", async () => {
  const { stdout, report } = await run(["--oom-score", "500"], ["cat", "/proc/self/oom_score_adj"]);
  assertApplied(report, "oom-score");
  assert.equal(stdout, "500\n");
});

test("--memory-high without swap slows a workload down so far that only --timeout ends it", async (t) => {
  const { status, report } = await run(["--memory-high", "32M", "--timeout", "6s", "--kill-after", "1s"], touch(200));
  const peak = report.usage.memory_peak_bytes ?? 0;
  t.diagnostic(`high hit ${report.usage.memory_high_hits} times, peak ${(peak / mib).toFixed(1)} MiB after 6 s`);
  assertApplied(report, "memory-high");
  assert.deepEqual([status, report.exit_reason, report.usage.oom_kills], [124, "timeout", 0]);
  assert.ok((report.usage.memory_high_hits ?? 0) > 10);
  assert.ok(peak >= 32 * mib && peak < 64 * mib, `peak ${peak}`);
});
