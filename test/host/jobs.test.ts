import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { describe, test } from "node:test";
import type { RunReport } from "../../src/report/index.ts";
import { formatSeconds } from "../../src/report/index.ts";
import type { JobsDocument, StatusDocument, SweepDocument } from "../../src/run/jobs/index.ts";
import type { Ran } from "../shared/bench.ts";
import { nobody, openBench } from "../shared/bench.ts";
import { host } from "../shared/group-parent.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { startTicks, stateOf } from "../shared/processes.ts";
import type { Reason } from "../shared/requires.ts";
import { requires, root } from "../shared/requires.ts";
import { scaled, until } from "../shared/timing.ts";

const bench = openBench();

const unified = (): Reason => (host.unified === null ? "this host has no cgroup v2 mount" : null);

/** A flag that gives a job a group of its own. */
const grouped = ["--pids-max", "50"];
const sleeper = "exec sleep 1000";

/** Starts `corral run`; resolves when the script has begun. */
async function start(jobId: string, flags: readonly string[], script: string) {
  const begun = bench.fresh("begun");
  const corral = bench.start(
    ["run", "--quiet", "--job-id", jobId, ...flags, "--", "sh", "-c", `echo $$ > ${begun}; ${script}`],
    { limitMs: 60_000 },
  );
  await until("the workload runs", () => existsSync(begun) && readFileSync(begun, "utf8").endsWith("\n"));
  return { corral, pid: Number(readFileSync(begun, "utf8")) };
}

/** A job whose Corral was killed. */
async function orphan(jobId: string, flags: readonly string[], script: string): Promise<number> {
  const { corral, pid } = await start(jobId, flags, script);
  corral.kill("SIGKILL");
  await corral.ended;
  return pid;
}

const parsed = (ran: Ran): unknown => {
  assert.equal(ran.status, 0, ran.err);
  return JSON.parse(ran.out);
};

async function ps(...flags: readonly string[]): Promise<JobsDocument> {
  return parsed(await bench.corral(["ps", "--json", ...flags])) as JobsDocument;
}

async function stateOfJob(jobId: string): Promise<string | null> {
  const job = (await ps()).jobs.find((one) => one.job_id === jobId);
  return job === undefined ? null : job.freezer === "frozen" ? `${job.state},frozen` : job.state;
}

async function status(jobId: string): Promise<StatusDocument> {
  return parsed(await bench.corral(["status", jobId, "--json"])) as StatusDocument;
}

const resultsOf = (jobId: string): RunReport[] =>
  bench
    .results()
    .filter((name) => name.startsWith(`${jobId}~`))
    .map((name) => JSON.parse(readFileSync(path.join(bench.stateDir, "results", name), "utf8")) as RunReport);

/** How a job ended, as its only result says. */
function endOf(jobId: string): Pick<RunReport, "exit_code" | "exit_signal" | "exit_reason" | "ended_by_corral"> {
  const results = resultsOf(jobId);
  assert.equal(results.length, 1);
  const [{ exit_code, exit_signal, exit_reason, ended_by_corral }] = results as [RunReport];
  return { exit_code, exit_signal, exit_reason, ended_by_corral };
}

const stopped = { exit_code: null, exit_signal: "SIGTERM", exit_reason: "signal", ended_by_corral: "stop" };
const killed = { ...stopped, exit_signal: "SIGKILL" };

/** Whether this kernel tells the status of a process that is not our child (PIDFD_GET_INFO, Linux 6.15). */
const tellsExits = (): Reason => {
  const [major = 0, minor = 0] = readFileSync("/proc/sys/kernel/osrelease", "latin1").split(".").map(Number);
  return major > 6 || (major === 6 && minor >= 15) ? null : "PIDFD_GET_INFO tells exit statuses since Linux 6.15";
};

describe("a job whose Corral was killed", () => {
  for (const [name, flags] of [
    ["with a group", grouped],
    ["without a group", []],
  ] as const) {
    test(`is orphaned, lives on, and is stopped with a true result: ${name}`, async (t) => {
      if (!requires(t, tellsExits())) return;
      const jobId = `orphan-${flags.length}`;
      const pid = await orphan(jobId, flags, sleeper);
      assert.equal(await stateOfJob(jobId), "orphaned");
      assert.notEqual(startTicks(pid), null);
      const ran = await bench.corral(["stop", jobId]);
      assert.equal(ran.status, 0, ran.err);
      assert.match(ran.err, new RegExp(`^JOB ${jobId} \\| .* \\| exit=143 \\| pid=${pid}$`, "m"));
      assert.equal(startTicks(pid), null);
      assert.deepEqual(endOf(jobId), stopped);
      assert.equal(resultsOf(jobId)[0]?.exit_source === null, false);
      assert.deepEqual(bench.leftovers(), { groups: [], processes: [], records: [] });
    });
  }

  test("is waited for with its true exit status", async (t) => {
    if (!requires(t, tellsExits())) return;
    const go = bench.fresh("go");
    await orphan("waited", [], `until test -e ${go}; do sleep 0.02; done; exit 7`);
    const wait = bench.start(["wait", "waited", "--json"]);
    await until("somebody watches it again", () => wait.pid === watcherOf("waited"));
    assert.equal(await stateOfJob("waited"), "running");
    writeFileSync(go, "");
    const ran = await wait.ended;
    assert.equal(ran.status, 7, ran.err);
    const report = JSON.parse(ran.out) as RunReport;
    assert.deepEqual([report.exit_code, report.exit_code_known, report.wrapper_pid], [7, true, wait.pid]);
    assert.deepEqual(report, resultsOf("waited")[0]);
  });

  test("is left as it was found by a wait whose time is up, and by one that is interrupted", async () => {
    const pid = await orphan("spared", grouped, sleeper);
    const record = (): unknown => JSON.parse(readFileSync(recordPath("spared"), "utf8"));
    const before = record();
    const late = await bench.corral(["wait", "spared", "--timeout", "100ms"]);
    assert.deepEqual([late.status, late.err], [124, "[corral] time is up: the wait ends; the jobs go on\n"]);
    assert.deepEqual(record(), before);
    const wait = bench.start(["wait", "spared"]);
    await until("somebody watches it", () => wait.pid === watcherOf("spared"));
    wait.kill("SIGINT");
    assert.equal((await wait.ended).status, 130);
    assert.deepEqual(record(), before);
    assert.notEqual(startTicks(pid), null);
    assert.equal((await bench.corral(["stop", "spared"])).status, 0);
  });
});

const recordPath = (jobId: string): string => path.join(bench.stateDir, "run", "jobs", `${jobId}.json`);

/** The Corral on record, or null. */
function watcherOf(jobId: string): number | null {
  try {
    return (JSON.parse(readFileSync(recordPath(jobId), "utf8")) as { corral: { pid: number } }).corral.pid;
  } catch {
    return null;
  }
}

describe("stop", () => {
  test("makes the Corral that watches the job exit as the workload did, with the result", async () => {
    const { corral, pid } = await start("watched", grouped, sleeper);
    const ran = await bench.corral(["stop", "watched", "--json"]);
    assert.equal(ran.status, 0, ran.err);
    assert.equal((await corral.ended).status, 143);
    const report = JSON.parse(ran.out) as RunReport;
    assert.deepEqual([report.pid, report.exit_source, report.survivors], [pid, "wait", []]);
    assert.deepEqual(endOf("watched"), stopped);
  });

  test("kills what ignores TERM, after the grace and no sooner", async () => {
    const { corral } = await start("stubborn", grouped, "trap '' TERM; while :; do sleep 0.1; done");
    const began = performance.now();
    const ran = await bench.corral(["stop", "stubborn", "--grace", "1s"]);
    const tookMs = performance.now() - began;
    assert.equal(ran.status, 0, ran.err);
    assert.equal((await corral.ended).status, 137);
    assert.deepEqual(endOf("stubborn"), killed);
    assert.ok(tookMs >= 1000 && tookMs < scaled(3500), `${tookMs} ms`);
  });

  test("ends what the leader left behind in its group before the result is written", async () => {
    const { corral } = await start("heirs", grouped, "(trap '' TERM; exec setsid sleep 1000) & exec sleep 1000");
    assert.equal((await bench.corral(["stop", "heirs", "--grace", "300ms"])).status, 0);
    await corral.ended;
    assert.deepEqual([endOf("heirs"), resultsOf("heirs")[0]?.survivors], [stopped, []]);
  });

  test("that is killed meanwhile is carried on by the Corral that watches the job", async () => {
    const { corral, pid } = await start("carried", grouped, "(trap '' TERM; exec setsid sleep 1000) & exec sleep 1000");
    const stop = bench.start(["stop", "carried", "--grace", "1s"]);
    await until("the leader has ended", () => startTicks(pid) === null);
    stop.kill("SIGKILL");
    assert.equal((await corral.ended).status, 143);
    assert.deepEqual([endOf("carried"), resultsOf("carried")[0]?.survivors], [stopped, []]);
    assert.deepEqual(bench.leftovers(), { groups: [], processes: [], records: [] });
  });

  test("without a group reaches the leader's descendants in other sessions, and those that outlive it", async () => {
    const pids = bench.fresh("pids");
    const child = `setsid sh -c 'echo $$ >> ${pids}; trap "" TERM; while :; do sleep 0.1; done' &`;
    await orphan("tree", [], `${child} while ! test -s ${pids}; do sleep 0.02; done; exec sleep 1000`);
    await until("the child runs", () => existsSync(pids) && readFileSync(pids, "utf8").endsWith("\n"));
    const childPid = Number(readFileSync(pids, "utf8"));
    const ran = await bench.corral(["stop", "tree", "--grace", "300ms"]);
    assert.deepEqual([ran.status, startTicks(childPid)], [0, null], ran.err);
  });

  test("of a frozen job lets it act on TERM", async (t) => {
    if (!requires(t, unified())) return;
    const { corral } = await start("icy", grouped, "trap 'exit 5' TERM; while :; do sleep 0.05; done");
    assert.equal((await bench.corral(["freeze", "icy"])).status, 0);
    assert.equal((await bench.corral(["stop", "icy"])).status, 0);
    assert.equal((await corral.ended).status, 5);
    assert.equal(endOf("icy").exit_code, 5);
  });

  test("twice at once ends the job once, and both succeed", async () => {
    await orphan("twice", grouped, "trap '' TERM; while :; do sleep 0.1; done");
    const stop = () => bench.corral(["stop", "twice", "--grace", "1s"]);
    const both = await Promise.all([stop(), stop()]);
    assert.deepEqual(
      both.map((ran) => ran.status),
      [0, 0],
      both.map((ran) => ran.err).join(""),
    );
    assert.deepEqual(endOf("twice"), killed);
  });

  test("of a job that is over says so, shows its result, and succeeds", async () => {
    const over = await bench.corral(["stop", "twice"]);
    assert.equal(over.status, 0, over.err);
    assert.match(
      over.err,
      /^\[corral\] job twice: over already\n\[corral\] job twice: [a-z_]+, SIGKILL after [^\n]+\n(?:[^\n]+\n)*JOB twice \| [^\n]+\n$/,
    );
    assert.deepEqual(parsed(await bench.corral(["stop", "twice", "--json"])), resultsOf("twice")[0]);
    // One that ended when nobody watched is cleared away by whoever stops it.
    const unwatched = await orphan("unwatched", grouped, "exec sleep 1000");
    process.kill(unwatched, "SIGKILL");
    await until("it is over", () => [null, "Z"].includes(stateOf(unwatched)));
    const late = await bench.corral(["stop", "unwatched"]);
    assert.deepEqual([late.status, late.err.startsWith("[corral] job unwatched: over already\n")], [0, true], late.err);
    assert.equal(await stateOfJob("unwatched"), null);
  });

  test("of a job that never was is an error of one line", async () => {
    const never = await bench.corral(["stop", "../etc\u001b"]);
    assert.deepEqual(
      [never.status, never.err],
      [125, '[corral] there is no job "../etc\\u001b"; corral ps --all lists the jobs\n'],
    );
    assert.equal((await bench.corral(["stop"])).status, 2);
    assert.equal((await bench.corral(["stop", "a", "b"])).status, 2);
    assert.equal((await bench.corral(["stop", "a", "--grace", "soon"])).status, 2);
  });
});

test("what lives on when its leader has ended is lingering, and stop clears it away", async () => {
  const { corral } = await start("linger", grouped, "setsid sleep 1000 & exit 3");
  assert.equal((await corral.ended).status, 3);
  assert.equal(await stateOfJob("linger"), "lingering");
  const { live } = await status("linger");
  assert.deepEqual(
    live?.members.map(({ comm }) => comm),
    ["sleep"],
  );
  const kept = (parsed(await bench.corral(["gc", "--json"])) as SweepDocument).kept.find(
    (one) => one.job_id === "linger",
  );
  assert.deepEqual([kept?.state, kept?.pids], ["lingering", live?.members.map(({ pid }) => pid)]);
  const ran = await bench.corral(["stop", "linger"]);
  assert.equal(ran.status, 0, ran.err);
  assert.doesNotMatch(ran.err, /live on|lives on/);
  assert.equal(endOf("linger").exit_code, 3);
  assert.deepEqual(bench.leftovers(), { groups: [], processes: [], records: [] });
});

describe("freeze and thaw", () => {
  test("stop all progress, and let it go on; both may be given again", async (t) => {
    if (!requires(t, unified())) return;
    const ticks = bench.fresh("ticks");
    const { pid } = await start("frozen", grouped, `while :; do echo >> ${ticks}; done`);
    const size = (): number => statSync(ticks).size;
    await until("it makes progress", () => existsSync(ticks) && size() > 0);
    const freeze = () => bench.corral(["freeze", "frozen"]);
    assert.match((await freeze()).err, /^\[corral\] job frozen is frozen \(\d process(es)?\)\n$/);
    const at = size();
    assert.equal(await stateOfJob("frozen"), "running,frozen");
    assert.equal(size(), at);
    assert.match((await freeze()).err, /was already frozen/);
    assert.match((await bench.corral(["ps"])).out, /^frozen +running,frozen /m);
    assert.equal(size(), at);
    assert.equal((await bench.corral(["thaw", "frozen"])).status, 0);
    await until("it goes on", () => size() > at);
    assert.match((await bench.corral(["thaw", "frozen"])).err, /was already thawed/);
    assert.notEqual(stateOf(pid), null);
    await bench.corral(["stop", "frozen"]);
  });

  test("need a group", async () => {
    await start("groupless", [], sleeper);
    const ran = await bench.corral(["freeze", "groupless"]);
    assert.equal(ran.status, 125);
    assert.equal(
      ran.err,
      '[corral] the job "groupless" has no control group that could freeze it; give it one with a limit: corral update groupless --pids-max max\n',
    );
    await bench.corral(["stop", "groupless"]);
  });
});

/** Ten settings, each of which an update may be about. */
const settings = [
  ["--pids-max", "60"],
  ["--memory-limit", "64"],
  ["--cpu-quota", "50"],
  ["--cpu-weight", "50"],
  ["--cpuset", "0"],
  ["--oom-score", "7"],
  ["--nice", "1"],
  ["--sched", "batch"],
  ["--ionice", "idle"],
  ["--affinity", "0"],
] as const;

test("twenty Corrals that change one job at once wait for each other, and no change is lost", async (t) => {
  if (!requires(t, root(), unified())) return;
  const { corral } = await start("contended", grouped, sleeper);
  const change = settings.map((setting) => ["update", "contended", ...setting]);
  const others = settings.map((_, index) => [index % 2 === 0 ? "freeze" : "thaw", "contended"]);
  const all = await Promise.all([...change, ...others].map((args) => bench.corral(args, { limitMs: 60_000 })));
  assert.deepEqual(
    all.filter((ran) => ran.status !== 0).map((ran) => ran.err),
    [],
  );
  const { constraints } = JSON.parse(readFileSync(recordPath("contended"), "utf8")) as Pick<RunReport, "constraints">;
  assert.deepEqual(constraints.map(({ name }) => name).toSorted(), settings.map(([flag]) => flag.slice(2)).toSorted());
  assert.deepEqual(readdirSync(path.dirname(recordPath("contended"))), ["contended.json"]);
  assert.equal((await bench.corral(["stop", "contended"])).status, 0);
  assert.equal((await corral.ended).status, 143);
});

describe("wait", () => {
  test("of a job that is over answers at once, from the newest result of its id", async () => {
    for (const code of [4, 6]) {
      await bench.corral(["run", "--quiet", "--job-id", "again", "--", "sh", "-c", `exit ${code}`]);
    }
    assert.equal((await bench.corral(["wait", "again"])).status, 6);
    const { live, result, results } = await status("again");
    assert.deepEqual([live, result?.exit_code, results], [null, 6, 2]);
  });

  test("of several jobs exits as the first that failed, in the order of the ids", async () => {
    await bench.corral(["run", "--quiet", "--job-id", "good", "--", "true"]);
    const { corral } = await start("later", [], "sleep 0.2; exit 9");
    const ran = await bench.corral(["wait", "good", "later", "again"]);
    assert.equal(ran.status, 9, ran.err);
    await corral.ended;
    assert.equal((await bench.corral(["wait", "good", "later", "--json"])).status, 2);
  });

  test("of a watched job ends when its Corral is killed and the job with it", async (t) => {
    if (!requires(t, tellsExits())) return;
    const { corral, pid } = await start("handed", [], sleeper);
    const wait = bench.start(["wait", "handed"]);
    corral.kill("SIGKILL");
    await corral.ended;
    await until("the wait watches it", () => watcherOf("handed") === wait.pid);
    process.kill(pid, "SIGTERM");
    assert.equal((await wait.ended).status, 143);
    assert.deepEqual(endOf("handed"), { ...stopped, ended_by_corral: null });
  });
});

describe("detach", () => {
  test("makes the corral command that watches a run leave, and the workload goes on", async () => {
    const { corral, pid } = await start("let-go", grouped, sleeper);
    const ran = await bench.corral(["detach", "let-go"]);
    assert.deepEqual([ran.status, ran.err], [0, "[corral] job let-go: its Corral has left; the workload goes on\n"]);
    assert.equal((await corral.ended).status, 143);
    assert.equal(await stateOfJob("let-go"), "detached");
    assert.notEqual(startTicks(pid), null);
    const again = await bench.corral(["detach", "let-go"]);
    assert.deepEqual(
      [again.status, again.err],
      [0, "[corral] job let-go: nobody watches it, and it goes on under its limits\n"],
    );
    assert.equal((await bench.corral(["stop", "let-go"])).status, 0);
  });

  test("undoes an attach whose Corral was killed, and leaves the process alone", async () => {
    const target = spawn("sleep", ["1000"], { stdio: "ignore", env: bench.env });
    const pid = target.pid ?? 0;
    const corral = bench.start(["attach", "--pid", String(pid), "--job-id", "held", "--oom-score", "321"]);
    const score = (): string => readFileSync(`/proc/${pid}/oom_score_adj`, "latin1").trim();
    const before = score();
    await until("it is attached", () => score() === "321" && watcherOf("held") === corral.pid);
    corral.kill("SIGKILL");
    await corral.ended;
    assert.equal(await stateOfJob("held"), "orphaned");
    const ran = await bench.corral(["detach", "held"]);
    assert.equal(ran.status, 0, ran.err);
    assert.match(ran.err, /^\[corral\] job held: limits and attributes are as they were before the attach$/m);
    assert.deepEqual([score(), startTicks(pid) !== null], [before, true]);
    assert.match((await bench.corral(["ps", "--all"])).out, /^held +ended +attach +\d+ .* let go +/m);
    target.kill("SIGKILL");
    await once(target, "exit");
  });

  test("of a tied job is refused, since its Corral would end it", async () => {
    const { corral, pid } = await start("tied", ["--lifetime", "tied"], sleeper);
    const ran = await bench.corral(["detach", "tied"]);
    assert.equal(ran.status, 125);
    assert.match(ran.err, /^\[corral\] the job "tied" is watched by process \d+, which would end it[^\n]*\n$/);
    assert.notEqual(startTicks(pid), null);
    assert.equal((await bench.corral(["stop", "tied"])).status, 0);
    await corral.ended;
  });
});

describe("ps", () => {
  test("names what it cannot read, and touches it not", async (t) => {
    const bad = ["cut", "other"].map(recordPath);
    t.after(() => {
      for (const file of bad) rmSync(file, { force: true });
    });
    writeFileSync(bad[0] ?? "", '{"schema": "corral.start/1"');
    writeFileSync(bad[1] ?? "", '{"schema": "corral.start/1", "job_id": "other"}');
    const ran = await bench.corral(["ps"]);
    assert.equal(ran.status, 0);
    assert.deepEqual(ran.err.split("\n"), [
      `[corral] cannot use "${bad[0]}": it is cut short, or not JSON`,
      `[corral] cannot use "${bad[1]}": its field mode is not what a start record has there`,
      "",
    ]);
    assert.equal((await bench.corral(["run", "--quiet", "--", "true"])).status, 0, "a run passes over them");
    const swept = parsed(await bench.corral(["gc", "--json"])) as SweepDocument;
    assert.deepEqual(swept.unreadable.map((one) => one.path).sort(), [...bad].sort());
    assert.deepEqual(
      bad.filter((file) => !existsSync(file)),
      [],
    );
    const one = await bench.corral(["status", "cut"]);
    assert.deepEqual(
      [one.status, one.err],
      [
        125,
        `[corral] cannot use the start record ${bad[0]}: it is cut short, or not JSON; look at the file; when it is of no use, remove it\n`,
      ],
    );
  });

  test("shows what a busy job uses, and its limits, and escapes what it runs", async () => {
    const { corral } = await start("busy", grouped, "exec sh -c 'while :; do :; done' '\u001b[31m'");
    const [job] = (await ps()).jobs;
    assert.equal(job?.job_id, "busy");
    assert.equal(job?.cpu_source, "group");
    assert.ok((job?.cpu_percent ?? 0) > 20, `${job?.cpu_percent} %`);
    assert.deepEqual(job?.limits, [{ name: "pids-max", status: "applied" }]);
    const table = (await bench.corral(["ps"])).out;
    assert.match(table, /^busy +running +run +\d+ +\d+\.\d /m);
    assert.ok(!table.includes("\u001b"));
    await bench.corral(["stop", "busy"]);
    await corral.ended;
  });

  test("--all lists what is over, newest first, as many as --last says", async () => {
    for (const id of ["over-1", "over-2", "over-3"])
      await bench.corral(["run", "--quiet", "--job-id", id, "--", "true"]);
    assert.deepEqual(
      (await ps("--last", "2")).ended?.map((one) => [one.job_id, one.exit_status]),
      [
        ["over-3", 0],
        ["over-2", 0],
      ],
    );
    assert.match(
      (await bench.corral(["ps", "--all"])).out,
      /^over-3 +ended +run +\d+ +- +- +- +\d+s +[\d.]+ m?s +0 +- +true$/m,
    );
    const garbage = path.join(bench.stateDir, "results", "garbage~1.json");
    writeFileSync(garbage, "{");
    const ran = await bench.corral(["ps", "--last", "1"]);
    rmSync(garbage);
    assert.match(ran.out, /^over-3 +ended /m);
    assert.match(ran.err, /^\[corral\] cannot use "[^"]+garbage~1\.json": it is cut short, or not JSON$/m);
    assert.equal((await bench.corral(["ps", "--last", "0"])).status, 2);
    assert.equal((await bench.corral(["ps", "--watch", "--json"])).status, 2);
  });

  test("--watch prints a table again and again into a pipe, and ends when nobody reads", () => {
    const corral = path.resolve("dist/corral.cjs");
    const { status: code, stdout } = spawnSync(
      "sh",
      ["-c", `"${process.execPath}" "${corral}" ps --watch | head -n 3`],
      {
        env: bench.env,
        encoding: "utf8",
        timeout: scaled(15_000),
      },
    );
    assert.equal(code, 0);
    assert.deepEqual(
      stdout.split("\n").map((line) => line.split(" ", 1)[0]),
      ["JOB", "", "JOB", ""],
    );
  });
});

describe("status", () => {
  test("reads the limits back as they are now", async (t) => {
    const { corral } = await start("limits", ["--pids-max", "50", "--nice", "3"], sleeper);
    const file = bench.parent.fileOf("pids", "limits", { v1: "pids.max", v2: "pids.max" });
    if (!requires(t, file === null || !existsSync(file) ? "no pids controller" : null)) return;
    writeFileSync(file ?? "", "70");
    const { live } = await status("limits");
    assert.deepEqual(
      live?.constraints.map(({ name, effective, now }) => [name, effective, now]),
      [
        ["pids-max", "50", "70"],
        ["nice", "3", "3"],
      ],
    );
    const text = (await bench.corral(["status", "limits"])).out;
    assert.match(text, /^ {2}limit +pids-max 50: applied \(pids\.max = 50\); now "70"$/m);
    assert.match(text, /^ {2}watched +by Corral \(pid \d+\)$/m);
    await bench.corral(["stop", "limits"]);
    await corral.ended;
  });

  test("of a job that is over says what it was, when it ran and how it ended", async () => {
    const ran = await bench.corral(
      [
        "run",
        "--quiet",
        "--job-id",
        "past",
        "--tag",
        "team=a b",
        "--tag",
        "host=x",
        "--workdir",
        "/",
        "--",
        "sh",
        "-c",
        "exit 3",
      ],
      {},
    );
    assert.equal(ran.status, 3, ran.err);
    const document = await status("past");
    const result = document.result as RunReport;
    assert.deepEqual(
      [document.live, result.argv, result.cwd, result.tags],
      [null, ["sh", "-c", "exit 3"], "/", { team: "a b", host: "x" }],
    );
    assert.deepEqual((await bench.corral(["status", "past"])).out.split("\n").slice(0, 7), [
      `job past: error, exit 3 after ${formatSeconds(result.duration_sec ?? 0)} (pid ${result.pid})`,
      `  started   ${result.start_time}`,
      `  ended     ${result.end_time}`,
      '  command   sh -c "exit 3"',
      '  directory "/"',
      '  tag       team="a b"',
      "  tag       host=x",
    ]);
  });

  test("an id may be shortened as long as it fits one job; else the candidates are named", async () => {
    await start("prefix-a1", [], sleeper);
    await start("prefix-b1", [], sleeper);
    assert.equal((await status("prefix-a")).job_id, "prefix-a1");
    const ran = await bench.corral(["status", "prefix-"]);
    assert.deepEqual(
      [ran.status, ran.err],
      [125, '[corral] several jobs begin with "prefix-": prefix-a1, prefix-b1; write more of the id\n'],
    );
    const proposed = (await bench.corral(["completion", "--", "propose", "stop", "prefix-"])).out;
    assert.equal(proposed, "prefix-a1\nprefix-b1\n");
    for (const id of ["prefix-a1", "prefix-b1"]) await bench.corral(["stop", id]);
  });
});

describe("gc", () => {
  test("tells what it would do, does it, and has nothing left to do", async () => {
    const pid = await orphan("garbage", grouped, sleeper);
    process.kill(pid, "SIGKILL");
    await until("it is gone", () => startTicks(pid) === null);
    const jobs = path.dirname(recordPath("garbage"));
    const lock = path.join(jobs, "x.lock");
    const watchLock = path.join(path.dirname(jobs), "watch.lock");
    writeFileSync(watchLock, JSON.stringify({ bootId: "another", pid: 1, startTicks: 1 }));
    const temporary = path.join(jobs, "x.json.1.a.tmp");
    writeFileSync(lock, JSON.stringify({ bootId: "another", pid: 1, startTicks: 1 }));
    writeFileSync(temporary, "");
    utimesSync(temporary, 1, 1);
    writeFileSync(`${temporary}.tmp`, "fresh");
    const wanted = (document: SweepDocument) => [document.cleared, document.removed.map((one) => one.kind)];
    const expected = [["garbage"], ["lock", "lock", "temporary"]];
    assert.deepEqual(wanted(parsed(await bench.corral(["gc", "--dry-run", "--json"])) as SweepDocument), expected);
    assert.deepEqual(readdirSync(jobs).length, 4);
    assert.deepEqual(wanted(parsed(await bench.corral(["gc", "--json"])) as SweepDocument), expected);
    assert.deepEqual(readdirSync(jobs), [path.basename(`${temporary}.tmp`)]);
    assert.equal(existsSync(watchLock), false);
    rmSync(`${temporary}.tmp`);
    assert.equal((await bench.corral(["gc"])).out, "nothing to clear\n");
    assert.equal(endOf("garbage").exit_reason, "unknown");
  });

  test("removes results and output that are older than it is told, and keeps all others", async () => {
    const aged = async (jobId: string, ageDays: number): Promise<void> => {
      assert.equal(
        (await bench.corral(["run", "--quiet", "--capture", "--job-id", jobId, "--", "echo", "x"])).status,
        0,
      );
      const then = Date.now() / 1000 - ageDays * 86_400;
      for (const name of filesOf(jobId)) utimesSync(path.join(bench.stateDir, name), then, then);
    };
    const filesOf = (jobId: string): readonly string[] =>
      ["results", "logs"].flatMap((directory) =>
        readdirSync(path.join(bench.stateDir, directory))
          .filter((name) => name.startsWith(`${jobId}~`))
          .map((name) => `${directory}/${name}`),
      );
    await aged("aged", 40);
    await aged("aged-less", 20);
    const fresh = filesOf("aged-less");
    const foreign = path.join(bench.stateDir, "results", "aged~none.json");
    writeFileSync(foreign, "{}");
    utimesSync(foreign, 1, 1);
    const gc = (...flags: readonly string[]) => bench.corral(["gc", "--results-older-than", "30d", ...flags]);
    const kinds = async (...flags: readonly string[]) =>
      (parsed(await gc("--json", ...flags)) as SweepDocument).removed.map(({ kind }) => kind);
    assert.deepEqual(await kinds("--dry-run"), ["result", "log", "log"]);
    assert.equal(filesOf("aged").length, 4);
    assert.deepEqual(await kinds(), ["result", "log", "log"]);
    assert.deepEqual([filesOf("aged"), filesOf("aged-less")], [["results/aged~none.json"], fresh]);
    rmSync(foreign);
    assert.equal((await gc()).out, "nothing to clear\n");
    const refused = await bench.corral(["gc", "--results-older-than", "soon"]);
    assert.deepEqual(
      [refused.status, refused.err],
      [2, '[corral] --results-older-than expects a duration such as 500ms, 10s or 5m, not "soon"\n'],
    );
  });

  test("names the Corral that watches what it keeps", async () => {
    const { corral } = await start("guarded", grouped, sleeper);
    assert.equal(
      (await bench.corral(["gc"])).out,
      `kept guarded (running): its Corral watches it: ${watcherOf("guarded")}\n`,
    );
    await bench.corral(["stop", "guarded"]);
    await corral.ended;
  });

  test("says of a job that was left on purpose that nobody saw its end, and keeps what its group counted", async () => {
    const ran = await bench.corral(["run", "--background", "--job-id", "unseen", ...grouped, "--", "true"]);
    assert.equal(ran.status, 0, ran.err);
    const { pid = 0 } = (await status("unseen")).live?.leader ?? {};
    await until("it has ended", () => startTicks(pid) === null);
    await bench.corral(["gc"]);
    const [report] = resultsOf("unseen");
    assert.deepEqual(
      [report?.platform_sla_compliant, report?.platform_sla_reason, report?.exit_code_known, report?.usage.source],
      [true, "ended_unobserved", false, "group"],
    );
    const { out } = await bench.corral(["status", "unseen"]);
    assert.match(out, /^JOB unseen \| sla=COMPLIANT \| reason=ended_unobserved \| runtime=- \| exit=- \| pid=\d+$/m);
  });

  test("names what cannot be cleared away, and fails", async (t) => {
    const pid = await orphan("busy-group", grouped, sleeper);
    const group = bench.parent.groupOf("pids", "busy-group") ?? "";
    if (!requires(t, existsSync(group) ? null : "no pids controller")) return;
    const inside = path.join(group, "inside");
    mkdirSync(inside);
    process.kill(pid, "SIGKILL");
    await until("it is gone", () => startTicks(pid) === null);
    const ran = await bench.corral(["gc"]);
    assert.equal(ran.status, 125);
    assert.match(ran.out, /^not cleared busy-group \(dead\): its group cannot be removed: /m);
    spawnSync("rmdir", [inside]);
    assert.equal((await bench.corral(["gc"])).out, "cleared busy-group\n");
  });
});

describe("output that is captured", () => {
  test("of a job in the background is printed byte by byte, and followed to its end", async () => {
    const go = bench.fresh("go");
    const script = `printf 'a\\000\\377'; echo err >&2; until test -e ${go}; do sleep 0.02; done; echo late`;
    const ran = await bench.corral(["run", "--background", "--job-id", "quiet", ...grouped, "--", "sh", "-c", script]);
    assert.deepEqual([ran.status, ran.out], [0, "quiet\n"]);
    assert.equal(await stateOfJob("quiet"), "detached");
    const first = Buffer.from([97, 0, 255]);
    await until("it has written", () => captured("quiet", ".out").length === 3);
    assert.deepEqual((await bench.corral(["logs", "quiet"])).stdout, first);
    const follow = bench.start(["logs", "quiet", "--follow"]);
    const wait = bench.start(["wait", "quiet"]);
    await until("both are there", () => follow.out().length > 0 && watcherOf("quiet") === wait.pid);
    writeFileSync(go, "");
    assert.deepEqual((await follow.ended).stdout, Buffer.concat([first, Buffer.from("late\n")]));
    assert.equal((await wait.ended).status, 0);
    assert.equal((await bench.corral(["logs", "quiet", "--stderr"])).out, "err\n");
    assert.equal((await status("quiet")).captured?.stdout.endsWith(".out"), true);
  });

  test("of a run in the foreground goes to files only, and the status is the workload's", async () => {
    const ran = await bench.corral([
      "run",
      "--quiet",
      "--capture",
      "--job-id",
      "kept",
      "--",
      "sh",
      "-c",
      "echo x; exit 4",
    ]);
    assert.deepEqual([ran.status, ran.out], [4, ""]);
    assert.equal((await bench.corral(["logs", "kept"])).out, "x\n");
  });

  test("leaves no file of a run that never started, and its absence is an error of one line", async () => {
    await bench.corral(["run", "--background", "--job-id", "unborn", "--", "no-such-command"]);
    assert.deepEqual(
      readdirSync(path.join(bench.stateDir, "logs")).filter((name) => name.startsWith("unborn")),
      [],
    );
    const ran = await bench.corral(["logs", "unborn"]);
    assert.deepEqual(
      [ran.status, ran.err],
      [125, '[corral] the output of the job "unborn" was not captured; start it with: corral run --capture\n'],
    );
  });

  test("a job in the background cannot keep a timeout or be tied", async () => {
    for (const flags of [
      ["--timeout", "1s"],
      ["--lifetime", "tied"],
    ]) {
      const ran = await bench.corral(["run", "--background", ...flags, "--", "true"]);
      assert.deepEqual(
        [ran.status, /^\[corral\] --background and --[a-z ]+ exclude each other; [^\n]+\n$/.test(ran.err)],
        [2, true],
      );
    }
  });
});

/** What a job has written, by the ending of the file. */
function captured(jobId: string, ending: ".out" | ".err"): Buffer {
  const logs = path.join(bench.stateDir, "logs");
  const name = readdirSync(logs).find((one) => one.startsWith(`${jobId}~`) && one.endsWith(ending));
  return name === undefined ? Buffer.alloc(0) : readFileSync(path.join(logs, name));
}

test("a user without rights has jobs of his own, in his own directories", async (t: TestContext) => {
  if (!requires(t, root())) return;
  const home = bench.fresh("home");
  mkdirSync(home);
  spawnSync("chown", [String(nobody), home]);
  const env = {
    CORRAL_STATE_DIR: "",
    CORRAL_CGROUP_PARENT: "",
    HOME: home,
    XDG_RUNTIME_DIR: path.join(home, "run"),
    XDG_STATE_HOME: path.join(home, "state"),
  };
  const as = (args: readonly string[]) => bench.corral(args, { uid: nobody, env });
  assert.equal((await as(["ps", "--all"])).status, 0, "before there is any directory");
  const ran = await as([
    "run",
    "--quiet",
    "--background",
    "--job-id",
    "mine",
    "--",
    "sh",
    "-c",
    "echo hello; exec sleep 1000",
  ]);
  assert.deepEqual([ran.status, ran.out], [0, "mine\n"], ran.err);
  const listed = parsed(await as(["ps", "--json"])) as JobsDocument;
  assert.deepEqual(
    listed.jobs.map((one) => [one.job_id, one.state, one.uid]),
    [["mine", "detached", nobody]],
  );
  await until("it has written", () => spawnSync("sh", ["-c", `cat ${home}/state/corral/logs/*.out`]).stdout.length > 0);
  assert.equal((await as(["logs", "mine"])).out, "hello\n");
  const stop = await as(["stop", "mine"]);
  assert.deepEqual([stop.status, /exit=143/.test(stop.err)], [0, true], stop.err);
  assert.deepEqual(readdirSync(path.join(home, "run", "corral", "jobs")), []);
  assert.equal((await ps()).jobs.length, 0, "root's own list has none of it");
});

expectNoLeftovers(bench);
