import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { fewInGuest } from "../shared/guest.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { processGroupOf, startTicks } from "../shared/processes.ts";
import { requires, root } from "../shared/requires.ts";
import { sleep, until } from "../shared/timing.ts";

const bench = openBench();

/** Starts a workload that writes its pid and then sleeps for ever; resolves when it runs. */
async function startSleeper(flags: readonly string[], script = "exec sleep 1000") {
  const pidFile = bench.fresh("pid");
  const corral = bench.start(["run", ...flags, "--", "sh", "-c", `echo $$ > ${pidFile}; ${script}`], {
    limitMs: 60_000,
  });
  await until("the workload runs", () => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n"));
  const pid = Number(readFileSync(pidFile, "utf8"));
  return { corral, pid };
}

test("the workload leads a process group of its own when there is no terminal", async () => {
  const { corral, pid } = await startSleeper(["--job-id", "own-group"]);
  assert.equal(processGroupOf(pid), pid);
  assert.notEqual(processGroupOf(corral.pid), pid);
  process.kill(pid, "SIGTERM");
  assert.equal((await corral.ended).status, 143);
});

for (const signal of fewInGuest(["SIGTERM", "SIGHUP", "SIGINT"] as const)) {
  test(`${signal} of Corral leaves the workload running and exits 128+n`, async () => {
    const jobId = `leave-${signal}`;
    const { corral, pid } = await startSleeper(["--job-id", jobId, "--pids-max", "50"]);
    const started = startTicks(pid);
    corral.kill(signal);
    const ended = await corral.ended;
    assert.equal(ended.status, 128 + constants.signals[signal]);
    assert.equal(
      ended.err,
      `[corral] ${signal}: leaving; the workload continues as job ${jobId} (pid ${pid}); end it with corral stop ${jobId}\n`,
    );
    await sleep(1000);
    assert.equal(startTicks(pid), started);
    assert.deepEqual(bench.records(), [`${jobId}.json`], "the record by which the job is found again stays");
    await bench.discard(jobId, [pid]);
  });
}

test("KILL of Corral leaves the workload running, in its group and under its limits", async () => {
  const { corral, pid } = await startSleeper(["--job-id", "killed", "--pids-max", "50"]);
  const started = startTicks(pid);
  const procs = `${bench.parent.groupOf("pids", "killed")}/cgroup.procs`;
  corral.kill("SIGKILL");
  assert.equal((await corral.ended).signal, "SIGKILL");
  await sleep(1000);
  assert.equal(startTicks(pid), started);
  assert.equal(readFileSync(procs, "utf8"), `${pid}\n`);
  await bench.discard("killed", [pid]);
});

test("a report asked for says that Corral left and the workload goes on", async () => {
  const file = bench.fresh("report.json");
  const { corral, pid } = await startSleeper(["--job-id", "left-report", "--report", file]);
  corral.kill("SIGTERM");
  await corral.ended;
  const report = JSON.parse(readFileSync(file, "utf8"));
  assert.equal(report.detached, true);
  assert.equal(report.exit_code, null);
  assert.equal(report.exit_code_known, false);
  assert.equal(report.end_time, null);
  assert.equal(report.platform_sla_reason, "detached_workload_continues");
  assert.equal(report.survivors, null);
  await bench.discard("left-report", [pid]);
});

test("a job whose Corral was killed keeps its id until its workload ends", async (t) => {
  t.after(() => bench.discard("orphan"));
  const { corral, pid } = await startSleeper(["--job-id", "orphan"]);
  corral.kill("SIGKILL");
  await corral.ended;
  const second = await bench.corral(["run", "--job-id", "orphan", "--", "true"]);
  assert.equal(second.status, 125);
  assert.match(second.err, /^\[corral\] a job with the id "orphan" is already running; [^\n]+\n$/);
  process.kill(pid, "SIGKILL");
  await until("the workload is gone", () => startTicks(pid) === null);
  assert.equal((await bench.corral(["run", "--job-id", "orphan", "--", "true"])).status, 0);
});

// A tree that only its group holds together: a child, a session of its own, and one that ignores TERM.
const tree = "sleep 1000 & setsid sleep 1000 & (trap '' TERM; while :; do sleep 1000; done) & wait";

for (const signal of fewInGuest(["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT"] as const, 2)) {
  test(`--lifetime tied: ${signal} of Corral ends the whole group, sessions and TERM-ignorers included`, async (t) => {
    if (!requires(t, root())) return;
    const jobId = `tied-${signal}`;
    const flags = ["--job-id", jobId, "--lifetime", "tied", "--kill-after", "500ms"];
    const { corral } = await startSleeper(flags, tree);
    await until("the tree has grown", () => bench.leftovers().processes.length >= 7);
    corral.kill(signal);
    const ended = await corral.ended;
    if (signal === "SIGKILL") assert.equal(ended.signal, "SIGKILL");
    else assert.equal(ended.status, 143, ended.err);
    await until("nothing of the group lives", () => bench.leftovers().processes.length === 0);
    await until("the group is removed", () => bench.parent.children().length === 0);
    if (signal === "SIGKILL") await bench.discard(jobId);
  });
}

test("--lifetime tied: when the leader ends, what it left behind is ended too", async () => {
  const { status, report } = await bench.report(
    ["--lifetime", "tied", "--kill-after", "500ms"],
    ["sh", "-c", "setsid sleep 1000 & exit 3"],
  );
  assert.equal(status, 3);
  assert.equal(report.exit_code, 3);
  assert.deepEqual(report.survivors, []);
  assert.deepEqual(bench.leftovers(), { groups: [], processes: [], records: [] });
});

expectNoLeftovers(bench);
