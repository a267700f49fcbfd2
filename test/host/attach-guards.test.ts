import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { readNice } from "../../src/kernel/index.ts";
import type { RunReport } from "../../src/report/index.ts";
import { startTarget, stateOfProcess } from "../shared/attach.ts";
import { nobody, openBench } from "../shared/bench.ts";
import { host } from "../shared/group-parent.ts";
import { fewInGuest } from "../shared/guest.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { readProc, stateOf } from "../shared/processes.ts";
import type { Reason } from "../shared/requires.ts";
import { capability, controller, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();

const attach = (pid: number | string, ...flags: readonly string[]) =>
  bench.corral(["attach", "--pid", String(pid), ...flags]);

/** Refused with one line on stderr and status 125; nothing was recorded. */
async function assertRefused(pid: number, expected: RegExp, flags: readonly string[] = ["--nice", "5"]): Promise<void> {
  const { status, out, err } = await attach(pid, ...flags);
  assert.equal(status, 125);
  assert.equal(out, "");
  assert.match(err, expected);
  assert.equal(err.split("\n").length, 2, err);
  assert.deepEqual(bench.records(), []);
}

test("process 1 must not be governed", async () => {
  await assertRefused(
    1,
    /^\[corral\] process 1 \(".*"\) must not be governed: it is process 1, on which the whole system depends; /,
  );
});

test("what started Corral must not be governed", async () => {
  const before = readNice(process.pid);
  await assertRefused(process.pid, /must not be governed: it started this Corral, which would be governed with it; /);
  assert.equal(readNice(process.pid), before);
});

test("Corral itself must not be governed", async () => {
  const script = 'exec "$0" "$1" attach --pid $$ --nice 5';
  const { status, err } = await bench.corral([], { wrap: ["sh", "-c", script] });
  assert.equal(status, 125);
  assert.match(err, /must not be governed: it is this Corral; /);
});

const kernelThread = (): Reason =>
  readProc("2/comm") === "kthreadd\n" ? null : "kernel threads are not visible in this pid namespace";

test("a kernel thread must not be governed", async (t) => {
  if (!requires(t, kernelThread())) return;
  await assertRefused(2, /^\[corral\] process 2 \("kthreadd"\) must not be governed: it is a kernel thread; /);
});

test("an absent process does not exist, and the status is not 0", async () => {
  const target = await startTarget(bench, ["true"]);
  await target.ended;
  await assertRefused(target.pid, new RegExp(`^\\[corral\\] process ${target.pid} does not exist\\n$`));
});

test("a zombie has ended", async () => {
  const pidFile = bench.fresh("pid");
  // The child ends once the shell has become a program that never waits for it; the shell itself might.
  const child = "(until grep -q sleep /proc/$$/comm; do :; done)";
  const target = await startTarget(bench, ["sh", "-c", `${child} & echo $! > ${pidFile}; exec sleep 1000`]);
  await until(
    "the child is a zombie",
    () => existsSync(pidFile) && stateOf(Number(readFileSync(pidFile, "utf8"))) === "Z",
  );
  const zombie = Number(readFileSync(pidFile, "utf8"));
  await assertRefused(
    zombie,
    new RegExp(`^\\[corral\\] process ${zombie} has ended; its parent has not noticed yet\\n$`),
  );
  target.child.kill("SIGKILL");
});

test("a process that belongs to a job already is not governed twice, nor is its child, nor the workload of a run", async () => {
  const target = await startTarget(bench, ["sh", "-c", "sleep 1000 & wait"]);
  await attach(target.pid, "--job-id", "first", "--nice", "5", "--once");
  const children = () => readProc(`${target.pid}/task/${target.pid}/children`)?.trim() ?? "";
  await until("the child runs", () => children() !== "");
  for (const pid of [target.pid, Number(children())]) {
    const { status, err } = await attach(pid, "--nice", "6");
    assert.equal(status, 125);
    assert.equal(
      err,
      `[corral] process ${pid} belongs to the job first already; change its limits with: corral update first\n`,
    );
  }
  await bench.corral(["detach", "first"]);
  process.kill(Number(children()), "SIGKILL");
  target.child.kill("SIGKILL");
  const pidFile = bench.fresh("pid");
  const run = bench.start(["run", "--job-id", "a-run", "--", "sh", "-c", `echo $$ > ${pidFile}; exec sleep 1000`]);
  await until("the workload runs", () => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n"));
  const workload = Number(readFileSync(pidFile, "utf8"));
  assert.match((await attach(workload, "--nice", "6")).err, /belongs to the job a-run already/);
  process.kill(workload, "SIGKILL");
  await run.ended;
});

test("another user's process exists; what is refused is told for each limit, and its end is awaited all the same", async (t) => {
  if (!requires(t, root())) return;
  const target = await startTarget(bench, ["sh", "-c", "read line; exit 4"]);
  const before = stateOfProcess(target.pid);
  const file = bench.fresh("report.json");
  const corral = bench.start(
    ["attach", "--pid", String(target.pid), "--nice", "5", "--pids-max", "20", "--report", file],
    {
      uid: nobody,
    },
  );
  await until("the attach stands", () => corral.err().includes("WARNING: nice"));
  assert.deepEqual(stateOfProcess(target.pid), before);
  target.say("go");
  const { status, err } = await corral.ended;
  const report = JSON.parse(readFileSync(file, "utf8")) as RunReport;
  assert.doesNotMatch(err, /does not exist/);
  assert.deepEqual(Object.fromEntries(report.constraints.map(({ name, status: outcome }) => [name, outcome])), {
    nice: "failed",
    "pids-max": "not_enforceable",
  });
  // A process of another user may not be traced, and its status is told to the parent alone.
  assert.deepEqual([status, report.exit_code], report.exit_code_known ? [4, 4] : [0, null]);
});

test("a user governs his own process as far as his rights go, without a group", async (t) => {
  if (!requires(t, root())) return;
  const target = await startTarget(
    bench,
    ["sh", "-c", "read line; exit 9"],
    ["setpriv", `--reuid=${nobody}`, "--clear-groups"],
  );
  // Between the change of user and the exec /proc/PID still belongs to root (proc(5), dumpable).
  await until("it has become nobody's shell", () =>
    /^Name:\tsh\n(?:.*\n)*^Uid:\t65534/m.test(readProc(`${target.pid}/status`) ?? ""),
  );
  const file = bench.fresh("report.json");
  const flags = ["--nice", "5", "--cpu-quota", "50", "--oom-score", "500", "--report", file];
  const corral = bench.start(["attach", "--pid", String(target.pid), ...flags], { uid: nobody });
  // The values stand before they are read back, which a target that has ended would not answer.
  await until("all outcomes are told", () => corral.err().includes("WARNING: cpu-quota"));
  const oomScore = readProc(`${target.pid}/oom_score_adj`)?.trim();
  assert.deepEqual([readNice(target.pid), oomScore], [5, "500"]);
  target.say("go");
  const { status, warnings } = await corral.ended;
  const report = JSON.parse(readFileSync(file, "utf8")) as RunReport;
  assert.equal(status, 9);
  assert.equal(warnings[0], "WARNING: Cannot create cgroup (permission denied)");
  const outcomes = Object.fromEntries(report.constraints.map((one) => [one.name, one.status]));
  const told = JSON.stringify(report.constraints);
  assert.deepEqual([outcomes["cpu-quota"], outcomes["oom-score"]], ["not_enforceable", "applied"], told);
});

/** A group with a name of its own below the test's parent, with the process in it, in the hierarchy of pids. */
function moveInto(name: string, pid: number): string {
  const hierarchy = host.owner.pids ?? host.unified;
  const parent = bench.parent.directories.find((one) => one.startsWith(`${hierarchy?.mountPoint}/`));
  const directory = `${parent}/${name}`;
  mkdirSync(directory);
  writeFileSync(`${directory}/cgroup.procs`, String(pid));
  return directory;
}

const guarded = [
  ["corral-own.service", null],
  ["database.service", "systemd unit"],
  ["docker-0123.scope", "container"],
  ["session-1.scope", "systemd unit"],
  ["libpod-0123.scope", "container"],
  ["kubepods-besteffort", "container"],
] as const;

for (const [name, kind] of fewInGuest(guarded, 3)) {
  test(`a process in the group ${name} ${kind === null ? "may be moved" : `belongs to a ${kind} and is not moved`}, unless forced`, async (t) => {
    if (!requires(t, root(), controller("pids"))) return;
    const target = await startTarget(bench);
    const directory = moveInto(name, target.pid);
    const before = stateOfProcess(target.pid);
    const move = ["--job-id", `from-${name}`, "--pids-max", "20", "--once"];
    if (kind !== null) {
      const { status, err } = await attach(target.pid, ...move);
      assert.equal(status, 125);
      assert.match(err, new RegExp(`belongs to the ${kind} ".*", and these limits would move it out; `));
      assert.deepEqual([stateOfProcess(target.pid), bench.records()], [before, []]);
      // What moves nothing is not refused.
      assert.equal((await attach(target.pid, "--job-id", "in-place", "--nice", "5", "--once")).status, 0);
      await bench.corral(["detach", "in-place"]);
    }
    const forced = await attach(target.pid, ...move, ...(kind === null ? [] : ["--force-move"]));
    assert.equal(forced.status, 0, forced.err);
    assert.notEqual(readProc(`${target.pid}/cgroup`), before["cgroup"]);
    await bench.corral(["detach", `from-${name}`]);
    assert.deepEqual(stateOfProcess(target.pid), before);
    target.child.kill("SIGKILL");
    await target.ended;
    await until("its group is empty", () => readFileSync(`${directory}/cgroup.procs`, "utf8") === "");
    rmdirSync(directory);
  });
}

test("one member of the tree in a container's group is enough to refuse the whole", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const target = await startTarget(bench, ["sh", "-c", "sleep 1000 & wait"]);
  const child = () => Number(readProc(`${target.pid}/task/${target.pid}/children`) ?? 0);
  await until("the child runs", () => child() > 0);
  const pid = child();
  const directory = moveInto("docker-4567.scope", pid);
  const { status, err } = await attach(target.pid, "--pids-max", "20", "--once");
  assert.equal(status, 125);
  assert.match(err, new RegExp(`^\\[corral\\] process ${pid} .* belongs to the container `));
  const alone = await attach(target.pid, "--job-id", "alone", "--pids-max", "20", "--once", "--no-tree");
  assert.equal(alone.status, 0, alone.err);
  await bench.corral(["detach", "alone"]);
  process.kill(pid, "SIGKILL");
  target.child.kill("SIGKILL");
  await until("the group is empty", () => readFileSync(`${directory}/cgroup.procs`, "utf8") === "");
  rmdirSync(directory);
});

test("without the addon an attach is made all the same, for what needs no system call of its own", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const target = await startTarget(bench, ["sh", "-c", "read line; exit 6"]);
  const file = bench.fresh("report.json");
  const flags = ["--pids-max", "20", "--oom-score", "300", "--nice", "5", "--report", file];
  const corral = bench.start(["attach", "--pid", String(target.pid), ...flags], { env: { CORRAL_NO_ADDON: "1" } });
  await until("its OOM score stands", () => readProc(`${target.pid}/oom_score_adj`) === "300\n");
  await until("all outcomes are told", () => corral.err().includes("nice"));
  target.say("go");
  const { status } = await corral.ended;
  const report = JSON.parse(readFileSync(file, "utf8")) as RunReport;
  const outcomes = Object.fromEntries(report.constraints.map((one) => [one.name, one.status]));
  assert.deepEqual([outcomes["pids-max"], outcomes["oom-score"], outcomes["nice"]], ["applied", "applied", "failed"]);
  assert.deepEqual([status, report.exit_code], report.exit_code_known ? [6, 6] : [0, null]);
});

test("a state directory that cannot be written refuses the attach: what is not recorded could not be undone", async () => {
  const target = await startTarget(bench);
  const before = stateOfProcess(target.pid);
  const file = bench.fresh("not-a-directory");
  writeFileSync(file, "");
  const { status, err } = await bench.corral(["attach", "--pid", String(target.pid), "--nice", "5"], {
    env: { CORRAL_STATE_DIR: file },
  });
  assert.equal(status, 125);
  assert.match(err, /^\[corral\] cannot record the attach: /);
  assert.deepEqual(stateOfProcess(target.pid), before);
  target.child.kill("SIGKILL");
});

test("without the right to override priorities a refused value is told and the rest applied", async (t) => {
  if (!requires(t, root(), capability("CAP_SYS_NICE"))) return;
  const target = await startTarget(bench);
  const wrap = ["setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice"];
  const { status, err } = await bench.corral(
    ["attach", "--pid", String(target.pid), "--job-id", "no-nice", "--nice", "-5", "--oom-score", "10", "--once"],
    { wrap },
  );
  assert.equal(status, 0);
  assert.match(err, /^\[corral\] WARNING: Cannot set negative nice \(requires root\), using 0$/m);
  assert.deepEqual([readNice(target.pid), readProc(`${target.pid}/oom_score_adj`)], [0, "10\n"]);
  await bench.corral(["detach", "no-nice"]);
  target.child.kill("SIGKILL");
});

expectNoLeftovers(bench);
