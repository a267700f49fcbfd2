/** `corral run` by the native client when its guard stops, dies or is killed at the worst moment. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import type { RunReport } from "../../src/report/index.ts";
import { openBench } from "../shared/bench.ts";
import { newHostPlace, skip, withoutControllers } from "../shared/host-guard.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { requires } from "../shared/requires.ts";
import { killAt, killEachAt, tracing } from "../shared/strace.ts";
import { until } from "../shared/timing.ts";
import { clearPlace, type GuardUnderTest, startGuard, thinClient } from "../vm/guard/support.ts";

const bench = openBench();
const place = newHostPlace();
let guard: GuardUnderTest;

before(async () => {
  if (skip !== false) return;
  guard = await startGuard(place, { env: withoutControllers });
  // Where time is slow a guard's first job takes longer than its client waits: what that needs is read only then.
  await bench.corral(["run", "--job-id", "first", "--quiet", "--", "true"], served());
});
after(async () => {
  if (skip === false) await guard.end("SIGKILL");
  await clearPlace(place);
});

const served = (socket = guard.socket) => ({ program: [thinClient()], env: { CORRAL_GUARD_SOCKET: socket } });

const resultsOf = (jobId: string): readonly RunReport[] =>
  bench
    .results()
    .filter((name) => name.startsWith(`${jobId}~`) && name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(`${bench.stateDir}/results/${name}`, "utf8")) as RunReport);

const stateOf = (pid: number): string | undefined =>
  /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];

async function stop(): Promise<void> {
  guard.process.kill("SIGSTOP");
  await until("the guard to stand still", () => stateOf(guard.process.pid ?? 0) === "T");
}

test("a guard that stands still when the workload ends holds nobody up, and finishes the record when it goes on", {
  skip,
}, async () => {
  const mark = bench.fresh("mark");
  const script = `echo up; while [ ! -e ${mark} ]; do sleep 0.05; done; exit 7`;
  const run = bench.start(["run", "--job-id", "still", "--", "sh", "-c", script], served());
  await until("the workload to run", () => run.out().includes("up"));
  // It is told after the guard has heard; the record is written ahead, by the client.
  await guard.seen("JOB_STARTED", (line) => line["job"] === "still");
  await stop();
  await bench.corral(["run", "--no-daemon", "--quiet", "--", "touch", mark]);
  const ran = await run.ended;
  assert.equal(ran.status, 7);
  assert.match(ran.err, /WARNING: the guard does not answer; what job still used/);
  assert.deepEqual(resultsOf("still"), []);
  guard.process.kill("SIGCONT");
  await until("its result", () => resultsOf("still").length === 1);
  await guard.seen("JOB_ENDED", (line) => line["job"] === "still" && line["exit_code"] === 7);
  assert.deepEqual(
    resultsOf("still").map(({ exit_code, exit_reason, wrapper_pid }) => [exit_code, exit_reason, wrapper_pid]),
    [[7, "error", guard.process.pid]],
  );
});

const recordOf = (jobId: string): string => `${bench.stateDir}/run/jobs/${jobId}.json`;

test("a guard that goes on after its client has given up waiting begins nothing", { skip }, async () => {
  await stop();
  const ran = await bench.corral(["run", "--job-id", "given-up", "--quiet", "--", "echo", "hello"], served());
  assert.deepEqual([ran.status, ran.out, ran.err], [0, "hello\n", ""]);
  guard.process.kill("SIGCONT");
  // It has answered another one since, so that it has come to the first.
  assert.equal((await bench.corral(["run", "--job-id", "next", "--quiet", "--", "true"], served())).status, 0);
  assert.equal(resultsOf("next")[0]?.wrapper_pid, guard.process.pid);
  assert.deepEqual(
    resultsOf("given-up").map(({ exit_code, wrapper_pid }) => [exit_code, wrapper_pid === guard.process.pid]),
    [[0, false]],
  );
  assert.equal(existsSync(recordOf("given-up")), false);
});

/** A plan of no guard's. */
const emptyPlan = {
  run: "run_1",
  job: "x",
  command_words: 2,
  stderr: "",
  group: null,
  options: ["--"],
  variables: [],
  json: false,
  report: null,
  ahead: null as { readonly path: string; readonly parts: readonly string[] } | null,
  own_group: true,
};

test("a guard that dies after its plan is replaced by Node, and its warnings are not said twice", {
  skip,
}, async () => {
  const plan = { ...emptyPlan, command_words: 1, stderr: "[corral] WARNING: of the guard that dies\n" };
  const asked: string[] = [];
  const dying = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (request.url !== "/v1/runs") return request.socket.destroy();
    const text = JSON.stringify(plan);
    response.writeHead(201, { "content-type": "application/json", "content-length": text.length });
    response.end(text);
  });
  const socket = `${place.home}/dying.sock`;
  await new Promise<void>((resolve) => dying.listen(socket, resolve));
  const ran = await bench.corral(["run", "--job-id", "left", "--", "echo", "hello"], served(socket));
  dying.close();
  assert.deepEqual(asked, ["/v1/runs", "/v1/runs/run_1/held"]);
  assert.deepEqual([ran.status, ran.out, ran.err.includes("of the guard that dies")], [0, "hello\n", false]);
  assert.equal(resultsOf("left").length, 1);
});

test("a guard that dies before a client lets its process go on by itself is replaced by Node, which keeps the time", {
  skip,
}, async () => {
  const gate = `${place.home}/gate`;
  execFileSync("mkfifo", [gate]);
  const record = `${place.home}/ahead.json`;
  const asked: string[] = [];
  const dying = createServer((request, response) => {
    asked.push(request.url ?? "");
    const ahead = { path: record, parts: ["{ pid: ", ", ticks: ", ", ns: ", " }"] };
    // The launcher opens the gate, which waits for who reads it: that is only after the end of the connection.
    const text = JSON.stringify({ ...emptyPlan, options: ["--join", gate, "--"], ahead });
    response.writeHead(201, { "content-type": "application/json", "content-length": text.length });
    response.end(text, () => request.socket.destroy());
    request.socket.on("close", () => void readFile(gate));
  });
  const socket = `${place.home}/early.sock`;
  await new Promise<void>((resolve) => dying.listen(socket, resolve));
  const words = ["run", "--job-id", "early", "--timeout", "300ms", "--", "sleep", "60"];
  const ran = await bench.corral(words, served(socket));
  dying.close();
  assert.deepEqual([asked, existsSync(record)], [["/v1/runs"], false]);
  assert.equal(ran.status, 124, ran.err);
  assert.deepEqual(
    resultsOf("early").map(({ exit_reason }) => exit_reason),
    ["timeout"],
  );
});

/** Sends bytes to the guard; what it answers until it closes the connection. */
const sayTo = (path: string, bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = "";
    const connection = connect(path, () => connection.write(bytes));
    connection.on("data", (data) => {
      said += data.toString();
    });
    connection.on("error", reject);
    connection.on("close", () => resolve(said));
  });

test("what is no request of a job's client is answered with why, and ends its connection and nothing else", {
  skip,
}, async () => {
  const start = "POST /v1/runs HTTP/1.1\r\n";
  for (const [bytes, status] of [
    [`${start}content-length: 99999999\r\n\r\n`, "413 Payload Too Large"],
    [`${start}host: guard\r\n\r\n`, "400 Bad Request"],
    [`${start}x: ${"y".repeat(9000)}\r\n\r\n`, "431 Request Header Fields Too Large"],
    ["POST /v1/runs/run_1/ended HTTP/9\r\ncontent-length: 2\r\n\r\n{}", "400 Bad Request"],
  ] as const) {
    const answer = `HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`;
    assert.equal(await sayTo(guard.socket, bytes), answer);
  }
  assert.equal((await bench.corral(["run", "--job-id", "after", "--quiet", "--", "true"], served())).status, 0);
  assert.equal(resultsOf("after")[0]?.wrapper_pid, guard.process.pid);
});

test("who says nothing, or half of a request, does not keep a place for ever", { skip }, async () => {
  const half = "POST /v1/runs HTTP/1.1\r\ncontent-length: 9\r\n\r\n{";
  assert.deepEqual(await Promise.all([sayTo(guard.socket, ""), sayTo(guard.socket, half)]), ["", ""]);
});

const requestOf = (path: string, body: unknown): string => {
  const text = JSON.stringify(body);
  return `POST ${path} HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
};

/** A client that stays: says one request and waits for the answer, which has to hold what is looked for. */
function openClient() {
  let said = "";
  const connection = connect(guard.socket);
  connection.on("data", (data) => {
    said += data.toString();
  });
  const ask = async (path: string, body: unknown, wanted: RegExp): Promise<RegExpExecArray> => {
    said = "";
    connection.write(requestOf(path, body));
    await until(`the answer to ${path}`, () => wanted.test(said));
    return wanted.exec(said) as RegExpExecArray;
  };
  return { ask, close: () => void connection.destroy() };
}

test("a run is told of by the connection that began it, and by no other", { skip }, async () => {
  const owner = openClient();
  const { PATH, CORRAL_STATE_DIR, CORRAL_CGROUP_PARENT } = bench.env;
  const environment = { PATH, CORRAL_STATE_DIR, CORRAL_CGROUP_PARENT };
  const words = ["run", "--job-id", "mine", "--", "true"];
  const [, run = ""] = await owner.ask("/v1/runs", { words, environment }, /"run":"(run_\d+_\d+)"/);
  for (const [verb, body] of [["leave", { signal: "SIGTERM" }] as const, ["held", { pid: 1, status: "" }] as const])
    assert.match(
      await sayTo(guard.socket, `${requestOf(`/v1/runs/${run}/${verb}`, body)}POST /v1/runs/x HTTP/9\r\n\r\n`),
      /^HTTP\/1\.1 500 .*JOB_NOT_FOUND/s,
    );
  // It is there all the same, for whose it is.
  await owner.ask(`/v1/runs/${run}/held`, { pid: 1, status: "" }, /GUARD_DENIED/);
  owner.close();
  await until("its end", () => resultsOf("mine").length === 1);
  assert.equal(resultsOf("mine")[0]?.exit_reason, "start_failed");
});

/** A run whose client, or what it makes, is killed at the worst moment. */
const runKilled = (jobId: string, wrap: readonly string[], script: string) =>
  bench.corral(["run", "--job-id", jobId, "--pids-max", "50", "--quiet", "--", "sh", "-c", script], {
    ...served(),
    wrap,
  });

test("a client that dies with its process before that is on record leaves a job that has not started", {
  skip,
}, async (t) => {
  if (!requires(t, tracing())) return;
  const mark = bench.fresh("mark");
  // The first descriptor that either of the two closes, once there are two.
  await runKilled("unsaid", killEachAt({ close: 1 }), `touch ${mark}`);
  await until("its result", () => resultsOf("unsaid").length === 1);
  const [result] = resultsOf("unsaid");
  assert.equal(existsSync(mark), false);
  assert.deepEqual([result?.wrapper_pid, result?.exit_reason], [guard.process.pid, "start_failed"]);
});

test("one that dies with its process between the record and the command leaves a job that may not have started", {
  skip,
}, async (t) => {
  if (!requires(t, tracing())) return;
  const mark = bench.fresh("mark");
  // The process sets its signals back when it is on record; its client sends for the second time when it has heard of that.
  await runKilled("maybe", killEachAt({ rt_sigaction: 3, sendto: 2 }), `touch ${mark}`);
  await until("its result", () => resultsOf("maybe").length === 1);
  const [result] = resultsOf("maybe");
  assert.equal(existsSync(mark), false);
  assert.equal(result?.wrapper_pid, guard.process.pid);
  t.diagnostic(`${result?.exit_reason}: ${result?.warnings.join("; ")}`);
  if (result?.exit_reason === "start_failed") return;
  assert.deepEqual([result?.exit_reason, result?.exit_code, result?.exit_signal], ["unknown", null, null]);
  assert.match(result?.warnings.join("\n") ?? "", /it may not have executed its command/);
});

for (const [jobId, when, wrap] of [
  ["said", "before it can tell of its process", killAt("sendto", 2)],
  ["alone", "as soon as there is its process, which is not on record yet,", killAt("close", 1)],
] as const) {
  test(`a client that dies ${when} leaves a job that the guard follows to its end`, { skip }, async (t) => {
    if (!requires(t, tracing())) return;
    const mark = bench.fresh("mark");
    await runKilled(jobId, wrap, `while [ ! -e ${mark} ]; do sleep 0.05; done; exit 3`);
    await guard.seen("JOB_STARTED", (line) => line["job"] === jobId);
    await bench.corral(["run", "--no-daemon", "--quiet", "--", "touch", mark]);
    await until("its result", () => resultsOf(jobId).length === 1);
    const [result] = resultsOf(jobId);
    assert.deepEqual(result?.warnings, []);
    assert.ok(result?.exit_code === 3 || result?.exit_reason === "unknown", JSON.stringify(result));
  });
}

test("a guard that is killed while the workload runs leaves it alone, and its account is kept", { skip }, async () => {
  const mark = bench.fresh("mark");
  const script = `echo up; while [ ! -e ${mark} ]; do sleep 0.05; done; exit 3`;
  const run = bench.start(["run", "--job-id", "orphan", "--pids-max", "50", "--", "sh", "-c", script], served());
  await until("the workload to run", () => run.out().includes("up"));
  await guard.end("SIGKILL");
  const [listed] = (JSON.parse((await bench.corral(["ps", "--json"])).out) as { jobs: { job_id: string }[] }).jobs;
  assert.equal(listed?.job_id, "orphan");
  await bench.corral(["run", "--no-daemon", "--quiet", "--", "touch", mark]);
  const ran = await run.ended;
  assert.equal(ran.status, 3);
  assert.match(ran.err, /WARNING: the guard went away while job orphan ran/);
  await bench.corral(["gc"]);
  const [result] = resultsOf("orphan");
  assert.deepEqual(
    [result?.exit_reason, result?.exit_code, result?.constraints[0]?.status],
    ["unknown", null, "applied"],
  );
  guard = await startGuard(place, { env: withoutControllers });
});

expectNoLeftovers(bench);
