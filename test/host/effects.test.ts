import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { RunReport } from "../../src/report/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { cpuTimeUs } from "../shared/processes.ts";
import { controller, cpus, program, requires, root } from "../shared/requires.ts";
import { scaled, sleep, slowness, until } from "../shared/timing.ts";

const bench = openBench();
const busy = "while :; do :; done";
const nothing = { groups: [], processes: [], records: [] };

/** Seconds from the workload's start to its end, without Corral's preparations. */
function ranForSec(report: RunReport): number {
  const at = (wanted: (state: string) => boolean): number =>
    report.events.find(({ state }) => wanted(state))?.at_sec ?? Number.NaN;
  return at((state) => state !== "starting" && state !== "running") - at((state) => state === "running");
}

/** Share of one CPU that a job used. */
const cpuShare = (report: RunReport): number =>
  ((report.usage.cpu_user_us ?? 0) + (report.usage.cpu_sys_us ?? 0)) / 1e6 / ranForSec(report);

const within = (value: number, low: number, high: number, what: string): void =>
  assert.ok(value >= low && value <= high, `${what}: ${value}, not in ${low}..${high}`);

test("--cpu-quota 20: a busy loop gets 20 % of one CPU, within 3 points, and the report counts the throttling", async (t) => {
  if (!requires(t, root(), controller("cpu"))) return;
  const { status, report } = await bench.report(["--cpu-quota", "20", "--timeout", "4s"], ["sh", "-c", busy]);
  assert.equal(status, 124);
  within(cpuShare(report), 0.17, 0.23, "share of one CPU");
  assert.ok((report.usage.nr_throttled ?? 0) >= 10, "throttled in most of some 40 periods");
});

test("--cpu-quota holds for all processes of the workload together", async (t) => {
  if (!requires(t, root(), controller("cpu"), cpus(2))) return;
  const script = `(${busy}) & (${busy}) & (${busy}) & wait`;
  const { report } = await bench.report(["--cpu-quota", "40", "--timeout", "3s"], ["sh", "-c", script]);
  within(cpuShare(report), 0.3, 0.43, "share of one CPU");
});

/** Starts a busy loop and resolves with its pid. */
async function startBusy(flags: readonly string[]) {
  const pidFile = bench.fresh("pid");
  const job = bench.start(["run", ...flags, "--", "sh", "-c", `echo $$ > ${pidFile}; ${busy}`], { limitMs: 30_000 });
  await until("the loop runs", () => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n"));
  return { job, pid: Number(readFileSync(pidFile, "utf8")) };
}

test("--cpu-weight 100 and 300 share one CPU as 1 to 3, within 5 points", async (t) => {
  if (!requires(t, root(), controller("cpu"), controller("cpuset"))) return;
  const loops = await Promise.all(["100", "300"].map((weight) => startBusy(["--cpuset", "0", "--cpu-weight", weight])));
  await sleep(500);
  const used = (): number[] => loops.map(({ pid }) => cpuTimeUs(pid));
  const before = used();
  await sleep(4000);
  const [light = 0, heavy = 0] = used().map((now, at) => now - (before[at] ?? 0));
  for (const { pid } of loops) process.kill(pid, "SIGTERM");
  await Promise.all(loops.map(({ job }) => job.ended));
  within(light / (light + heavy), 0.2, 0.3, `share of the lighter (${light} us against ${heavy} us)`);
});

/** Takes 300 MiB and touches every page. */
const hungry = ["perl", "-e", '$x = "a" x (300 << 20); print "fits\\n"'];

test("--memory-limit: a program that takes more is killed by the kernel, and the job says oom with status 137", async (t) => {
  if (!requires(t, root(), controller("memory"), program("perl"))) return;
  const { status, out, report } = await bench.report(["--memory-limit", "64", "--swap-max", "0"], hungry);
  assert.deepEqual([status, out], [137, ""]);
  assert.deepEqual([report.exit_reason, report.exit_signal, report.usage.oom_kills], ["oom", "SIGKILL", 1]);
  within(report.usage.memory_peak_bytes ?? 0, 60 * 2 ** 20, 64 * 2 ** 20, "peak");
});

test("a leader that survives the oom kill of its child keeps its own status, and the kill is counted", async (t) => {
  if (!requires(t, root(), controller("memory"), program("perl"))) return;
  const script = `perl -e '$x = "a" x (300 << 20)'; exit 3`;
  const { status, report } = await bench.report(["--memory-limit", "64", "--swap-max", "0"], ["sh", "-c", script]);
  assert.deepEqual([status, report.exit_code, report.exit_reason, report.usage.oom_kills], [3, 3, "error", 1]);
});

test("an exit status of 137 or a KILL from outside is not called oom", async () => {
  const exited = await bench.report([], ["sh", "-c", "exit 137"]);
  assert.deepEqual([exited.report.exit_reason, exited.report.exit_code], ["error", 137]);
  const killed = await bench.report([], ["sh", "-c", "kill -KILL $$"]);
  assert.deepEqual([killed.report.exit_reason, killed.report.exit_signal], ["signal", "SIGKILL"]);
});

const forks = `for my $n (1..20) {
  my $pid = fork;
  if (!defined $pid) { print $!{EAGAIN} ? "EAGAIN" : "$!", " at fork $n\\n"; kill "KILL", @pids; exit 0 }
  if ($pid == 0) { sleep 100; exit }
  push @pids, $pid;
}`;

test("--pids-max 5: the fifth fork of a program fails with EAGAIN, and the report counts the refusal", async (t) => {
  if (!requires(t, root(), controller("pids"), program("perl"))) return;
  const { status, out, report } = await bench.report(["--pids-max", "5"], ["perl", "-e", forks]);
  assert.deepEqual([status, out], [0, "EAGAIN at fork 5\n"]);
  assert.ok((report.usage.pids_max_hits ?? 0) >= 1);
});

test("--cpuset 1: many loops stay on that CPU and cannot widen their affinity", async (t) => {
  if (!requires(t, root(), controller("cpuset"), cpus(2), program("taskset"))) return;
  const loops = Array.from({ length: 4 }, () => `(${busy}) &`).join(" ");
  const script = `taskset -pc 0-1 $$ >/dev/null 2>&1; grep Cpus_allowed_list /proc/self/status; ${loops} wait`;
  const { out, report } = await bench.report(["--cpuset", "1", "--timeout", "3s"], ["sh", "-c", script]);
  assert.equal(out, "Cpus_allowed_list:\t1\n");
  within(cpuShare(report), 0.1, 1.05, "CPUs used");
});

test("--timeout ends a workload that heeds TERM at once, with status 124", async () => {
  const timeout = `${scaled(500)}ms`;
  const { status, report } = await bench.report(["--timeout", timeout, "--kill-after", "60s"], ["sleep", "1000"]);
  assert.equal(status, 124);
  assert.deepEqual(
    [report.exit_reason, report.ended_by_corral, report.exit_signal, report.platform_sla_compliant],
    ["timeout", "timeout", "SIGTERM", true],
  );
  within(report.duration_sec ?? 0, scaled(0.5), scaled(2), "seconds");
});

test("--timeout kills a workload that ignores TERM after --kill-after", async () => {
  const flags = ["--timeout", `${scaled(500)}ms`, "--kill-after", "700ms"];
  const script = 'trap "" TERM; while :; do sleep 0.2; done';
  const { status, report } = await bench.report(flags, ["sh", "-c", script]);
  assert.deepEqual([status, report.exit_reason, report.exit_signal], [124, "timeout", "SIGKILL"]);
  within(report.duration_sec ?? 0, scaled(0.5) + 0.7, scaled(4), "seconds");
  assert.deepEqual(bench.leftovers(), nothing);
});

test("--timeout ends a workload of 500 processes to the last one", async () => {
  const script = 'i=0; while [ $i -lt 500 ]; do sleep 1000 & i=$((i+1)); done; echo up; trap "" TERM; wait; sleep 1000';
  const flags = ["--timeout", `${3 * slowness}s`, "--kill-after", "500ms"];
  const { status, out } = await bench.report(flags, ["sh", "-c", script]);
  assert.deepEqual([status, out], [124, "up\n"]);
  assert.deepEqual(bench.leftovers(), nothing);
});

test("a workload that ends before its time keeps its status", async () => {
  const { status, report } = await bench.report(["--timeout", "60s"], ["sh", "-c", "exit 9"]);
  assert.deepEqual([status, report.exit_reason, report.ended_by_corral], [9, "error", null]);
});

test("a resource limit that ends the workload is the reason", async () => {
  const cpu = await bench.report(["--rlimit", "cpu=1:5"], ["sh", "-c", busy]);
  assert.deepEqual([cpu.status, cpu.report.exit_reason], [152, "rlimit_cpu"]);
  const big = bench.fresh("big");
  const size = await bench.report(
    ["--rlimit", "fsize=1M", "--rlimit", "core=0"],
    ["dd", "if=/dev/zero", `of=${big}`, "bs=64K", "count=99"],
  );
  assert.deepEqual([size.status, size.report.exit_reason], [153, "rlimit_fsize"]);
});

expectNoLeftovers(bench);
