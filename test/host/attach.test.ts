import assert from "node:assert/strict";
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { readNice } from "../../src/kernel/index.ts";
import type { RunReport } from "../../src/report/index.ts";
import type { AttachPlanDocument } from "../../src/run/attach/index.ts";
import { startTarget, stateOfProcess } from "../shared/attach.ts";
import { openBench } from "../shared/bench.ts";
import { fewInGuest } from "../shared/guest.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { readProc, startTicks, stateOf } from "../shared/processes.ts";
import { controller, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();

const limits = ["--pids-max", "50", "--nice", "5"];

/** Attaches in the foreground; resolves when the job is on record as running. */
async function attach(pid: number, jobId: string, flags: readonly string[] = limits) {
  const corral = bench.start(["attach", "--pid", String(pid), "--job-id", jobId, ...flags], { limitMs: 60_000 });
  await until("all its limits stand", () => listState(jobId)?.constraints.length === 2);
  return corral;
}

interface Recorded {
  readonly constraints: readonly unknown[];
  readonly corral: { readonly pid: number };
  readonly left: { readonly why: string } | null;
}

function listState(jobId: string): Recorded | null {
  try {
    return JSON.parse(readFileSync(`${bench.stateDir}/run/jobs/${jobId}.json`, "utf8"));
  } catch {
    return null;
  }
}

const stateInPs = async (jobId: string): Promise<string | undefined> => {
  const { out } = await bench.corral(["ps", "--json"]);
  const { jobs } = JSON.parse(out) as { jobs: { job_id: string; state: string }[] };
  return jobs.find((job) => job.job_id === jobId)?.state;
};

for (const signal of fewInGuest(["SIGTERM", "SIGINT", "SIGHUP"] as const)) {
  test(`${signal} makes an attach let go: the process is as it was, and the status is 128+n`, async () => {
    const target = await startTarget(bench);
    const before = stateOfProcess(target.pid);
    const corral = await attach(target.pid, `let-go-${signal}`);
    assert.notDeepEqual(stateOfProcess(target.pid), before);
    corral.kill(signal);
    const { status, err } = await corral.ended;
    assert.equal(status, { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 }[signal]);
    assert.match(
      err,
      new RegExp(
        `^\\[corral\\] ${signal}: leaving; process ${target.pid} continues, and what attaching changed is undone$`,
        "m",
      ),
    );
    assert.match(err, /^JOB .* \| reason=detached_workload_continues \| .* \| exit=- \| pid=\d+$/m);
    assert.deepEqual(stateOfProcess(target.pid), before);
    target.child.kill("SIGKILL");
  });
}

test("an attach ends as its process does, and says what it was given", async () => {
  const target = await startTarget(bench, ["sh", "-c", "read line; exit 42"]);
  const corral = await attach(target.pid, "to-the-end");
  target.say("go");
  const { status, out, err } = await corral.ended;
  assert.deepEqual([status, out], [42, ""]);
  assert.match(err, /^\[corral\] job to-the-end: error, exit 42 after /m);
  assert.match(err, /^\[corral\] pids-max 50: applied \(pids\.max = 50\)$/m);
  assert.match(
    err,
    /^JOB to-the-end \| sla=COMPLIANT \| reason=observed_to_completion \| runtime=\d+s \| exit=42 \| pid=\d+$/m,
  );
});

test("attaching is passive: the process gets no signal, is not traced or stopped, and keeps its files and words", async () => {
  const target = await startTarget(bench, ["sh", "-c", "read line; exit 0"]);
  const view = () =>
    ["cmdline", "stat", "status"].map((name) => {
      const text = readFileSync(`/proc/${target.pid}/${name}`, "latin1");
      if (name === "cmdline") return text;
      if (name === "stat")
        return text
          .split(" ")
          .slice(3, 8)
          .concat(text.split(" ")[21] ?? "");
      return text.split("\n").filter((line) => /^(TracerPid|Sig[A-Z][a-z]{2}|ShdPnd|State):/.test(line));
    });
  await until("it waits for a line", () => stateOf(target.pid) === "S" && readProc(`${target.pid}/wchan`) !== "0");
  const before = view();
  const corral = await attach(target.pid, "passive");
  assert.deepEqual(view(), before);
  corral.kill("SIGTERM");
  await corral.ended;
  assert.deepEqual(view(), before);
  target.say("go");
  assert.deepEqual(await target.ended, [0, null]);
});

test("--once leaves at once, its limits stay, ps shows it detached, and corral detach undoes it", async () => {
  const target = await startTarget(bench);
  const before = stateOfProcess(target.pid);
  const { status, out, err } = await bench.corral([
    "attach",
    "--pid",
    String(target.pid),
    "--job-id",
    "once",
    ...limits,
    "--once",
    "--json",
  ]);
  const report = JSON.parse(out) as RunReport;
  assert.equal(status, 0, err);
  assert.deepEqual([report.detached, report.attach?.limits_kept, report.end_time], [true, true, null]);
  assert.equal(readNice(target.pid), 5);
  assert.equal(await stateInPs("once"), "detached");
  assert.equal((await bench.corral(["detach", "once"])).status, 0);
  assert.deepEqual(stateOfProcess(target.pid), before);
  target.child.kill("SIGKILL");
});

test("a job that --once left can be taken up: it is watched, and its end undoes what lives on", async () => {
  const target = await startTarget(bench, ["sh", "-c", "read line; exit 7"]);
  await bench.corral(["attach", "--pid", String(target.pid), "--job-id", "taken-up", ...limits, "--once"]);
  const corral = bench.start(["attach", "--job", "taken-up", "--nice", "9", "--json"]);
  await until("it is watched", () => listState("taken-up")?.left === null);
  assert.equal(readNice(target.pid), 9);
  target.say("go");
  const { status, out } = await corral.ended;
  const report = JSON.parse(out) as RunReport;
  assert.deepEqual([status, report.exit_code, report.exit_code_known, report.mode], [7, 7, true, "attach"]);
});

test("a run whose Corral was killed is taken up and still ends with its true status", async () => {
  const pidFile = bench.fresh("pid");
  const script = `echo $$ > ${pidFile}; while [ ! -e ${pidFile}.go ]; do sleep 0.05; done; exit 23`;
  const run = bench.start(["run", "--job-id", "orphaned-run", "--pids-max", "50", "--", "sh", "-c", script]);
  await until("the workload runs", () => existsSync(pidFile));
  run.kill("SIGKILL");
  await run.ended;
  assert.equal(await stateInPs("orphaned-run"), "orphaned");
  const corral = bench.start(["attach", "--job", "orphaned-run", "--report", bench.fresh("report.json")]);
  await until("it is watched", () => listState("orphaned-run")?.corral.pid === corral.pid);
  const second = await bench.corral(["attach", "--job", "orphaned-run"]);
  assert.deepEqual(
    [second.status, second.err],
    [125, `[corral] the job "orphaned-run" is watched by Corral (pid ${corral.pid})\n`],
  );
  writeFileSync(`${pidFile}.go`, "");
  const { status, err } = await corral.ended;
  assert.equal(status, 23, err);
});

test("--background answers with the job id once somebody watches, and the watch undoes at TERM", async () => {
  const target = await startTarget(bench);
  const before = stateOfProcess(target.pid);
  const { status, out, err } = await bench.corral([
    "attach",
    "--pid",
    String(target.pid),
    "--job-id",
    "behind",
    ...limits,
    "--background",
  ]);
  assert.deepEqual([status, out], [0, "behind\n"], err);
  const watcher = listState("behind")?.corral.pid ?? 0;
  assert.deepEqual([listState("behind")?.left, await stateInPs("behind")], [null, "running"]);
  const stat = readFileSync(`/proc/${watcher}/stat`, "latin1").split(" ");
  assert.deepEqual([stat[4], stat[5]], [String(watcher), String(watcher)], "a process group and session of its own");
  process.kill(watcher, "SIGTERM");
  await until("the watch is over", () => listState("behind") === null);
  assert.deepEqual(stateOfProcess(target.pid), before);
  target.child.kill("SIGKILL");
});

test("a watch in the background writes the report when the process has ended", async () => {
  const target = await startTarget(bench, ["sh", "-c", "read line; exit 3"]);
  const file = bench.fresh("report.json");
  await bench.corral(["attach", "--pid", String(target.pid), ...limits, "--background", "--report", file]);
  target.say("go");
  await until("the report is there", () => existsSync(file));
  assert.equal((JSON.parse(readFileSync(file, "utf8")) as RunReport).exit_code, 3);
});

test("--keep-limits leaves everything as it is when Corral lets go, and corral detach undoes it", async () => {
  const target = await startTarget(bench);
  const before = stateOfProcess(target.pid);
  const corral = await attach(target.pid, "kept", [...limits, "--keep-limits"]);
  const during = stateOfProcess(target.pid);
  corral.kill("SIGTERM");
  assert.equal((await corral.ended).status, 143);
  assert.deepEqual(stateOfProcess(target.pid), during);
  assert.equal(await stateInPs("kept"), "detached");
  const { status, err } = await bench.corral(["detach", "kept"]);
  assert.equal(status, 0, err);
  assert.match(err, /^\[corral\] job kept: limits and attributes are as they were before the attach$/m);
  assert.doesNotMatch(err, /on in its group/);
  assert.deepEqual([stateOfProcess(target.pid), await stateInPs("kept")], [before, undefined]);
  target.child.kill("SIGKILL");
  await target.ended;
});

test("corral detach overrules --keep-limits of an attach that is watched", async () => {
  const target = await startTarget(bench);
  const before = stateOfProcess(target.pid);
  const corral = await attach(target.pid, "overruled", [...limits, "--keep-limits"]);
  const { status, err } = await bench.corral(["detach", "overruled"]);
  assert.equal(status, 0, err);
  assert.equal((await corral.ended).status, 143);
  assert.deepEqual([stateOfProcess(target.pid), await stateInPs("overruled")], [before, undefined]);
  target.child.kill("SIGKILL");
});

test("what corral detach cannot undo it names, and it fails", async (t) => {
  if (!requires(t, root())) return;
  const target = await startTarget(bench);
  await bench.corral(["attach", "--pid", String(target.pid), "--job-id", "stuck", "--rlimit", "nofile=64", "--once"]);
  // Without CAP_SYS_RESOURCE nobody raises a hard limit.
  const { status, err } = await bench.corral(["detach", "stuck"], {
    wrap: ["setpriv", "--inh-caps", "-sys_resource", "--bounding-set", "-sys_resource"],
  });
  assert.equal(status, 125, err);
  assert.match(err, /^\[corral\] not undone: rlimit nofile of \d+ stays 64:64: back to \S+ was refused \(EPERM\)$/m);
  assert.doesNotMatch(err, /are as they were/);
  target.child.kill("SIGKILL");
});

test("several processes are watched by one Corral: a report each, and the first status that is not 0", async () => {
  const targets = [];
  for (const code of [0, 5, 6]) targets.push(await startTarget(bench, ["sh", "-c", `read line; exit ${code}`]));
  const pids = targets.map(({ pid }) => pid);
  const corral = bench.start(["attach", "--pid", pids.join(","), ...limits, "--json"]);
  await until("all are governed", () => pids.every((pid) => readNice(pid) === 5));
  for (const target of targets.toReversed()) target.say("go");
  const { status, out } = await corral.ended;
  const document = JSON.parse(out) as { schema: string; reports: RunReport[]; refused: unknown[] };
  assert.deepEqual([status, document.schema, document.refused], [5, "corral.reports/1", []]);
  assert.deepEqual(
    document.reports.map(({ pid, exit_code }) => [pid, exit_code]),
    [
      [pids[0], 0],
      [pids[1], 5],
      [pids[2], 6],
    ],
  );
});

test("a process that descends from another one that was named belongs to its job", async () => {
  const pidFile = bench.fresh("pid");
  const target = await startTarget(bench, ["sh", "-c", `sleep 1000 & echo $! > ${pidFile}; wait`]);
  await until("the child runs", () => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n"));
  const child = Number(readFileSync(pidFile, "utf8"));
  const { status, err } = await bench.corral(["attach", "--pid", `${child},${target.pid}`, ...limits, "--once"]);
  assert.equal(status, 0);
  assert.match(
    err,
    new RegExp(`^\\[corral\\] process ${child} descends from ${target.pid} and belongs to its job$`, "m"),
  );
  assert.deepEqual([readNice(child), readNice(target.pid)], [5, 5]);
  process.kill(child, "SIGKILL");
  target.child.kill("SIGKILL");
  await target.ended;
  await bench.corral(["gc"]);
});

test("a process that is gone does not keep the others from being attached to", async () => {
  const target = await startTarget(bench, ["sh", "-c", "read line; exit 0"]);
  const gone = await startTarget(bench, ["true"]);
  await gone.ended;
  const corral = bench.start(["attach", "--pid", `${gone.pid},${target.pid}`, ...limits, "--json"]);
  await until("the other is governed", () => readNice(target.pid) === 5);
  target.say("go");
  const { status, out, err } = await corral.ended;
  const document = JSON.parse(out) as { reports: RunReport[]; refused: unknown[] };
  assert.equal(status, 125);
  assert.equal(document.reports.length, 1);
  assert.deepEqual(document.refused, [
    { target: String(gone.pid), code: "PROCESS_GONE", message: `process ${gone.pid} does not exist` },
  ]);
  assert.match(err, new RegExp(`^\\[corral\\] process ${gone.pid} does not exist$`, "m"));
});

test("--comm finds processes by the name they call themselves, and passes over those that are governed", async () => {
  const name = `crl${process.pid % 10_000}x`;
  const program = `${bench.dir}/${name}`;
  copyFileSync("/bin/sleep", program);
  chmodSync(program, 0o755);
  const [first, second] = [await startTarget(bench, [program, "1000"]), await startTarget(bench, [program, "1000"])];
  await bench.corral(["attach", "--pid", String(first.pid), "--job-id", "by-pid", ...limits, "--once"]);
  const { status, err } = await bench.corral([
    "attach",
    "--comm",
    `${name.slice(0, -1)}?`,
    "--job-id",
    "by-name",
    "--nice",
    "6",
    "--once",
  ]);
  assert.equal(status, 0, err);
  assert.match(
    err,
    new RegExp(`^\\[corral\\] passed over: process ${first.pid} belongs to the job by-pid already$`, "m"),
  );
  assert.deepEqual([readNice(first.pid), readNice(second.pid)], [5, 6]);
  const again = await bench.corral(["attach", "--comm", name, "--nice", "7", "--once"]);
  assert.equal(again.status, 125);
  for (const id of ["by-pid", "by-name"]) await bench.corral(["detach", id]);
  assert.deepEqual([readNice(first.pid), readNice(second.pid)], [0, 0]);
  for (const { child } of [first, second]) child.kill("SIGKILL");
  const none = await bench.corral(["attach", "--comm", "no such name*"]);
  assert.deepEqual(
    [none.status, none.err],
    [
      125,
      '[corral] no process is named like "no such name*"; a name has at most 15 bytes; ps -eo pid,comm shows them\n',
    ],
  );
});

test("--dry-run tells target, tree, group, moves and changes, and touches nothing", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const target = await startTarget(bench);
  const before = stateOfProcess(target.pid);
  const flags = ["--pid", String(target.pid), "--job-id", "planned", ...limits, "--dry-run"];
  const { status, out } = await bench.corral(["attach", ...flags, "--json"]);
  const [plan] = (JSON.parse(out) as AttachPlanDocument).plans;
  assert.ok(plan !== undefined);
  const group = bench.parent.groupOf("pids", "planned");
  assert.equal(status, 0);
  assert.deepEqual(
    [plan.pids, plan.managers, plan.refused, plan.changes],
    [[target.pid], [], null, [{ pid: target.pid, tid: target.pid, attribute: "nice", before: "0", after: "5" }]],
  );
  assert.ok(plan.groups.some(({ path }) => path === group));
  assert.ok(plan.moves.some(({ pid, to }) => pid === target.pid && to === group));
  const text = (await bench.corral(["attach", ...flags])).out;
  assert.match(text, new RegExp(`^  nice of ${target.pid}: 0 -> 5$`, "m"));
  assert.deepEqual(stateOfProcess(target.pid), before);
  assert.deepEqual(bench.records(), []);
  target.child.kill("SIGKILL");
});

test("--strict undoes everything when one limit is not applied", async () => {
  const target = await startTarget(bench);
  const before = stateOfProcess(target.pid);
  const { status, out, err } = await bench.corral([
    "attach",
    "--pid",
    String(target.pid),
    ...limits,
    "--cpuset",
    "4000",
    "--strict",
    "--json",
  ]);
  const report = JSON.parse(out) as RunReport;
  assert.equal(status, 125);
  assert.match(err, /^\[corral\] not attached, because of --strict: /m);
  assert.deepEqual([report.start_error?.code, report.attach?.not_restored], ["STRICT_REFUSED", []]);
  assert.deepEqual(stateOfProcess(target.pid), before);
  target.child.kill("SIGKILL");
});

test("update changes what is named and leaves the rest, and its end is undone with the attach", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const target = await startTarget(bench);
  const before = stateOfProcess(target.pid);
  const corral = await attach(target.pid, "changed");
  const { status, out } = await bench.corral(["update", "changed", "--nice", "7", "--memory-limit", "64", "--json"]);
  const document = JSON.parse(out) as { schema: string; job_id: string; constraints: { name: string }[] };
  assert.deepEqual(
    [status, document.schema, document.job_id, document.constraints.map(({ name }) => name).sort()],
    [0, "corral.update/1", "changed", ["memory-limit", "nice"]],
  );
  const pids = bench.parent.fileOf("pids", "changed", { v1: "pids.max", v2: "pids.max" }) ?? "";
  assert.deepEqual([readNice(target.pid), readFileSync(pids, "utf8")], [7, "50\n"]);
  const lifted = await bench.corral(["update", "changed", "--pids-max", "max"]);
  assert.deepEqual([lifted.out, readFileSync(pids, "utf8")], ["pids-max max: applied (pids.max = max)\n", "max\n"]);
  corral.kill("SIGTERM");
  await corral.ended;
  assert.deepEqual(stateOfProcess(target.pid), before);
  target.child.kill("SIGKILL");
});

test("a strict update that is refused leaves limits, attributes and groups of the attach as they were", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const target = await startTarget(bench);
  const corral = await attach(target.pid, "refused");
  const during = stateOfProcess(target.pid);
  const groups = bench.parent.children();
  const { status, err } = await bench.corral([
    "update",
    "refused",
    "--nice",
    "9",
    "--memory-limit",
    "64",
    "--cpuset",
    "4000",
    "--strict",
  ]);
  assert.equal(status, 125);
  assert.match(err, /^\[corral\] not changed, because of --strict: /);
  assert.deepEqual([stateOfProcess(target.pid), bench.parent.children()], [during, groups]);
  corral.kill("SIGTERM");
  await corral.ended;
  assert.equal(readNice(target.pid), 0);
  target.child.kill("SIGKILL");
});

test("update wants a job that lives, and a limit", async () => {
  const none = await bench.corral(["update", "no-such-job", "--nice", "1"]);
  assert.equal(none.status, 125);
  assert.match(none.err, /^\[corral\] there is no job "no-such-job"/);
  assert.equal((await bench.corral(["update", "no-such-job"])).status, 2);
});

test("KILL of an attached Corral leaves process and limits, and the next Corral can take up the job or clear it away", async () => {
  const target = await startTarget(bench);
  const before = stateOfProcess(target.pid);
  const ticks = startTicks(target.pid);
  const corral = await attach(target.pid, "killed-attach");
  corral.kill("SIGKILL");
  await corral.ended;
  assert.deepEqual(
    [startTicks(target.pid), readNice(target.pid), await stateInPs("killed-attach")],
    [ticks, 5, "orphaned"],
  );
  assert.equal((await bench.corral(["detach", "killed-attach"])).status, 0);
  assert.deepEqual(stateOfProcess(target.pid), before);
  assert.notEqual(stateOf(target.pid), "T");
  target.child.kill("SIGKILL");
});

expectNoLeftovers(bench);
