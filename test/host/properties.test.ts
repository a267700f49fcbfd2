import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { nobody, openBench } from "../shared/bench.ts";
import { host } from "../shared/group-parent.ts";
import { fewInGuest } from "../shared/guest.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { cpuTimeUs, readProc, startTicks } from "../shared/processes.ts";
import { capability, controller, program, requires, root } from "../shared/requires.ts";
import { scaled, sleep, until } from "../shared/timing.ts";

const bench = openBench();

/** Every byte value, four times over, and then noise: 1 MiB. */
const binary = Buffer.concat([
  Buffer.from(Array.from({ length: 1024 }, (_, at) => at % 256)),
  randomBytes(1023 * 1024),
]);

test("standard input and output pass through byte for byte: 1 MiB of binary", async () => {
  const ran = await bench.corral(["run", "--", "cat"], { input: binary });
  assert.equal(ran.status, 0);
  assert.ok(ran.stdout.equals(binary));
});

test("with --quiet, standard error is the workload's alone", async () => {
  const ran = await bench.corral(["run", "--quiet", "--", "sh", "-c", "cat >&2; echo out; exit 9"], { input: "err\n" });
  assert.deepEqual([ran.status, ran.out, ran.err], [9, "out\n", "err\n"]);
});

test("Corral's own words go to standard error only, one summary and one JOB line after the workload's", async () => {
  const { out, err } = await bench.corral(["run", "--job-id", "words", "--intent", "test", "--", "echo", "hello"]);
  assert.equal(out, "hello\n");
  assert.match(
    err,
    /^\[corral\] job words: success, exit 0 after \d+ ms \(pid \d+\)\n(\[corral\] [^\n]+\n)*JOB words \| intent=test \| sla=COMPLIANT \| reason=completed_successfully \| runtime=0s \| exit=0 \| pid=\d+\n$/,
  );
});

test("--json: the report alone is on standard output, the workload's output goes to standard error", async () => {
  const { out, err } = await bench.corral(["run", "--quiet", "--json", "--", "sh", "-c", "echo out; echo err >&2"]);
  assert.equal(JSON.parse(out).schema, "corral.report/1");
  assert.equal(err, "out\nerr\n");
});

test("the exit status is the workload's own", async () => {
  // Ordinary ones, those that Corral uses itself, and those that a shell gives for a signal.
  for (const status of fewInGuest(
    [0, 42, 125, 255, 1, 2, 3, 64, 99, 100, 124, 126, 127, 128, 129, 137, 143, 200, 254],
    4,
  )) {
    const ran = await bench.corral(["run", "--quiet", "--", "sh", "-c", `exit ${status}`]);
    assert.deepEqual([ran.status, ran.out, ran.err], [status, "", ""]);
  }
});

test("a workload killed by signal n makes 128+n, and the report names the signal", async () => {
  const signals = [
    ["KILL", 9],
    ["SEGV", 11],
    ["HUP", 1],
    ["INT", 2],
    ["ABRT", 6],
    ["TERM", 15],
  ] as const;
  for (const [name, number] of fewInGuest(signals, 2)) {
    const { status, report } = await bench.report(["--rlimit", "core=0"], ["sh", "-c", `kill -${name} $$`]);
    assert.equal(status, 128 + number);
    assert.deepEqual(
      [report.exit_code, report.exit_signal, report.exit_reason, report.exit_code_known, report.core_dumped],
      [null, `SIG${name}`, "signal", true, false],
    );
  }
});

test("the command is executed exactly once, whatever its exit status", async () => {
  const file = bench.fresh("count");
  const { status } = await bench.corral(["run", "--", "sh", "-c", `echo $$ >> ${file}; exit 1`]);
  assert.equal(status, 1);
  assert.match(readFileSync(file, "utf8"), /^\d+\n$/);
});

test("a failing workload on a healthy platform is compliant, and intent and tags are echoed", async () => {
  const flags = ["--sla-eligible", "--intent", "soak", "--tag", "team=video", "--tag", "empty="];
  const { report } = await bench.report(flags, ["false"]);
  assert.deepEqual(
    [report.exit_code, report.platform_sla_compliant, report.platform_sla_reason],
    [1, true, "workload_failed_platform_ok"],
  );
  assert.deepEqual([report.sla_eligible, report.intent, report.tags], [true, "soak", { team: "video", empty: "" }]);
});

test("without flags no group is made and no privilege is used: the user nobody gets a bare run", async (t) => {
  if (!requires(t, root())) return;
  const ran = await bench.corral(["run", "--", "sh", "-c", "cat /proc/self/cgroup; id -u; exit 6"], { uid: nobody });
  assert.equal(ran.status, 6);
  assert.equal(ran.out, `${readFileSync("/proc/self/cgroup", "utf8")}${nobody}\n`);
  assert.deepEqual(ran.warnings, []);
});

test("the limits stand before the workload's first instruction, and hold for a child forked at once", async (t) => {
  if (!requires(t, root(), controller("cpu"), controller("memory"), controller("pids"))) return;
  const file = (name: "cpu" | "memory" | "pids", v1: string, v2: string): string =>
    bench.parent.fileOf(name, "first", { v1, v2 }) ?? "";
  const files = [
    file("cpu", "cpu.cfs_quota_us", "cpu.max"),
    file("memory", "memory.limit_in_bytes", "memory.max"),
    file("pids", "pids.max", "pids.max"),
  ];
  const flags = ["--job-id", "first", "--cpu-quota", "20", "--memory-limit", "64", "--pids-max", "17"];
  const quota = host.owner.cpu?.version === 2 ? "20000 100000" : "20000";
  const members = ["cpu", "memory", "pids"].filter((name) => host.owner[name as "cpu"]?.version === 1);
  // The command itself reads, then its first fork does.
  for (const command of [
    ["cat", "/proc/self/cgroup", ...files],
    ["sh", "-c", `(cat /proc/self/cgroup ${files.join(" ")}) & wait $!`],
  ]) {
    const { status, out } = await bench.corral(["run", "--quiet", ...flags, "--", ...command]);
    assert.equal(status, 0);
    assert.ok(out.endsWith(`\n${quota}\n${64 * 2 ** 20}\n17\n`), out);
    const inGroup = out.split("\n").filter((line) => line.endsWith(`${bench.parent.name}/corral-first`));
    for (const name of members)
      assert.ok(
        inGroup.some((line) => line.includes(`:${name}:`)),
        `${name}: ${out}`,
      );
    if (host.unified !== null) assert.ok(inGroup.some((line) => line.startsWith("0::")));
  }
});

test("concurrent runs never share a group, with and without job ids, and each keeps its own limit", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const runs = [11, 12, 13, 14].map((limit, at) => {
    const id = at < 2 ? [] : ["--job-id", `own-${at}`];
    return bench.report([...id, "--pids-max", String(limit)], ["sh", "-c", "cat /proc/self/cgroup; sleep 0.3"]);
  });
  const ended = await Promise.all(runs);
  assert.deepEqual(
    ended.map(({ report }) => report.constraints[0]?.effective),
    ["11", "12", "13", "14"],
  );
  assert.equal(new Set(ended.map(({ report }) => report.cgroups["pids"])).size, 4);
  assert.equal(new Set(ended.map(({ out }) => out)).size, 4);
});

/** A script that leaves a mark when it starts, and goes on to its end once it is let go. */
function heldScript(mark: string, end: string) {
  const go = bench.fresh("go");
  return {
    script: `echo x >>${mark}; until [ -e ${go} ]; do sleep 0.05; done; ${end}`,
    letGo: () => writeFileSync(go, ""),
  };
}

test("a job id is refused while its job lives, the live job is untouched, and the id is free afterwards", async () => {
  const marker = bench.fresh("started");
  const held = heldScript(marker, "exit 4");
  const first = bench.start(["run", "--job-id", "twin", "--", "sh", "-c", held.script]);
  await until("the first job runs", () => existsSync(marker));
  const file = bench.fresh("never");
  const second = await bench.corral(["run", "--job-id", "twin", "--", "touch", file]);
  assert.deepEqual(
    [second.status, second.out, second.err],
    [125, "", '[corral] a job with the id "twin" is already running; wait for it, or choose another --job-id\n'],
  );
  assert.equal(existsSync(file), false);
  held.letGo();
  assert.equal((await first.ended).status, 4);
  assert.equal((await bench.corral(["run", "--job-id", "twin", "--", "true"])).status, 0);
});

test("of many runs started at once with one job id, exactly one runs", async () => {
  const file = bench.fresh("ran");
  const held = heldScript(file, "exit 0");
  const args = ["run", "--quiet", "--job-id", "race", "--", "sh", "-c", held.script];
  const statuses: (number | null)[] = [];
  const runs = Array.from({ length: 5 }, () =>
    bench.corral(args, { limitMs: 30_000 }).then(({ status }) => statuses.push(status)),
  );
  await until("all but one have ended", () => statuses.length === 4, 20_000);
  held.letGo();
  await Promise.all(runs);
  assert.deepEqual(statuses, [125, 125, 125, 125, 0]);
  assert.equal(readFileSync(file, "utf8"), "x\n");
});

test("the result is one file, equal to the report, and a later job of the same id leaves it as it was", async () => {
  const ofJob = (): string[] => bench.results().filter((name) => name.startsWith("once~"));
  const { report } = await bench.report(["--job-id", "once"], ["true"]);
  const [name = "", ...others] = ofJob();
  assert.deepEqual(others, []);
  const file = path.join(bench.stateDir, "results", name);
  const before = { text: readFileSync(file, "utf8"), stat: statSync(file) };
  assert.deepEqual(JSON.parse(before.text), report);
  assert.equal(before.stat.mode & 0o137, 0, "not writable by others, not executable");
  await bench.report(["--job-id", "once"], ["false"]);
  assert.equal(ofJob().length, 2);
  assert.deepEqual([readFileSync(file, "utf8"), statSync(file).mtimeMs], [before.text, before.stat.mtimeMs]);
});

/** Values of the sysctls below /proc/sys that can be read. */
function sysctls(folder = "/proc/sys", values = new Map<string, string>()): Map<string, string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = `${folder}/${entry.name}`;
    if (entry.isDirectory()) sysctls(file, values);
    else if (!/random|ns_last_pid|nr$|-nr$|-state$|binfmt/.test(file)) values.set(file, readProc(file.slice(6)) ?? "");
  }
  return values;
}

test("no sysctl and no mount changes", async (t) => {
  if (!requires(t, root())) return;
  const mounts = readFileSync("/proc/self/mountinfo", "utf8");
  const before = sysctls();
  await bench.corral([
    "run",
    "--cpu-quota",
    "50",
    "--memory-limit",
    "64",
    "--nice",
    "5",
    "--pids-max",
    "9",
    "--",
    "true",
  ]);
  assert.deepEqual(sysctls(), before);
  assert.equal(readFileSync("/proc/self/mountinfo", "utf8"), mounts);
});

test("no network is needed", async (t) => {
  if (!requires(t, root(), capability("CAP_SYS_ADMIN"), program("unshare"))) return;
  const ran = await bench.corral(["run", "--pids-max", "20", "--", "echo", "alone"], { wrap: ["unshare", "-n"] });
  assert.deepEqual([ran.status, ran.out, ran.warnings], [0, "alone\n", []]);
});

test("a waiting Corral sleeps: next to no CPU time, at most 100 MiB of memory", async () => {
  const marker = bench.fresh("started");
  const script = `echo $$ >${marker}; exec sleep 1000`;
  const corral = bench.start(["run", "--pids-max", "9", "--", "sh", "-c", script], { limitMs: 60_000 });
  await until("the workload runs", () => existsSync(marker) && readFileSync(marker, "utf8").endsWith("\n"));
  await sleep(scaled(500));
  const before = cpuTimeUs(corral.pid);
  // The time does not pass slower on a slow machine, but what is done in it costs more CPU time.
  await sleep(2000);
  assert.notEqual(startTicks(corral.pid), null);
  assert.ok(cpuTimeUs(corral.pid) - before <= scaled(20_000), "at most 1 % of a CPU of the reference machine");
  const rssKib = Number(/^VmRSS:\s*(\d+)/m.exec(readProc(`${corral.pid}/status`) ?? "")?.[1]);
  assert.ok(rssKib < 100 * 1024, `${rssKib} KiB`);
  process.kill(Number(readFileSync(marker, "utf8")), "SIGTERM");
  assert.equal((await corral.ended).status, 143);
});

test("a workload that closes its own stdio ends as it would alone", async () => {
  const ran = await bench.corral(["run", "--quiet", "--", "sh", "-c", "exec <&- >&- 2>&-; exit 8"]);
  assert.deepEqual([ran.status, ran.out, ran.err], [8, "", ""]);
});

expectNoLeftovers(bench);
