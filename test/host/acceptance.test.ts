/**
 * The fifteen points that an operator of the wrapper before Corral was promised, each as a test. Where Corral differs on
 * purpose it says so. Points that other files prove closer are named with them:
 *  1 help lists the flags               here
 *  2 limits from the first instruction  here; effects.test.ts
 *  3 low priority                       here (the plan); test/vm/enforcement/cpu-share.test.ts (the share)
 *  4 high priority, as root and not     here; fallback.test.ts
 *  5 memory and OOM score               here; limits.test.ts, outcomes.test.ts
 *  6 no flags: nothing is touched       here; properties.test.ts
 *  7 a user without rights              fallback.test.ts ("permission denied"), here
 *  8 attach to the end; absent process  attach.test.ts, attach-guards.test.ts, here
 *  9 TERM and KILL leave the workload   lifetime.test.ts, here (gc accounts for it)
 * 10 the group's name, and its end      here
 * 11 one JSON document                  here; test/package/docs.test.ts
 * 12 io weight beside others            here; disk.test.ts
 * 13 instance names of systemd          here; src/run/job-id.test.ts
 * 14 out of range                       bad-flags.test.ts, here
 * 15 two runs do not influence another  here; many-jobs.test.ts
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { RunReport } from "../../src/report/index.ts";
import { startTarget } from "../shared/attach.ts";
import { nobody, openBench } from "../shared/bench.ts";
import { noWeightedDisk } from "../shared/disk.ts";
import { fewInGuest } from "../shared/guest.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { startTicks } from "../shared/processes.ts";
import { capability, controller, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();

const outcomes = ({ constraints }: RunReport): Record<string, string> =>
  Object.fromEntries(constraints.map(({ name, status }) => [name, status]));

/**
 * The flags of old: name, what it takes in the help, or null where it is a switch. Their defaults were numbers that meant
 * "leave it alone" (0, and 100 for the weight); here a flag that is not given changes nothing, and 0 is a value.
 */
const seedFlags = {
  "job-id": "ID",
  "sla-eligible": null,
  intent: "WHAT",
  "cpu-quota": "PERCENT",
  "cpu-weight": "1..10000",
  nice: "-20..19",
  "memory-limit": "SIZE",
  "io-weight": "1..100",
  "oom-score": "-1000..1000",
  json: null,
} as const;

test("1: the help of run and attach lists every flag with what it takes", async () => {
  for (const [command, more] of [
    ["run", {}],
    ["attach", { pid: "N[,N…]" }],
  ] as const) {
    const { status, out } = await bench.corral([command, "--help", "--all"]);
    assert.equal(status, 0);
    for (const [flag, value] of Object.entries({ ...seedFlags, ...more }))
      assert.ok(out.includes(`  --${flag}${value === null ? " " : ` ${value}`}`), `${command} --${flag}`);
  }
});

test("2: a job id, a quota and a memory limit are applied, and the command sees them from its first instruction", async (t) => {
  if (!requires(t, root(), controller("cpu"), controller("memory"))) return;
  const [quota, memory] = [
    bench.parent.fileOf("cpu", "j", { v1: "cpu.cfs_quota_us", v2: "cpu.max" }),
    bench.parent.fileOf("memory", "j", { v1: "memory.limit_in_bytes", v2: "memory.max" }),
  ];
  const flags = ["--job-id", "j", "--sla-eligible", "--cpu-quota", "200", "--memory-limit", "4096"];
  const { status, out, report } = await bench.report(flags, ["cat", quota ?? "", memory ?? ""]);
  assert.equal(status, 0);
  assert.match(out, /^200000( 100000)?\n4294967296\n$/);
  assert.deepEqual(
    [report.job_id, report.sla_eligible, outcomes(report)],
    ["j", true, { "cpu-quota": "applied", "memory-limit": "applied" }],
  );
});

test("3: a low weight with a nice value and an intent: the weight is the group's, nice orders inside", async (t) => {
  if (!requires(t, root(), controller("cpu"))) return;
  const flags = ["--cpu-weight", "50", "--nice", "10", "--intent", "test"];
  const { err, report } = await bench.report(flags, ["true"]);
  assert.deepEqual([report.intent, outcomes(report)["cpu-weight"]], ["test", "applied"]);
  assert.match(err, /^JOB .* \| intent=test \| /m);
});

test("4: a high weight and a negative nice value: applied for root, told exactly to a user, who runs all the same", async (t) => {
  if (!requires(t, root(), controller("cpu"), capability("CAP_SYS_NICE"))) return;
  const flags = ["--cpu-weight", "200", "--nice", "-5", "--memory-limit", "8192", "--sla-eligible"];
  const { report } = await bench.report(flags, ["true"]);
  assert.deepEqual(
    [report.exit_code, outcomes(report)["cpu-weight"], outcomes(report)["nice"]],
    [0, "applied", "applied"],
  );
  const user = await bench.corral(["run", ...flags, "--", "sh", "-c", "exit 7"], { uid: nobody });
  assert.equal(user.status, 7);
  assert.ok(user.warnings.includes("WARNING: Cannot set negative nice (requires root), using 0"));
});

test("5: a memory limit and an OOM score: the score stands, and allocating too much ends in oom", async (t) => {
  if (!requires(t, root(), controller("memory"))) return;
  const flags = ["--memory-limit", "64", "--swap-max", "0", "--oom-score", "500"];
  const script =
    'console.log(require("node:fs").readFileSync("/proc/self/oom_score_adj", "utf8")); Buffer.alloc(2 ** 28, 1);';
  const { status, out, report } = await bench.report(flags, [process.execPath, "-e", script]);
  assert.deepEqual([status, out.trim(), report.exit_reason], [137, "500", "oom"]);
});

test("6: without flags no group is made, stdio is byte-identical, and the status is the command's", async () => {
  const { status, out } = await bench.corral(["run", "--", "sh", "-c", "cat /proc/self/cgroup; exit 9"]);
  assert.deepEqual([status, out], [9, readFileSync("/proc/self/cgroup", "utf8")]);
  const plain = await bench.corral(["run", "--quiet", "--", "cat"], { input: Buffer.from([0, 255, 10, 13, 128]) });
  assert.deepEqual([...plain.stdout], [0, 255, 10, 13, 128]);
  assert.deepEqual(bench.parent.children(), []);
});

test("7: a user without a group of his own is told so once, in the known words, and keeps his status", async (t) => {
  if (!requires(t, root(), controller("cpu"))) return;
  const { status, warnings } = await bench.corral(
    ["run", "--cpu-quota", "50", "--memory-limit", "64", "--", "sh", "-c", "exit 3"],
    {
      uid: nobody,
    },
  );
  const exact = "WARNING: Cannot create cgroup (permission denied)";
  assert.deepEqual([status, warnings.filter((line) => line === exact).length], [3, 1]);
});

test("8: an attach observes to the end; an absent process does not exist", async () => {
  const target = await startTarget(bench, ["sh", "-c", "read line; exit 0"]);
  const corral = bench.start(["attach", "--pid", String(target.pid), "--job-id", "observed", "--nice", "1"]);
  await until("it is governed", () => corral.err().includes("nice") || bench.records().includes("observed.json"));
  target.say("go");
  const { status, err } = await corral.ended;
  assert.equal(status, 0);
  assert.match(err, /^JOB observed \| sla=COMPLIANT \| reason=observed_to_completion \| /m);
  await target.ended;
  const absent = await bench.corral(["attach", "--pid", String(target.pid)]);
  assert.deepEqual([absent.status, absent.err], [125, `[corral] process ${target.pid} does not exist\n`]);
});

for (const signal of fewInGuest(["SIGKILL", "SIGTERM"] as const)) {
  test(`9: ${signal} of Corral leaves the workload alive, and gc accounts for it later`, async () => {
    const pidFile = bench.fresh("pid");
    const jobId = `nine-${signal}`;
    const corral = bench.start(["run", "--job-id", jobId, "--", "sh", "-c", `echo $$ > ${pidFile}; exec sleep 1000`]);
    await until("it runs", () => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n"));
    const pid = Number(readFileSync(pidFile, "utf8"));
    const ticks = startTicks(pid);
    corral.kill(signal);
    await corral.ended;
    assert.equal(startTicks(pid), ticks);
    assert.match(
      (await bench.corral(["gc"])).out,
      new RegExp(`^kept ${jobId} \\((orphaned|detached)\\): its workload lives`, "m"),
    );
    process.kill(pid, "SIGKILL");
    await until("it is gone", () => startTicks(pid) === null);
    assert.match((await bench.corral(["gc"])).out, new RegExp(`^cleared ${jobId}$`, "m"));
    assert.equal(bench.results().filter((name) => name.startsWith(`${jobId}~`)).length, 1);
  });
}

test("10: the group is named after the job and gone afterwards, by gc when descendants linger", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const script = "setsid sleep 0.5 & grep -c corral-ten- /proc/self/cgroup";
  const { out, report } = await bench.report(["--job-id", "ten-x", "--pids-max", "50"], ["sh", "-c", script]);
  // Of old: ffrtmp-wrapper-ID; here: corral-ID.
  assert.ok(Number(out) >= 1);
  assert.equal(report.survivors?.length, 1);
  assert.notDeepEqual(bench.parent.children(), []);
  await until("the last one has ended", () => (report.survivors ?? []).every((pid) => startTicks(pid) === null));
  await bench.corral(["gc"]);
  assert.deepEqual(bench.parent.children(), []);
});

test("11: --json is one document with the fields that scripts of old read", async () => {
  const { out } = await bench.corral(["run", "--json", "--", "sh", "-c", "echo words; exit 4"]);
  const report = JSON.parse(out) as RunReport;
  assert.deepEqual(
    [typeof report.job_id, report.exit_code, report.exit_reason, typeof report.duration_sec],
    ["string", 4, "error", "number"],
  );
  assert.equal(report.processing_seconds, report.duration_sec);
});

test("12: an io weight that nothing honours is told with what stands in, the others are applied", async (t) => {
  if (!requires(t, root(), controller("cpu"), controller("memory"), controller("io"), noWeightedDisk())) return;
  const { report } = await bench.report(
    ["--io-weight", "75", "--cpu-quota", "200", "--memory-limit", "4096"],
    ["true"],
  );
  assert.deepEqual(outcomes(report), {
    "io-weight": "not_enforceable",
    "cpu-quota": "applied",
    "memory-limit": "applied",
  });
  const weight = report.constraints.find(({ name }) => name === "io-weight");
  assert.deepEqual([weight?.mechanism, weight?.effective], ["ionice", "best-effort:2"]);
});

test("13: an instance name of systemd is a job id", async () => {
  const { status, report } = await bench.report(["--job-id", "ffmpeg@cam-1.service"], ["true"]);
  assert.deepEqual([status, report.job_id], [0, "ffmpeg@cam-1.service"]);
});

const outOfRange = ["--cpu-weight 0", "--nice 20", "--oom-score 1001", "--io-weight 101", "--intent foo"];
for (const flags of fewInGuest(outOfRange)) {
  test(`14: ${flags} is wrong usage for run and attach, and nothing is started or touched`, async () => {
    const mark = bench.fresh("started");
    const run = await bench.corral(["run", ...flags.split(" "), "--", "touch", mark]);
    const attach = await bench.corral(["attach", "--pid", String(process.pid), ...flags.split(" ")]);
    assert.deepEqual([run.status, attach.status, existsSync(mark)], [2, 2, false]);
  });
}

test("15: two runs at once without job ids have limits of their own", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const runs = await Promise.all(["20", "300"].map((limit) => bench.report(["--pids-max", limit], ["sleep", "0.3"])));
  assert.deepEqual(
    runs.map(({ report }) => report.constraints[0]?.effective),
    ["20", "300"],
  );
  assert.notEqual(runs[0]?.report.cgroups["pids"], runs[1]?.report.cgroups["pids"]);
});

expectNoLeftovers(bench);
