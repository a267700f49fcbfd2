import assert from "node:assert/strict";
import { test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import type { ProgramEnd } from "../shared/library.ts";
import { runProgram, startProgram } from "../shared/library.ts";
import { startTicks, stateOf } from "../shared/processes.ts";
import { scaled, until } from "../shared/timing.ts";

const bench = openBench();

/** What a program printed as JSON; nothing may be on its stderr. */
function answerOf({ status, stdout, stderr }: ProgramEnd): unknown {
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" }, stdout);
  return JSON.parse(stdout);
}

interface CrowdAnswer {
  readonly shared: number;
  readonly wrong: readonly unknown[];
  readonly before: readonly unknown[];
  readonly after: readonly unknown[];
  readonly longestMs: number;
}

test("200 jobs at once: every result is its own, nothing is left open, and the event loop goes on", async () => {
  const ended = await runProgram(
    bench,
    `import { readdirSync, readFileSync } from "node:fs";
     const abort = new AbortController();
     const one = async (index, stdio = "pipe") => {
       const job = await corral.run("sh", ["-c", 'read line; echo "$line $$"; exit $((' + index + ' % 100))'], {
         stdio, limits: { pidsMax: 10 }, tags: { index: String(index) }, signal: abort.signal,
       });
       job.stdin.end(index + "\\n");
       let out = "";
       for await (const chunk of job.stdout) out += chunk;
       job.stderr.resume();
       for await (const event of job.events) void event;
       return { index, job, out, report: await job.result };
     };
     const open = () => [readdirSync("/proc/self/fd").length, process.getActiveResourcesInfo().filter((one) => one !== "TTYWrap" && one !== "Immediate").toSorted()];
     const settled = () => new Promise((resolve) => setTimeout(resolve, 50));
     await one(0);
     await settled();
     const before = open();
     // Without the time that this thread waited for a CPU, which others had (Documentation/scheduler/sched-stats.rst, "schedstat").
     const own = () => performance.now() - Number(readFileSync("/proc/thread-self/schedstat", "latin1").split(" ")[1]) / 1e6;
     let longestMs = 0;
     let last = own();
     const turns = setInterval(() => {
       longestMs = Math.max(longestMs, own() - last);
       last = own();
     }, 1);
     const all = await Promise.all(Array.from({ length: 200 }, (_, index) => one(index)));
     clearInterval(turns);
     await settled();
     const wrong = all.filter(({ index, job, out, report }) =>
       out !== index + " " + job.pid + "\\n" || report.exit_code !== index % 100 || report.tags.index !== String(index) ||
       report.job_id !== job.jobId || report.pid !== job.pid || report.constraints[0].status !== "applied");
     const shared = 200 - new Set(all.map(({ report }) => report.job_id + report.cgroups.pids)).size;
     console.log(JSON.stringify({ shared, wrong: wrong.map(({ index, out, report }) => ({ index, out, report })), before, after: open(), longestMs }));`,
  );
  const { shared, wrong, before, after, longestMs } = answerOf(ended) as CrowdAnswer;
  assert.deepEqual({ shared, wrong, after }, { shared: 0, wrong: [], after: before });
  assert.ok(longestMs < scaled(100), `the event loop was held for ${longestMs} ms`);
});

test("KILL of the program leaves a job running, orphaned, and it can be taken up", async () => {
  const program = startProgram(
    bench,
    `await corral.run("sleep", ["1000"], { jobId: "orphan", stdio: "ignore", limits: { pidsMax: 20 } }); process.kill(process.pid, "SIGKILL");`,
  );
  assert.equal((await program.ended).signal, "SIGKILL");
  const looked = await runProgram(
    bench,
    `const { live } = await corral.getJob("orphan");
     const job = await corral.takeUp("orphan");
     console.log(JSON.stringify([live.state, live.pid, job.pid, (await job.stop()).exit_signal]));`,
  );
  const [state, pid, takenUp, exitSignal] = answerOf(looked) as [string, number, number, string | null];
  assert.deepEqual([state, takenUp, exitSignal ?? "SIGTERM"], ["orphaned", pid, "SIGTERM"]);
});

test("KILL of the program ends a tied job", async () => {
  const program = startProgram(
    bench,
    `import { writeSync } from "node:fs";
     const job = await corral.run("sleep", ["1000"], { jobId: "tied", lifetime: "tied", killAfter: 1000 });
     writeSync(1, String(job.pid));
     process.kill(process.pid, "SIGKILL");`,
  );
  const { stdout, signal } = await program.ended;
  assert.equal(signal, "SIGKILL");
  await until("the workload has ended", () => startTicks(Number(stdout)) === null);
  await bench.discard("tied");
});

for (const [how, statement] of [
  ["let go of", "await job.detach();"],
  ["unreferenced", "job.unref();"],
  ["unreferenced with a timeout", "job.unref();"],
] as const) {
  test(`a program ends although a job that was ${how} runs on`, async () => {
    const jobId = how.replaceAll(" ", "-");
    const timeout = how.endsWith("timeout") ? 'timeout: "1h",' : "";
    const ended = await runProgram(
      bench,
      `const job = await corral.run("sleep", ["1000"], { jobId: "${jobId}", ${timeout} stdio: ["pipe", "pipe", "ignore"] });
       job.stdout.on("data", () => {});
       console.log(job.pid);
       ${statement}`,
    );
    assert.deepEqual([ended.status, ended.stderr], [0, ""]);
    assert.notEqual(stateOf(Number(ended.stdout)), null);
    await bench.discard(jobId, [Number(ended.stdout)]);
  });
}

test("a job that is referenced again keeps the program until it has ended", async () => {
  const ended = await runProgram(
    bench,
    `const job = await corral.run("sleep", ["0.3"]);
     job.unref();
     job.ref();
     job.result.then(({ exit_code }) => console.log("exit", exit_code));`,
  );
  assert.deepEqual([ended.status, ended.stdout, ended.stderr], [0, "exit 0\n", ""]);
});

test("whatever goes wrong, nothing is rejected unheard", async () => {
  const ended = await runProgram(
    bench,
    `process.on("unhandledRejection", (reason) => console.log("unhandled", reason));
     const quiet = (promise) => promise.catch((error) => error.code);
     const codes = await Promise.all([
       quiet(corral.run("no-such-command", { stdio: "pipe" })),
       quiet(corral.run("true", { signal: AbortSignal.abort() })),
       quiet(corral.run("true", { limits: { cpusetMems: [4000] }, strict: true })),
       quiet(corral.attach(4194304)),
       quiet(corral.takeUp("no-such-job")),
     ]);
     const job = await corral.run("false", { stdio: "pipe", signal: AbortSignal.timeout(10_000) });
     job.stdin.end("x".repeat(1_000_000));
     for await (const chunk of job.stdout) void chunk;
     await job.result;
     await new Promise((resolve) => setTimeout(resolve, 50));
     console.log(codes.join(" "));
     process.exit();`,
  );
  assert.deepEqual(ended, {
    status: 0,
    signal: null,
    stdout: "COMMAND_NOT_FOUND ABORTED STRICT_REFUSED PROCESS_GONE JOB_NOT_FOUND\n",
    stderr: "",
  });
});

test("jobs run from worker threads, several at a time", async () => {
  const ended = await runProgram(
    bench,
    `import { isMainThread, Worker, parentPort } from "node:worker_threads";
     import { fileURLToPath } from "node:url";
     if (isMainThread) {
       const answers = await Promise.all(Array.from({ length: 4 }, () => new Promise((resolve, reject) => {
         let answer = null;
         const worker = new Worker(fileURLToPath(import.meta.url));
         worker.on("message", (message) => { answer = message; });
         worker.on("error", reject);
         worker.on("exit", () => resolve(answer));
       })));
       console.log(answers.join(" "));
     } else {
       const codes = await Promise.all([1, 2, 3].map(async (code) => {
         const job = await corral.run("sh", ["-c", "cat; exit " + code], { stdio: "pipe", limits: { pidsMax: 10 } });
         job.stdin.end("hello");
         let out = "";
         for await (const chunk of job.stdout) out += chunk;
         return out + (await job.result).exit_code;
       }));
       parentPort.postMessage(codes.join());
     }`,
  );
  const one = "hello1,hello2,hello3";
  assert.deepEqual([ended.stderr, ended.stdout], ["", `${one} ${one} ${one} ${one}\n`]);
});

test("without the addon everything works but pipes, which are refused", async () => {
  const ended = await runProgram(
    bench,
    `const quiet = (promise) => promise.catch((error) => error.code);
     const job = await corral.run("sh", ["-c", "echo written; kill -TERM $$"], { limits: { pidsMax: 10 } });
     const { exit_signal, constraints } = await job.result;
     const sleeper = await corral.run("sleep", ["1000"], { lifetime: "tied" });
     const { ended_by_corral } = await sleeper.stop();
     console.log(exit_signal, constraints[0].status, ended_by_corral, await quiet(corral.run("true", { stdio: "pipe" })));`,
    { CORRAL_NO_ADDON: "1" },
  );
  assert.deepEqual(ended, {
    status: 0,
    signal: null,
    stdout: "written\nSIGTERM applied stop NATIVE_MISSING\n",
    stderr: "",
  });
});

expectNoLeftovers(bench);
