/** `corral run` by the native client when its guard stops, dies or is killed at the worst moment. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import type { RunReport } from "../../src/report/index.ts";
import { openBench } from "../shared/bench.ts";
import { host } from "../shared/group-parent.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { until } from "../shared/timing.ts";
import { clearPlace, type GuardUnderTest, newPlace, startGuard, thinClient } from "../vm/guard/support.ts";

const mount = host.unified?.mountPoint ?? null;
const skip = process.getuid?.() !== 0 ? "needs root" : mount === null ? "no cgroup v2 mount" : false;
const bench = openBench();
const place = newPlace(mount ?? "/nowhere");
let guard: GuardUnderTest;

before(async () => {
  if (skip === false) guard = await startGuard(place, { env: { CORRAL_GUARD_BENCH_WITHOUT_CONTROLLERS: "1" } });
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
  await until("the guard to have heard", () => /"begun_ns": "\d+"/.test(readFileSync(recordOf("still"), "utf8")));
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

test("a guard that dies after its plan is replaced by Node, and its warnings are not said twice", {
  skip,
}, async () => {
  const plan = {
    run: "run_1",
    job: "x",
    command_words: 1,
    stderr: "[corral] WARNING: of the guard that dies\n",
    group: null,
    options: ["--"],
    variables: [],
    json: false,
    report: null,
    ahead: null,
    own_group: true,
  };
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

test("what is no request of a job's client ends its connection and nothing else", { skip }, async () => {
  const start = "POST /v1/runs HTTP/1.1\r\n";
  for (const bytes of [
    `${start}content-length: 99999999\r\n\r\n`,
    `${start}host: guard\r\n\r\n`,
    `${start}x: ${"y".repeat(9000)}\r\n\r\n`,
    "POST /v1/runs/run_1/ended HTTP/9\r\ncontent-length: 2\r\n\r\n{}",
  ])
    assert.equal(await sayTo(guard.socket, bytes), "");
  assert.equal((await bench.corral(["run", "--job-id", "after", "--quiet", "--", "true"], served())).status, 0);
  assert.equal(resultsOf("after")[0]?.wrapper_pid, guard.process.pid);
});

test("who says nothing, or half of a request, does not keep a place for ever", { skip }, async () => {
  const half = "POST /v1/runs HTTP/1.1\r\ncontent-length: 9\r\n\r\n{";
  assert.deepEqual(await Promise.all([sayTo(guard.socket, ""), sayTo(guard.socket, half)]), ["", ""]);
});

test("a run of another connection cannot be told to have ended", { skip }, async () => {
  const body = JSON.stringify({ signal: "SIGTERM" });
  const head = `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const run = bench.start(["run", "--job-id", "mine", "--", "sh", "-c", "echo up; sleep 60"], served());
  await until("the workload to run", () => run.out().includes("up"));
  const name = `run_${run.pid}_`;
  for (const number of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const bytes = `POST /v1/runs/${name}${number}/leave HTTP/1.1\r\n${head}${body}POST /v1/runs/x HTTP/9\r\n\r\n`;
    assert.match(await sayTo(guard.socket, bytes), /^HTTP\/1\.1 500 .*JOB_NOT_FOUND/s);
  }
  run.kill("SIGTERM");
  assert.match((await run.ended).err, /leaving; the workload continues as job mine/);
  await bench.corral(["stop", "mine"]);
});

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
  guard = await startGuard(place, { env: { CORRAL_GUARD_BENCH_WITHOUT_CONTROLLERS: "1" } });
});

expectNoLeftovers(bench);
