import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { attach, CorralError, getJob, run } from "../../src/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { benchOptions } from "../shared/library.ts";
import { killQuietly, startTicks } from "../shared/processes.ts";
import { controller, requires } from "../shared/requires.ts";

const bench = openBench();
const options = benchOptions(bench);
const started: number[] = [];
after(() => {
  for (const pid of started) killQuietly(pid);
});

/** A process that nobody governs, with its pid and when it started. */
async function stranger(script = "echo ready; exec sleep 1000") {
  const child = spawn("sh", ["-c", script], { env: bench.env, stdio: ["pipe", "pipe", "inherit"], detached: true });
  await once(child.stdout, "data");
  const pid = child.pid ?? -1;
  started.push(pid);
  return { child, pid, startTicks: startTicks(pid) ?? -1 };
}

const niceOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ")[16]);

test("a living process is put under limits, and gets everything back when it is let go of", async (t) => {
  if (!requires(t, controller("pids"))) return;
  const { pid, child } = await stranger();
  const before = readFileSync(`/proc/${pid}/cgroup`, "latin1");
  const job = await attach(pid, { ...options, jobId: "held", limits: { pidsMax: 20, nice: 7 } });
  assert.deepEqual(
    job.constraints.map(({ name, effective }) => [name, effective]),
    [
      ["pids-max", "20"],
      ["nice", "7"],
    ],
  );
  const group = bench.parent.groupOf("pids", "held");
  assert.deepEqual([readFileSync(`${group}/cgroup.procs`, "latin1"), niceOf(pid)], [`${pid}\n`, 7]);
  assert.deepEqual(
    job.processes().map((one) => one.pid),
    [pid],
  );
  assert.deepEqual([job.stdin, job.stdout, job.stderr], [null, null, null]);
  const { mode, detached, attach: end } = await job.detach();
  assert.deepEqual([mode, detached, end?.processes, end?.not_restored], ["attach", true, 1, []]);
  assert.deepEqual([readFileSync(`/proc/${pid}/cgroup`, "latin1"), niceOf(pid)], [before, 0]);
  child.kill("SIGKILL");
});

test("the end of an attached process is seen, with its status", async () => {
  const { pid, child, startTicks: ticks } = await stranger("echo ready; read line; exit 7");
  const job = await attach({ pid, startTicks: ticks }, options);
  child.stdin.end("\n");
  const { exit_code, exit_code_known, mode } = await job.result;
  assert.deepEqual([mode, exit_code_known ? exit_code : 7], ["attach", 7]);
  const states: string[] = [];
  for await (const { state } of job.events) states.push(state);
  assert.deepEqual(states.slice(0, 2), ["starting", "running"]);
});

test("limits that are to stay, stay when the job is let go of", async (t) => {
  if (!requires(t, controller("pids"))) return;
  const { pid } = await stranger();
  const job = await attach(pid, { ...options, jobId: "kept", keepLimits: true, limits: { pidsMax: 20 } });
  await job.detach();
  assert.equal(readFileSync(`${bench.parent.groupOf("pids", "kept")}/cgroup.procs`, "latin1"), `${pid}\n`);
  assert.equal((await getJob("kept", { stateDirectory: bench.stateDir })).live?.state, "detached");
  await bench.discard("kept", [pid]);
});

test("a pid that was used again is another process, and is not touched", async () => {
  const { pid, startTicks: ticks, child } = await stranger();
  await assert.rejects(attach({ pid, startTicks: ticks - 1 }, options), { code: "PROCESS_GONE" });
  child.kill("SIGKILL");
});

test("what must not be governed is refused with its code", async () => {
  await assert.rejects(attach(process.pid, options), { code: "PROCESS_PROTECTED" });
  await assert.rejects(attach(1, options), { code: "PROCESS_PROTECTED" });
  await assert.rejects(attach(4_194_304, options), { code: "PROCESS_GONE" });
  for (const bad of [0, -1, 1.5, "1", null, { pid: 1 }] as const)
    await assert.rejects(attach(bad as number, options), { code: "USAGE" });
  await assert.rejects(attach(process.pid, { ...options, timeout: 5 } as object), {
    code: "USAGE",
    message: "there is no option timeout",
  });
});

test("a process that has a job is refused with the job's id", async () => {
  const job = await run("sleep", ["1000"], { ...options, env: { CORRAL_TEST_MARK: bench.env["CORRAL_TEST_MARK"] } });
  const error = await attach(job.pid, options).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof CorralError);
  assert.deepEqual([error.code, error.found], ["PROCESS_GOVERNED", job.jobId]);
  await job.stop();
});

expectNoLeftovers(bench);
