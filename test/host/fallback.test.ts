import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { host } from "../shared/group-parent.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { startTicks } from "../shared/processes.ts";
import { controller, program, requires, root } from "../shared/requires.ts";
import { scaled, sleep, until } from "../shared/timing.ts";

/** Everything here runs without the native addon, through Node's own spawn. */
const bench = openBench({ CORRAL_NO_ADDON: "1" });

test("without the addon: 1 MiB of binary passes through byte for byte", async () => {
  const binary = randomBytes(2 ** 20);
  const { stdout } = await bench.corral(["run", "--", "cat"], { input: binary });
  assert.ok(stdout.equals(binary));
});

test("without the addon: statuses and signals of the workload come through", async () => {
  for (const [script, status] of [
    ["exit 0", 0],
    ["exit 42", 42],
    ["exit 255", 255],
    ["kill -TERM $$", 143],
    ["kill -KILL $$", 137],
  ] as const) {
    assert.equal((await bench.corral(["run", "--", "sh", "-c", script])).status, status);
  }
  assert.equal((await bench.corral(["run", "--", "no-such-program-anywhere"])).status, 127);
  assert.equal((await bench.corral(["run", "--", bench.dir])).status, 126);
});

test("without the addon: limits stand before the first instruction, in every hierarchy", async (t) => {
  if (!requires(t, root(), controller("cpu"), controller("pids"))) return;
  const cpu = bench.parent.fileOf("cpu", "first", { v1: "cpu.cfs_quota_us", v2: "cpu.max" }) ?? "";
  const pids = bench.parent.fileOf("pids", "first", { v1: "pids.max", v2: "pids.max" }) ?? "";
  const flags = ["--job-id", "first", "--cpu-quota", "20", "--pids-max", "17"];
  const { out } = await bench.corral(["run", "--quiet", ...flags, "--", "cat", "/proc/self/cgroup", cpu, pids]);
  assert.ok(out.endsWith(`\n${host.owner.cpu?.version === 2 ? "20000 100000" : "20000"}\n17\n`), out);
  assert.match(out, new RegExp(`${bench.parent.name}/corral-first$`, "m"));
});

test("without the addon: a quota of 20 % is felt", async (t) => {
  if (!requires(t, root(), controller("cpu"))) return;
  const { report } = await bench.report(["--cpu-quota", "20", "--timeout", "3s"], ["sh", "-c", "while :; do :; done"]);
  const at = (state: string): number => report.events.find((event) => event.state === state)?.at_sec ?? Number.NaN;
  const ended = report.events.at(-1)?.at_sec ?? Number.NaN;
  const share = ((report.usage.cpu_user_us ?? 0) + (report.usage.cpu_sys_us ?? 0)) / 1e6 / (ended - at("running"));
  assert.ok(share > 0.15 && share < 0.25, String(share));
});

test("without the addon: an oom kill is named", async (t) => {
  if (!requires(t, root(), controller("memory"), program("perl"))) return;
  const command = ["perl", "-e", '$x = "a" x (300 << 20)'];
  const { status, report } = await bench.report(["--memory-limit", "64", "--swap-max", "0"], command);
  assert.deepEqual([status, report.exit_reason, report.usage.oom_kills], [137, "oom", 1]);
});

test("without the addon: --timeout ends a workload that ignores TERM, with its children", async () => {
  const script = 'trap "" TERM; sleep 1000 & while :; do sleep 1; done';
  const flags = ["--timeout", `${scaled(500)}ms`, "--kill-after", "300ms"];
  const { status, report } = await bench.report(flags, ["sh", "-c", script]);
  assert.deepEqual([status, report.exit_reason], [124, "timeout"]);
  assert.deepEqual(bench.leftovers(), { groups: [], processes: [], records: [] });
});

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  for (const lifetime of ["detach", "tied"] as const) {
    test(`without the addon: ${signal} of Corral with --lifetime ${lifetime}`, async (t) => {
      if (!requires(t, root())) return;
      const jobId = `${lifetime}-${signal}`;
      const pidFile = bench.fresh("pid");
      const flags = ["--job-id", jobId, "--lifetime", lifetime, "--kill-after", "300ms", "--pids-max", "20"];
      const job = bench.start(["run", ...flags, "--", "sh", "-c", `echo $$ > ${pidFile}; exec sleep 1000`]);
      await until("it runs", () => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n"));
      const pid = Number(readFileSync(pidFile, "utf8"));
      const started = startTicks(pid);
      // Corral notes the exec a moment after the workload's first act.
      await sleep(scaled(100));
      job.kill(signal);
      await job.ended;
      if (lifetime === "detach") {
        await sleep(500);
        assert.equal(startTicks(pid), started);
      } else {
        await until("the workload is ended", () => startTicks(pid) === null);
        await until("the group is removed", () => bench.parent.children().length === 0);
      }
      await bench.discard(jobId, [pid]);
    });
  }
}

test("without the addon: --json and attributes are as with it", async (t) => {
  if (!requires(t, root())) return;
  const flags = ["--quiet", "--json", "--oom-score", "300", "--affinity", "0"];
  const script = "cat /proc/self/oom_score_adj; grep Cpus_allowed_list /proc/self/status";
  const { out, err } = await bench.corral(["run", ...flags, "--", "sh", "-c", script]);
  assert.equal(err, "300\nCpus_allowed_list:\t0\n");
  const report = JSON.parse(out);
  assert.deepEqual(
    report.constraints.map(({ status }: { status: string }) => status),
    ["applied", "applied"],
  );
  assert.equal(report.pid > 0, true);
});

expectNoLeftovers(bench);
