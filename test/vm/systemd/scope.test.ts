import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { until } from "../../shared/timing.ts";
import {
  assertApplied,
  assertNear,
  fixture,
  isBusy,
  type Job,
  outcomeOf,
  read,
  run,
  sampleCpu,
  startJob,
  v2,
} from "../support.ts";

const mib = 2 ** 20;
const systemd = ["--scope", "systemd"];
const scopeOf = (job: Job): string => `corral-${job.id}.scope`;
/** The scope as a directory: root's scopes lie in system.slice. */
const scopeDirectory = (job: Job): string => `${v2}/system.slice/${scopeOf(job)}`;
const groupOf = (job: Job): string => `${scopeDirectory(job)}/corral-${job.id}`;

/** Units of that name that systemd still has in memory. */
const unitsNamed = (name: string): string =>
  execFileSync("systemctl", ["list-units", "--all", "--plain", "--no-legend", name], { encoding: "utf8" }).trim();

async function assertScopeIsGone(job: Job): Promise<void> {
  await until("the scope's group to be gone", () => !existsSync(scopeDirectory(job)));
  await until("systemd to forget the scope", () => unitsNamed(scopeOf(job)) === "");
}

test("--scope systemd puts the workload into a transient scope whose memory limit holds", async () => {
  const script = `cat /proc/self/cgroup; exec ${fixture("touch-memory")} 200`;
  const job = startJob([...systemd, "--memory-limit", "64"], ["sh", "-c", script]);
  const { status, stdout, stderr, report } = await job.ended;
  assert.equal(stdout, `0::/system.slice/${scopeOf(job)}/corral-${job.id}\n`, stderr);
  assertApplied(report, "memory-limit");
  assert.deepEqual([report.scope, report.cgroups["memory"]], ["systemd", groupOf(job)]);
  assert.deepEqual([status, report.exit_reason, report.usage.memory_peak_bytes], [137, "oom", 64 * mib]);
  await assertScopeIsGone(job);
});

test("--scope systemd holds a CPU quota from the workload's first instruction", async (t) => {
  const job = startJob([...systemd, "--cpu-quota", "20"], [fixture("burn-cpu"), "8"]);
  await until("the workload to compute", () => existsSync(groupOf(job)) && isBusy(groupOf(job)));
  const { usageUs, wallUs } = await sampleCpu([groupOf(job)], 5);
  const { report } = await job.ended;
  t.diagnostic(`${((100 * (usageUs[0] ?? 0)) / wallUs).toFixed(2)} % of a CPU`);
  assertApplied(report, "cpu-quota");
  assertNear((100 * (usageUs[0] ?? 0)) / wallUs, 20, 3, "percent of a CPU");
  await assertScopeIsGone(job);
});

test("--scope auto asks systemd when the own group is not Corral's to use", async () => {
  const job = startJob(["--pids-max", "5"], ["sh", "-c", `cat /proc/self/cgroup; exec ${fixture("fork-many")} 20`]);
  const { stdout, report } = await job.ended;
  assertApplied(report, "pids-max");
  assert.equal(report.scope, "systemd");
  assert.equal(stdout, `0::/system.slice/${scopeOf(job)}/corral-${job.id}\n4 children: EAGAIN\n`);
  await assertScopeIsGone(job);
});

test("--scope cgroupfs leaves the groups that systemd manages alone", async () => {
  const job = startJob(["--scope", "cgroupfs", "--memory-limit", "64"], ["cat", "/proc/self/cgroup"]);
  const { status, stdout, report } = await job.ended;
  const { status: outcome, reason } = outcomeOf(report, "memory-limit");
  assert.deepEqual([status, outcome, report.scope], [0, "not_enforceable", "none"]);
  assert.match(reason ?? "", /is not delegated and has other processes in it$/);
  assert.equal(stdout, `0::${ownGroup()}\n`);
});

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  test(`a workload in a scope survives ${signal} of Corral, still limited, and the scope ends with it`, async () => {
    const job = startJob([...systemd, "--pids-max", "7"], [fixture("burn-cpu"), "100"]);
    await until("the workload to compute", () => existsSync(groupOf(job)) && isBusy(groupOf(job)));
    job.corral.kill(signal);
    // Not `job.ended`: the workload keeps the output open.
    await once(job.corral, "exit");
    const { usageUs } = await sampleCpu([groupOf(job)], 1);
    assert.ok((usageUs[0] ?? 0) > 200_000, "the workload goes on");
    assert.equal(read(`${groupOf(job)}/pids.max`), "7");
    const pids = read(`${groupOf(job)}/cgroup.procs`)
      .split("\n")
      .map(Number);
    assert.equal(pids.length, 1);
    process.kill(pids[0] ?? 0, "SIGKILL");
    await assertScopeIsGone(job);
    await job.ended.catch(() => {});
  });
}

test("--lifetime tied ends a workload in a scope together with Corral", async () => {
  const job = startJob([...systemd, "--lifetime", "tied", "--pids-max", "7"], [fixture("burn-cpu"), "100"]);
  await until("the workload to compute", () => existsSync(groupOf(job)) && isBusy(groupOf(job)));
  job.corral.kill("SIGKILL");
  await job.ended.catch(() => {});
  await assertScopeIsGone(job);
});

test("a command that does not exist leaves no scope behind", async () => {
  const job = startJob([...systemd, "--pids-max", "7"], ["/no/such/program"]);
  const { status, report } = await job.ended;
  assert.deepEqual([status, report.exit_reason], [127, "start_failed"]);
  await assertScopeIsGone(job);
});

test("without limits no scope is asked for", async () => {
  const { stdout, report } = await run([], ["cat", "/proc/self/cgroup"]);
  assert.notEqual(report.scope, "systemd");
  assert.ok(!stdout.includes(".scope"), stdout);
});

const ownGroup = (): string => readFileSync("/proc/self/cgroup", "utf8").trim().slice("0::".length);
