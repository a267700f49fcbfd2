import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Job, JobEvent, RunOptions } from "../../src/index.ts";
import { CorralError, getJob, listJobs, run, takeUp, waitForJob } from "../../src/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { benchMark, benchOptions } from "../shared/library.ts";
import { startTicks, stateOf } from "../shared/processes.ts";
import { controller, requires } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();
const options = { ...benchOptions(bench), env: benchMark(bench) };
const { stateDirectory } = options;

/** All that a stream brings. */
async function textOf(stream: AsyncIterable<unknown> | null): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** What a shell script prints as a job. */
async function printed(script: string, more: RunOptions = {}): Promise<string> {
  const job = await run("sh", ["-c", script], { ...options, ...more, stdio: ["ignore", "pipe", "inherit"] });
  return textOf(job.stdout);
}

async function statesOf(job: Job): Promise<string[]> {
  const events: JobEvent[] = [];
  for await (const event of job.events) events.push(event);
  return events.map(({ state }) => state);
}

const sleeper = (more: RunOptions = {}): Promise<Job> => run("sleep", ["1000"], { ...options, ...more });

test("the limits stand in the workload's first instruction", async (t) => {
  if (!requires(t, controller("pids"))) return;
  const file = bench.parent.fileOf("pids", "first", { v1: "pids.max", v2: "pids.max" });
  const group = bench.parent.groupOf("pids", "first");
  const out = await printed(`cat ${file}; cat ${group}/cgroup.procs`, {
    jobId: "first",
    limits: { pidsMax: 17, nice: 3 },
  });
  assert.match(out, /^17\n\d+\n\d+\n$/, "its own shell and cat");
});

test("the result is the report that corral run writes, and is written before it comes", async () => {
  const job = await run("sh", ["-c", "exit 42"], {
    ...options,
    jobId: "forty-two",
    tags: { team: "web" },
    intent: "test",
    slaEligible: true,
  });
  const report = await job.result;
  const { exit_code, exit_reason, tags, intent, sla_eligible, wrapper_pid, pid } = report;
  assert.deepEqual(
    { exit_code, exit_reason, tags, intent, sla_eligible, wrapper_pid, pid },
    {
      exit_code: 42,
      exit_reason: "error",
      tags: { team: "web" },
      intent: "test",
      sla_eligible: true,
      wrapper_pid: process.pid,
      pid: job.pid,
    },
  );
  assert.deepEqual(await waitForJob("forty-two", { stateDirectory }), report);
  const { live, result, results } = await getJob("forty-two", { stateDirectory });
  assert.deepEqual({ live, result, results }, { live: null, result: report, results: 1 });
});

test("every outcome of a limit is in the job at once, and in the report", async (t) => {
  if (!requires(t, controller("pids"))) return;
  const job = await run(["sh", "-c", "read line; exit 0"], {
    ...options,
    limits: { pidsMax: 20 },
    stdio: ["pipe", "inherit", "inherit"],
  });
  const outcomes = job.constraints;
  assert.deepEqual(
    outcomes.map(({ name, status, mechanism, effective }) => ({ name, status, mechanism, effective })),
    [{ name: "pids-max", status: "applied", mechanism: "pids.max", effective: "20" }],
  );
  job.stdin.end("\n");
  assert.deepEqual((await job.result).constraints, outcomes);
});

test("every reader gets every event from the first on, however late, and the iteration ends with the job", async () => {
  const job = await run("sh", ["-c", "read line; exit 3"], { ...options, stdio: ["pipe", "inherit", "inherit"] });
  const early = statesOf(job);
  const first = job.events[Symbol.asyncIterator]();
  assert.equal((await first.next()).value?.state, "starting");
  job.stdin.end("\n");
  const wanted = ["starting", "running", "failed"];
  assert.deepEqual(await early, wanted);
  await job.result;
  assert.deepEqual([await statesOf(job), await statesOf(job)], [wanted, wanted]);
});

test("the environment is this process's with the changes of env, or env alone", async () => {
  process.env["CORRAL_TEST_INHERITED"] = "yes";
  const script = 'echo "[$CORRAL_TEST_INHERITED] [$CORRAL_TEST_ADDED]"';
  try {
    const mark = benchMark(bench);
    assert.equal(await printed(script, { env: { ...mark, CORRAL_TEST_ADDED: "a b" } }), "[yes] [a b]\n");
    assert.equal(await printed(script, { env: { ...mark, CORRAL_TEST_INHERITED: undefined } }), "[] []\n");
    const alone = { ...mark, PATH: process.env["PATH"], CORRAL_TEST_ADDED: "x" };
    assert.equal(await printed(script, { env: alone, extendEnv: false }), "[] [x]\n");
  } finally {
    delete process.env["CORRAL_TEST_INHERITED"];
  }
});

test("arguments and working directory are taken verbatim", async () => {
  const words = ["--help", "", "x y", "--", "$HOME", "*"];
  const job = await run(["sh", "-c", 'pwd; for word; do echo "<$word>"; done'], ["sh", ...words], {
    ...options,
    workdir: "/",
    stdio: ["ignore", "pipe", "ignore"],
  });
  assert.equal(await textOf(job.stdout), `/\n${words.map((word) => `<${word}>\n`).join("")}`);
});

test("a command that does not exist rejects with its code and the report, and leaves nothing", async () => {
  const error = await run("no-such-command", { ...options, jobId: "nothing", limits: { pidsMax: 10 } }).catch(
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof CorralError);
  const { code, report } = error;
  assert.deepEqual(
    [code, report?.job_id, report?.exit_reason, report?.start_error?.code, report?.pid],
    ["COMMAND_NOT_FOUND", "nothing", "start_failed", "COMMAND_NOT_FOUND", null],
  );
  assert.deepEqual((await waitForJob("nothing", { stateDirectory })).start_error, report?.start_error);
});

test("strict refuses to start when a limit cannot be had", async () => {
  const limits = { cpusetMems: [4000] };
  const error = await run("true", { ...options, limits, strict: true }).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof CorralError);
  assert.equal(error.code, "STRICT_REFUSED");
  assert.deepEqual(
    error.report?.constraints.map(({ name, status }) => [name, status === "applied"]),
    [["cpuset-mems", false]],
  );
});

test("warnings come as they arise, without a prefix, and are in the report", async () => {
  const warnings: string[] = [];
  const job = await run("true", {
    ...options,
    limits: { cpusetMems: [4000] },
    onWarning: (line) => warnings.push(line),
  });
  assert.match(warnings[0] ?? "", /^WARNING: /);
  assert.deepEqual((await job.result).warnings, warnings);
});

test("a second live job of the same id is refused", async () => {
  const job = await sleeper({ jobId: "twice" });
  await assert.rejects(sleeper({ jobId: "twice" }), { code: "JOB_EXISTS", report: null });
  assert.equal((await job.stop()).ended_by_corral, "stop");
});

test("stop ends what ignores TERM, after the grace", async () => {
  const job = await run("sh", ["-c", 'trap "" TERM; echo ready; while :; do sleep 0.05; done'], {
    ...options,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => job.stdout.once("data", resolve));
  const { exit_signal, ended_by_corral, survivors } = await job.stop({ grace: 100 });
  assert.deepEqual([exit_signal, ended_by_corral], ["SIGKILL", "stop"]);
  assert.deepEqual(survivors ?? [], []);
  assert.deepEqual(await job.stop(), await job.result, "a job that is over stays as it is");
});

test("a timeout ends the workload, and the report says so", async () => {
  const job = await sleeper({ timeout: "100ms", killAfter: 1000 });
  const { exit_reason, exit_signal, ended_by_corral } = await job.result;
  assert.deepEqual([exit_reason, exit_signal, ended_by_corral], ["timeout", "SIGTERM", "timeout"]);
});

test("a signal reaches the workload; one that does not exist is refused", async () => {
  const job = await sleeper();
  assert.throws(() => job.signal("SIGNOPE" as NodeJS.Signals), {
    code: "USAGE",
    message: 'signal knows no "SIGNOPE"',
  });
  job.signal("SIGUSR1");
  const { exit_signal, ended_by_corral } = await job.result;
  assert.deepEqual([exit_signal, ended_by_corral], ["SIGUSR1", null]);
  job.signal("SIGTERM");
});

test("limits change while the workload runs, and the report has the last of them", async (t) => {
  if (!requires(t, controller("pids"))) return;
  const job = await sleeper({ jobId: "changed", limits: { pidsMax: 20 } });
  const { constraints } = await job.update({ pidsMax: 30, nice: 5 });
  assert.deepEqual(
    constraints.map(({ name, effective }) => [name, effective]),
    [
      ["pids-max", "30"],
      ["nice", "5"],
    ],
  );
  const file = bench.parent.fileOf("pids", "changed", { v1: "pids.max", v2: "pids.max" });
  assert.equal(readFileSync(file ?? "", "utf8"), "30\n");
  assert.deepEqual(job.constraints, constraints);
  await assert.rejects(job.update({ pidsMax: -1 }), { code: "USAGE" });
  assert.deepEqual((await job.stop()).constraints, constraints);
  await assert.rejects(job.update({ pidsMax: 5 }), { code: "JOB_ENDED" });
});

test("a frozen workload stands still until it is thawed, and can be ended gently while it does", async (t) => {
  const unified = bench.parent.groupOf("unified", "cold");
  if (!requires(t, unified === null ? "no cgroup v2 hierarchy to freeze in" : null)) return;
  const job = await sleeper({ jobId: "cold" });
  assert.deepEqual(await job.freeze(), { changed: true, processes: 1 });
  assert.deepEqual(await job.freeze(), { changed: false, processes: 1 });
  assert.equal((await getJob("cold", { stateDirectory })).live?.freezer, "frozen");
  assert.deepEqual(await job.thaw(), { changed: true, processes: 1 });
  await job.freeze();
  assert.equal((await job.stop()).exit_signal, "SIGTERM", "it was thawed, to act on TERM within the grace");
});

test("processes and use are those of the whole group", async () => {
  const job = await run("sh", ["-c", "sleep 1000 & sleep 1000 & echo ready; wait"], {
    ...options,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => job.stdout.once("data", resolve));
  const pids = job.processes().map(({ pid }) => pid);
  assert.equal(pids.length, 3);
  assert.ok(pids.includes(job.pid as (typeof pids)[number]));
  assert.equal(job.usage().source, "group");
  assert.deepEqual(job.processes()[0]?.startTicks, startTicks(pids[0] ?? 0));
  const { survivors, usage } = await job.stop();
  assert.deepEqual([survivors, job.processes()], [[], []]);
  assert.deepEqual(job.usage(), usage, "its group is gone, and what it counted is not");
});

test("without a group the leader stands for the workload", async () => {
  const job = await sleeper({ account: false });
  assert.deepEqual(
    job.processes().map(({ pid }) => pid),
    [job.pid],
  );
  assert.equal(job.usage().source, "none");
  await assert.rejects(job.freeze(), { code: "NO_GROUP" });
  const { usage } = await job.stop();
  assert.deepEqual([usage.source, job.usage()], ["rusage", usage]);
});

test("a job that was let go of runs on, is on the list, and can be taken up to its end", async () => {
  const job = await sleeper({ jobId: "left" });
  const report = await job.detach();
  assert.deepEqual([report.detached, report.end_time, report.survivors], [true, null, null]);
  assert.deepEqual([await job.result, await statesOf(job)], [report, ["starting", "running", "detached"]]);
  const { jobs } = await listJobs({ stateDirectory });
  assert.deepEqual(
    jobs.map(({ job_id, state, pid }) => ({ job_id, state, pid })),
    [{ job_id: "left", state: "detached", pid: job.pid }],
  );
  const again = await takeUp("left", { stateDirectory });
  assert.equal(again.pid, job.pid);
  await assert.rejects(takeUp("left", { stateDirectory }), { code: "JOB_WATCHED" });
  const ended = await again.stop();
  assert.deepEqual([ended.detached, ended.ended_by_corral, ended.exit_signal], [false, "stop", "SIGTERM"]);
  assert.equal(stateOf(job.pid) ?? "Z", "Z");
  await assert.rejects(takeUp("left", { stateDirectory }), { code: "JOB_ENDED" });
});

test("await using ends a tied job and lets go of any other", async () => {
  const tied = await sleeper({ lifetime: "tied" });
  await assert.rejects(tied.detach(), { code: "USAGE" });
  await tied[Symbol.asyncDispose]();
  assert.equal((await tied.result).ended_by_corral, "stop");
  const loose = await sleeper({ jobId: "loose" });
  await loose[Symbol.asyncDispose]();
  assert.equal((await loose.result).detached, true);
  assert.notEqual(startTicks(loose.pid), null);
  await bench.discard("loose", [loose.pid]);
  await until("the child was reaped", () => stateOf(loose.pid) === null);
});

test("the list has ended jobs when they are asked for", async () => {
  await (await run("true", { ...options, jobId: "last-one" })).result;
  const { jobs, ended } = await listJobs({ stateDirectory, last: 1 });
  assert.deepEqual([jobs, ended?.map(({ job_id }) => job_id)], [[], ["last-one"]]);
  assert.equal((await listJobs({ stateDirectory })).ended, null);
  await assert.rejects(getJob("no-such-job", { stateDirectory }), { code: "JOB_NOT_FOUND" });
});

expectNoLeftovers(bench);
