/** `corral run` by the native client through a guard, beside Node's: the same words, status and report. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { RunReport } from "../../src/report/index.ts";
import type { Ran } from "../shared/bench.ts";
import { openBench } from "../shared/bench.ts";
import { newHostPlace, skip, withoutControllers } from "../shared/host-guard.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { until } from "../shared/timing.ts";
import { clearPlace, type GuardUnderTest, type Line, startGuard, thinClient } from "../vm/guard/support.ts";

const bench = openBench();
const place = newHostPlace();
let guard: GuardUnderTest;

before(async () => {
  if (skip !== false) return;
  // Without controllers in v2 no session's limit holds, and none is looked at here.
  const env = withoutControllers;
  guard = await startGuard(place, { config: "{ version: 1, sessions: [{ name: s }] }", env });
});
after(async () => {
  if (skip === false) await guard.end("SIGKILL");
  await clearPlace(place);
});

const served = () => ({ program: [thinClient()], env: { CORRAL_GUARD_SOCKET: guard.socket } });

const parse = (text: string): RunReport => JSON.parse(text) as RunReport;

/** The parts of a report that two runs of the same words have in common. */
function common({ report, jobId }: { readonly report: RunReport; readonly jobId: string }): unknown {
  const { usage, events, constraints, cgroups, ...rest } = report;
  const own = JSON.stringify({
    ...rest,
    cgroups,
    constraints,
    events: events.map(({ state, message }) => [state, message]),
  });
  const same: unknown = JSON.parse(own.replaceAll(jobId, "JOB").replaceAll(`process ${report.pid} `, "process PID "));
  for (const name of [
    "wrapper_pid",
    "pid",
    "pid_start_ticks",
    "start_time",
    "end_time",
    "duration_sec",
    "processing_seconds",
  ])
    delete (same as Record<string, unknown>)[name];
  return { ...(same as object), source: usage.source, oomKills: (usage.oom_kills ?? 0) > 0 };
}

const words = (text: string, jobId: string): readonly string[] =>
  text
    .replaceAll(jobId, "JOB")
    .split("\n")
    .filter((line) => !line.startsWith("JOB ") && !/\d (s|ms)\b/.test(line));

/** Runs the same words by Node and through the guard; both reports, asserted to say the same. */
async function both(name: string, flags: readonly string[], command: readonly string[]): Promise<RunReport> {
  const runs: { ran: Ran; report: RunReport; jobId: string }[] = [];
  for (const [way, options] of [["node", {}] as const, ["guard", served()] as const]) {
    const jobId = `${name}-${way}`;
    const file = bench.fresh("report");
    const ran = await bench.corral(["run", "--job-id", jobId, "--report", file, ...flags, "--", ...command], options);
    runs.push({ ran, jobId, report: parse(readFileSync(file, "utf8")) });
  }
  const [node, ours] = runs;
  assert.ok(node && ours);
  assert.deepEqual([ours.ran.status, ours.ran.out], [node.ran.status, node.ran.out], name);
  assert.deepEqual(common(ours), common(node), name);
  assert.deepEqual(words(ours.ran.err, ours.jobId), words(node.ran.err, node.jobId), name);
  // The guard is who watched over it.
  assert.deepEqual(
    [ours.report.wrapper_pid, node.report.wrapper_pid === guard.process.pid],
    [guard.process.pid, false],
  );
  return ours.report;
}

test("a command that ends is reported as Node reports it", { skip }, async () => {
  const limits = ["--cpu-quota", "50", "--memory-limit", "64", "--pids-max", "20", "--nice", "5", "--env", "A=b"];
  const report = await both("three", limits, ["sh", "-c", 'echo "out $A"; echo err >&2; exit 3']);
  assert.deepEqual([report.exit_code, report.exit_reason, report.constraints.length], [3, "error", 4]);
  assert.deepEqual([...new Set(report.constraints.map(({ status }) => status))], ["applied"]);
  const mine = (line: Line): boolean => line["job"] === "three-guard";
  const { pid } = report;
  const [started, ended] = [await guard.seen("JOB_STARTED", mine), await guard.seen("JOB_ENDED", mine)];
  assert.deepEqual([started["pid"], ended["pid"]], [pid, pid]);
  assert.deepEqual([ended["exit_code"], ended["exit_signal"], ended["reason"]], [3, null, "error"]);
});

test("so is one that is killed, is late, or takes too much memory", { skip }, async () => {
  assert.equal((await both("killed", [], ["sh", "-c", "kill -HUP $$"])).exit_signal, "SIGHUP");
  assert.equal((await both("late", ["--timeout", "300ms"], ["sleep", "60"])).exit_reason, "timeout");
  // It keeps a line that never ends.
  assert.equal((await both("hungry", ["--memory-limit", "16"], ["tail", "/dev/zero"])).exit_reason, "oom");
});

test("so is one that cannot be started", { skip }, async () => {
  const plain = bench.fresh("plain");
  writeFileSync(plain, "text", { mode: 0o644 });
  const missing = await both("missing", [], ["no-such-program"]);
  const unable = await both("plain", [], [plain]);
  assert.deepEqual([missing.exit_reason, unable.exit_reason], ["start_failed", "start_failed"]);
  assert.notDeepEqual(missing.start_error, unable.start_error);
});

test("--json puts the report on stdout and the workload's output on stderr", { skip }, async () => {
  const ran = await bench.corral(["run", "--json", "--job-id", "j", "--", "echo", "hello"], served());
  const report = parse(ran.out);
  assert.deepEqual([report.job_id, report.wrapper_pid, ran.status], ["j", guard.process.pid, 0]);
  assert.match(ran.err, /^hello$/m);
});

test("wrong usage is one line and status 2 both ways, and nothing is started", { skip }, async () => {
  for (const flags of [["--memory-limit", "x"], ["--no-such-flag"], ["--cpu-quota", "0"]]) {
    const args = ["run", ...flags, "--", "true"];
    const [node, ours] = [await bench.corral(args), await bench.corral(args, served())];
    assert.deepEqual([ours.status, ours.err, ours.out], [2, node.err, ""], flags.join(" "));
  }
});

test("--no-daemon, CORRAL_NO_DAEMON=1 and no guard leave it to Node", { skip }, async () => {
  const socket = { CORRAL_GUARD_SOCKET: guard.socket };
  for (const [env, flags] of [
    [{ CORRAL_NO_DAEMON: "1", ...socket }, []],
    [{ CORRAL_GUARD_SOCKET: "/no/such" }, []],
    [socket, ["--no-daemon"]],
  ] as const) {
    const ran = await bench.corral(["run", "--json", ...flags, "--", "true"], { program: [thinClient()], env });
    assert.notEqual(parse(ran.out).wrapper_pid, guard.process.pid);
  }
});

test("--no-daemon after -- is the command's own", { skip }, async () => {
  const ran = await bench.corral(["run", "--quiet", "--", "echo", "--no-daemon"], served());
  assert.deepEqual([ran.status, ran.out, ran.err], [0, "--no-daemon\n", ""]);
});

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").filter(Boolean).map(Number);

test("no Node waits for a job: its parent is the client, and the guard goes on when that is killed", {
  skip,
}, async () => {
  const started = bench.start(["run", "--job-id", "long", "--", "sleep", "60"], served());
  let child = 0;
  await until("the workload to run", () => {
    [child = 0] = childrenOf(started.pid);
    return child > 0 && readFileSync(`/proc/${child}/comm`, "latin1") === "sleep\n";
  });
  assert.equal(readFileSync(`/proc/${started.pid}/comm`, "latin1"), "corral\n");
  started.kill("SIGKILL");
  await started.ended;
  assert.ok(existsSync(`/proc/${child}`), "the workload died with its client");
  const listed = await bench.corral(["ps", "--json"]);
  assert.match(listed.out, /"job_id": "long"/);
  process.kill(child, "SIGTERM");
  const result = (): RunReport | null => {
    const name = bench.results().find((one) => one.startsWith("long~") && one.endsWith(".json"));
    return name === undefined ? null : parse(readFileSync(`${bench.stateDir}/results/${name}`, "utf8"));
  };
  await until("its result", () => result() !== null);
  assert.equal(result()?.exit_signal, "SIGTERM");
});

test("a job that its client leaves because of a signal is told as left, and no end of it", { skip }, async () => {
  const run = bench.start(["run", "--job-id", "left", "--", "sh", "-c", "echo up; sleep 60"], served());
  await until("the workload to run", () => run.out().includes("up"));
  run.kill("SIGTERM");
  const ran = await run.ended;
  assert.equal(ran.status, 128 + 15);
  assert.match(ran.err, /leaving; the workload continues as job left/);
  const mine = (line: Line): boolean => line["job"] === "left";
  const [started, left] = [await guard.seen("JOB_STARTED", mine), await guard.seen("JOB_LEFT", mine)];
  assert.deepEqual([left["pid"], left["signal"]], [started["pid"], "SIGTERM"]);
  assert.equal((await bench.corral(["stop", "left"])).status, 0);
  assert.equal((await bench.corral(["run", "--job-id", "later", "--", "true"], served())).status, 0);
  await guard.seen("JOB_ENDED", (line) => line["job"] === "later");
  assert.equal(
    guard.lines.find((line) => line.event === "JOB_ENDED" && mine(line)),
    undefined,
  );
});

expectNoLeftovers(bench);
