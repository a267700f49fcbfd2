import assert from "node:assert/strict";
import { existsSync, realpathSync } from "node:fs";
import { test } from "node:test";
import type { ConstraintOutcome } from "../../src/report/index.ts";
import { nobody, openBench } from "../shared/bench.ts";
import { autogroupEnabled, disk, noWeightedDisk } from "../shared/disk.ts";
import { host } from "../shared/group-parent.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { capability, controller, program, requires, root } from "../shared/requires.ts";

const bench = openBench();
const nothing = { groups: [], processes: [], records: [] };
const cpuVersion = host.owner.cpu?.version;

/** Runs a shell script with flags; gives what it printed and the outcomes. */
async function inside(flags: readonly string[], script: string, uid?: number) {
  const ran = await bench.report(flags, ["sh", "-c", script], uid === undefined ? {} : { uid });
  return { ...ran, constraints: ran.report.constraints };
}

const applied = (name: string, requested: string, mechanism: string, effective = requested): ConstraintOutcome => ({
  name,
  requested,
  status: "applied",
  mechanism,
  effective,
  reason: null,
});

/** Nice values of all threads of a Node process with workers, as the kernel has them. */
const threads = `const fs = require("fs"), { Worker } = require("worker_threads");
const w = new Worker("setInterval(() => {}, 1000)", { eval: true });
w.on("online", () => {
  const nice = fs.readdirSync("/proc/self/task").map((t) => fs.readFileSync("/proc/self/task/" + t + "/stat", "utf8").replace(/^.*\\) /, "").split(" ")[16]);
  console.log(nice.length > 2, [...new Set(nice)].join());
  process.exit();
});`;

test("--nice is set for every thread of the workload", async (t) => {
  if (!requires(t, root())) return;
  const { out } = await bench.corral(["run", "--quiet", "--nice", "7", "--", process.execPath, "-e", threads]);
  assert.equal(out, "true 7\n");
});

test("--nice alone makes no cpu group, and says when autogroup takes its force away", async () => {
  const { out, report, constraints } = await inside(["--nice", "3"], "nice");
  assert.equal(out, "3\n");
  assert.deepEqual(constraints, [
    {
      ...applied("nice", "3", "setpriority"),
      ...(autogroupEnabled()
        ? {
            status: "degraded",
            reason: "autogroup is on: the kernel weighs nice only against processes of the same session",
          }
        : {}),
    },
  ]);
  assert.equal(cpuVersion === 1 && report.cgroups["cpu"] !== undefined, false);
});

test("beside a CPU quota --nice becomes the weight of the group, as the kernel weighs a task of that nice", async (t) => {
  if (!requires(t, root(), controller("cpu"))) return;
  const [file, text] = cpuVersion === 2 ? ["cpu.weight.nice", "10"] : ["cpu.shares", "110"];
  const path = bench.parent.fileOf("cpu", "weighed", { v1: file, v2: file });
  const { out, constraints } = await inside(
    ["--job-id", "weighed", "--cpu-quota", "50", "--nice", "10"],
    `cat ${path}; nice`,
  );
  assert.equal(out, `${text}\n10\n`);
  assert.deepEqual(constraints[1], {
    ...applied("nice", "10", file, text),
    reason: "inside a cpu group nice acts as the group's weight",
  });
});

test("an explicit weight stays the weight; nice then orders tasks inside the group only", async (t) => {
  if (!requires(t, root(), controller("cpu"))) return;
  const { out, constraints } = await inside(["--cpu-weight", "300", "--nice", "5"], "nice");
  assert.equal(out, "5\n");
  assert.deepEqual(
    constraints.map(({ name, status, reason }) => [name, status, reason]),
    [
      ["cpu-weight", "applied", null],
      ["nice", "applied", "orders tasks inside the group; against others the group's cpu weight decides"],
    ],
  );
});

test("a negative nice without the right to it: the exact warning, and the workload runs", async (t) => {
  if (!requires(t, root())) return;
  const { status, out, warnings, constraints } = await inside(["--nice", "-5"], "nice; exit 3", nobody);
  assert.deepEqual([status, out], [3, "0\n"]);
  assert.deepEqual(warnings, ["WARNING: Cannot set negative nice (requires root), using 0"]);
  assert.deepEqual([constraints[0]?.status, constraints[0]?.effective], ["failed", "0"]);
});

test("a negative nice with the right to it is set", async (t) => {
  if (!requires(t, root(), capability("CAP_SYS_NICE"))) return;
  const { out, constraints } = await inside(["--nice", "-5"], "nice");
  assert.deepEqual([out, constraints[0]?.effective], ["-5\n", "-5"]);
});

for (const [where, env] of [
  ["below the parent that was named", {}],
  ["where Corral would put it itself", { CORRAL_CGROUP_PARENT: undefined }],
] as const) {
  test(`without the right to a group ${where}: one warning, one more per dropped limit, and the workload runs`, async (t) => {
    if (!requires(t, root(), controller("cpu"), controller("memory"), controller("pids"))) return;
    const flags = ["--cpu-quota", "50", "--memory-limit", "64", "--pids-max", "20"];
    const ran = await bench.corral(["run", ...flags, "--", "sh", "-c", "echo ran; exit 5"], { uid: nobody, env });
    assert.deepEqual([ran.status, ran.out], [5, "ran\n"]);
    assert.equal(ran.warnings[0], "WARNING: Cannot create cgroup (permission denied)");
    assert.deepEqual(
      ran.warnings.slice(1).map((line) => line.replace(/: no permission.*|: permission denied.*/, "")),
      [
        "WARNING: cpu-quota 50% (50000 us per 100000 us): not enforceable",
        "WARNING: memory-limit 64 MiB: not enforceable",
        "WARNING: pids-max 20: not enforceable",
      ],
    );
  });
}

test("without the right to a group, nice and affinity stand in for weight and cpuset", async (t) => {
  if (!requires(t, root(), controller("cpu"), controller("cpuset"))) return;
  const script = "nice; grep Cpus_allowed_list /proc/self/status";
  const { out, constraints } = await inside(["--cpu-weight", "50", "--cpuset", "0"], script, nobody);
  assert.equal(out, "3\nCpus_allowed_list:\t0\n");
  assert.deepEqual(
    constraints.map(({ name, status, mechanism, effective }) => [name, status, mechanism, effective]),
    [
      ["cpuset", "degraded", "sched_setaffinity", "0"],
      ["cpu-weight", "degraded", "nice", "3"],
    ],
  );
});

test("an io weight that no disk honours is not enforceable, and an IO priority stands in", async (t) => {
  if (!requires(t, root(), controller("io"), disk(), noWeightedDisk(), program("ionice"))) return;
  const { out, constraints } = await inside(["--io-weight", "50"], "ionice");
  assert.equal(out, "best-effort: prio 3\n");
  const { reason, ...outcome } = constraints[0] as ConstraintOutcome;
  assert.deepEqual(outcome, {
    name: "io-weight",
    requested: "50",
    status: "not_enforceable",
    mechanism: "ionice",
    effective: "best-effort:3",
  });
  assert.match(reason ?? "", /; an IO priority stands in$/);
});

test("--strict refuses a limit that cannot be had, says which, starts nothing and leaves nothing", async (t) => {
  if (!requires(t, root(), controller("io"), disk(), noWeightedDisk())) return;
  const marker = bench.fresh("never");
  const flags = ["--strict", "--pids-max", "20", "--io-weight", "50"];
  const { status, out, err } = await bench.corral(["run", ...flags, "--", "touch", marker]);
  assert.deepEqual([status, out], [125, ""]);
  assert.match(err, /^\[corral\] not started, because of --strict: io-weight 50: not enforceable [^\n]+\n$/);
  assert.equal(existsSync(marker), false);
  assert.deepEqual(bench.leftovers(), nothing);
});

test("--strict refuses when an attribute cannot be set, after the process was made and before it ran", async (t) => {
  if (!requires(t, root())) return;
  const marker = bench.fresh("never");
  const ran = await bench.corral(["run", "--strict", "--nice", "-5", "--", "touch", marker], { uid: nobody });
  assert.equal(ran.status, 125);
  assert.match(ran.err, /^\[corral\] not started, because of --strict: nice -5: failed [^\n]+\n$/);
  assert.equal(existsSync(marker), false);
  assert.deepEqual(bench.leftovers(), nothing);
});

test("--strict starts when everything is applied", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  assert.equal((await bench.corral(["run", "--strict", "--pids-max", "20", "--", "true"])).status, 0);
});

test("attributes are set before the workload runs, and each has its outcome", async (t) => {
  if (!requires(t, root(), program("ionice"), program("chrt"))) return;
  const { out, constraints } = await inside(
    ["--oom-score", "500", "--ionice", "idle", "--sched", "batch", "--affinity", "0", "--rlimit", "nofile=100:200"],
    "cat /proc/self/oom_score_adj; ionice; chrt -p $$ | head -n 1 | sed 's/.*: //'; ulimit -Sn; ulimit -Hn; grep Cpus_allowed_list /proc/self/status",
  );
  assert.equal(out, "500\nidle\nSCHED_BATCH\n100\n200\nCpus_allowed_list:\t0\n");
  assert.deepEqual(constraints, [
    applied("oom-score", "500", "oom_score_adj"),
    applied("ionice", "idle:0", "ioprio_set"),
    applied("sched", "batch:0", "sched_setscheduler"),
    applied("affinity", "0", "sched_setaffinity"),
    applied("rlimit", "nofile=100:200", "prlimit", "100:200"),
  ]);
});

test("a real-time policy is set, or its outcome says why not", async (t) => {
  if (!requires(t, root(), capability("CAP_SYS_NICE"), program("chrt"))) return;
  for (const flags of [[], ["--cpu-quota", "50"]]) {
    const script = "chrt -p $$ | head -n 1 | sed 's/.*: //'";
    const { out, constraints } = await inside([...flags, "--sched", "fifo:10"], script);
    const sched = constraints.find(({ name }) => name === "sched");
    assert.equal(out, sched?.status === "applied" ? "SCHED_FIFO\n" : "SCHED_OTHER\n");
    if (flags.length === 0) assert.equal(sched?.status, "applied");
    else if (sched?.status === "failed")
      assert.match(sched.reason ?? "", /a cgroup v1 cpu group has no realtime budget/);
  }
});

test("environment, working directory, user and group are the ones asked for", async (t) => {
  if (!requires(t, root())) return;
  const script = 'echo "$SET|$(printenv GONE || echo unset)"; id -u; id -g; id -G; pwd';
  const flags = ["--env", "SET=a=b c", "--env", "GONE", "--workdir", "/tmp", "--user", "65534", "--group", "0"];
  const { out, report } = await bench.report(flags, ["sh", "-c", script], { env: { GONE: "here" } });
  const [env, uid, gid, , directory] = out.split("\n");
  assert.deepEqual([env, uid, gid, directory], ["a=b c|unset", "65534", "0", realpathSync("/tmp")]);
  assert.deepEqual([report.uid, report.cwd], [65_534, "/tmp"]);
});

test("--user gives the user's own primary group and supplementary groups, not those of root", async (t) => {
  if (!requires(t, root())) return;
  const { out } = await inside(["--user", String(nobody)], "id -u; id -g; id -G");
  assert.equal(out, `${nobody}\n65534\n65534\n`);
});

expectNoLeftovers(bench);
