import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { RunReport } from "../../src/report/index.ts";
import { nobody, openBench } from "../shared/bench.ts";
import { host } from "../shared/group-parent.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { capability, controller, program, requires, root } from "../shared/requires.ts";

const bench = openBench();
const nothing = { groups: [], processes: [], records: [] };

/** A file below the bench with a mode. */
function file(name: string, text: string, mode: number): string {
  const at = bench.fresh(name);
  writeFileSync(at, text);
  chmodSync(at, mode);
  return at;
}

/** Runs the CLI in a mount namespace of its own, after a shell script has changed the mounts there. */
const inMounts = (script: string, then = 'exec "$@"'): string[] => [
  "unshare",
  "--mount",
  "--propagation",
  "private",
  "sh",
  "-ec",
  `${script}\n${then}`,
  "sh",
];
const mounts = (): readonly (string | null)[] => [root(), capability("CAP_SYS_ADMIN"), program("unshare")];
const cgroupMounts = host.hierarchies.map(({ mountPoint }) => mountPoint);

test("a run from a directory that was removed stays in it, and the report has its name", async () => {
  const report = bench.fresh("report.json");
  const removed = 'd=$(mktemp -d); cd "$d"; rmdir "$d"; exec "$@"';
  const args = ["run", "--report", report, "--", "sh", "-c", "readlink /proc/self/cwd"];
  const { status, out, err } = await bench.corral(args, { wrap: ["sh", "-c", removed, "sh"] });
  assert.deepEqual([status, out.endsWith(" (deleted)\n")], [0, true], err);
  assert.equal((JSON.parse(readFileSync(report, "utf8")) as RunReport).cwd, out.trimEnd());
});

const unusable = path.join(bench.dir, "no-such-program");
for (const [what, command, status, code, message] of [
  ["not on PATH", "no-such-program-anywhere", 127, "COMMAND_NOT_FOUND", /: command not found$/],
  ["not at its path", unusable, 127, "COMMAND_NOT_FOUND", /: command not found$/],
  [
    "below a file",
    `${file("plain", "", 0o755)}/x`,
    126,
    "COMMAND_NOT_EXECUTABLE",
    /cannot be executed: a part of its path is not a directory$/,
  ],
  ["without its execute bit", file("data", "#!/bin/sh\n", 0o644), 126, "COMMAND_NOT_EXECUTABLE", /permission denied$/],
  ["a directory", bench.dir, 126, "COMMAND_NOT_EXECUTABLE", /is a directory$/],
  [
    "for an interpreter that is missing",
    file("script", "#!/no/such/sh\n", 0o755),
    127,
    "COMMAND_NOT_FOUND",
    /needs an interpreter that does not exist; /,
  ],
] as const) {
  test(`a command that is ${what} makes status ${status}, one line, a report that says so, and leaves nothing`, async () => {
    const { status: found, out, err, report } = await bench.report(["--pids-max", "20"], [command]);
    assert.deepEqual([found, out], [status, ""]);
    assert.match(err, /^\[corral\] [^\n]+\n$/);
    assert.match(err.trimEnd(), message);
    assert.deepEqual(
      [report.start_error?.code, report.exit_reason, report.pid, report.exit_code, report.platform_sla_compliant],
      [code, "start_failed", null, null, true],
    );
    assert.deepEqual(bench.leftovers(), nothing);
  });
}

test("a script without a first line #! is run by sh, as env(1) and timeout(1) do", async () => {
  const script = file("script", "echo ran by sh; exit 3\n", 0o755);
  const { status, out } = await bench.corral(["run", "--quiet", "--", script]);
  assert.deepEqual([status, out], [3, "ran by sh\n"]);
});

test("a working directory that is missing or a file makes status 125 and one line", async () => {
  for (const directory of [unusable, file("file", "", 0o644)]) {
    const marker = bench.fresh("never");
    const { status, err } = await bench.corral(["run", "--workdir", directory, "--", "touch", marker]);
    assert.deepEqual([status, existsSync(marker)], [125, false]);
    assert.match(err, /^\[corral\] cannot enter the working directory "[^"]+": E[A-Z]+\n$/);
  }
});

test("only root may run a workload as somebody else", async (t) => {
  if (!requires(t, root())) return;
  const { status, err } = await bench.corral(["run", "--user", "1", "--", "true"], { uid: nobody });
  assert.equal(status, 125);
  assert.match(err, /^\[corral\] cannot become the user or group asked for: EPERM; [^\n]+\n$/);
});

test("a parent group that does not exist makes status 125 and names the directory", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const marker = bench.fresh("never");
  const args = ["run", "--cgroup-parent", `${bench.parent.argument}/none`, "--pids-max", "9", "--", "touch", marker];
  const { status, err } = await bench.corral(args);
  assert.deepEqual([status, existsSync(marker)], [125, false]);
  assert.match(err, /^\[corral\] the parent group "[^"]+\/none" does not exist; [^\n]+\n$/);
});

test("a report that could not be written is found before anything is started", async (t) => {
  if (!requires(t, root())) return;
  const closed = bench.fresh("closed");
  mkdirSync(closed, { mode: 0o700 });
  for (const report of [path.join(closed, "r.json"), bench.dir, path.join(unusable, "r.json")]) {
    const marker = bench.fresh("never");
    const { status, err } = await bench.corral(["run", "--report", report, "--", "touch", marker], { uid: nobody });
    assert.deepEqual([status, existsSync(marker)], [125, false], err);
    assert.match(err, /^\[corral\] cannot write the report "[^"]+": E[A-Z]+; [^\n]+\n$/);
  }
});

test("a disk that is full when the report is due: one error line, 125 after a success, no half report", async (t) => {
  if (!requires(t, ...mounts())) return;
  const full = bench.fresh("full");
  mkdirSync(full);
  const fill = `mount -t tmpfs -o size=16k none ${full}; cat /dev/zero > ${full}/fill 2>/dev/null || true`;
  const wrap = inMounts(fill, `set +e; "$@"; status=$?; ls ${full}; exit $status`);
  for (const [own, status] of [
    [0, 125],
    [7, 7],
  ] as const) {
    const args = ["run", "--quiet", "--report", `${full}/r.json`, "--", "sh", "-c", `exit ${own}`];
    const ran = await bench.corral(args, { wrap });
    assert.deepEqual([ran.status, ran.out], [status, "fill\n"]);
    assert.match(ran.err, /^\[corral\] ERROR: cannot write the report "[^"]+": ENOSPC; [^\n]+\n$/);
  }
});

for (const [what, script] of [
  ["read-only", `mount --bind ${bench.stateDir} ${bench.stateDir}; mount -o remount,bind,ro ${bench.stateDir}`],
  [
    "full",
    `mount -t tmpfs -o size=16k none ${bench.stateDir}; cat /dev/zero > ${bench.stateDir}/fill 2>/dev/null || true`,
  ],
] as const) {
  test(`a state directory that is ${what} costs a warning, not the run`, async (t) => {
    if (!requires(t, ...mounts())) return;
    const script7 = ["sh", "-c", "echo ran; exit 7"];
    const ran = await bench.corral(["run", "--pids-max", "9", "--", ...script7], { wrap: inMounts(script) });
    assert.deepEqual([ran.status, ran.out], [7, "ran\n"], ran.err);
    assert.equal(ran.warnings.length, 1);
    assert.match(
      ran.warnings[0] ?? "",
      /^WARNING: Cannot record this job \(E[A-Z]+ in [^)]+\); its result will not be kept$/,
    );
    assert.doesNotMatch(ran.err, /bug in Corral/);
  });

  test(`--strict refuses when the state directory is ${what}`, async (t) => {
    if (!requires(t, ...mounts())) return;
    const marker = bench.fresh("never");
    const ran = await bench.corral(["run", "--strict", "--", "touch", marker], { wrap: inMounts(script) });
    assert.deepEqual([ran.status, existsSync(marker)], [125, false], ran.err);
    assert.match(ran.err, /^\[corral\] cannot record the job: [^\n]+\n$/);
  });
}

const limits = ["--cpu-quota", "50", "--memory-limit", "64", "--pids-max", "20"];

test("without any cgroup mount every limit is not enforceable, is warned about, and the workload runs", async (t) => {
  if (!requires(t, ...mounts(), cgroupMounts.length === 0 ? "no cgroup is mounted" : null)) return;
  const wrap = inMounts(cgroupMounts.map((mount) => `umount -l ${mount}`).join("; "));
  const reportFile = bench.fresh("report");
  const args = ["run", ...limits, "--report", reportFile, "--", "sh", "-c", "exit 6"];
  const ran = await bench.corral(args, { wrap });
  assert.equal(ran.status, 6, ran.err);
  const reason = (name: string): string => `no mounted cgroup hierarchy has the ${name} controller`;
  assert.deepEqual(ran.warnings, [
    `WARNING: cpu-quota 50% (50000 us per 100000 us): not enforceable: ${reason("cpu")}`,
    `WARNING: memory-limit 64 MiB: not enforceable: ${reason("memory")}`,
    `WARNING: pids-max 20: not enforceable: ${reason("pids")}`,
  ]);
  const report = JSON.parse(readFileSync(reportFile, "utf8")) as RunReport;
  assert.deepEqual([report.scope, report.cgroups, report.usage.source], ["none", {}, "rusage"]);
});

test("with read-only cgroup mounts every limit is not enforceable, and the workload runs", async (t) => {
  if (!requires(t, ...mounts(), controller("cpu"), controller("memory"), controller("pids"))) return;
  const wrap = inMounts(cgroupMounts.map((mount) => `mount -o remount,bind,ro ${mount}`).join("; "));
  for (const env of [{}, { CORRAL_CGROUP_PARENT: undefined }]) {
    const ran = await bench.corral(["run", ...limits, "--", "sh", "-c", "exit 6"], { wrap, env });
    assert.equal(ran.status, 6, ran.err);
    const perLimit = ran.warnings.filter((line) => line.includes(": not enforceable: "));
    assert.equal(perLimit.length, 3, ran.err);
    assert.ok(
      perLimit.every((line) => line.includes("read-only")),
      ran.err,
    );
  }
});

test("a controller that another hierarchy member lacks permission for leaves the others applied", async (t) => {
  if (!requires(t, ...mounts(), controller("cpu"), controller("pids"))) return;
  const cpu = host.owner.cpu?.mountPoint ?? "";
  if (!requires(t, cpu === host.owner.pids?.mountPoint ? "cpu and pids share one hierarchy" : null)) return;
  const wrap = inMounts(`mount -o remount,bind,ro ${cpu}`);
  const ran = await bench.corral(["run", ...limits, "--", "sh", "-c", "exit 6"], { wrap });
  assert.equal(ran.status, 6, ran.err);
  assert.equal(ran.warnings.filter((line) => line.startsWith("WARNING: cpu-quota")).length, 1);
  assert.match(ran.err, /^\[corral\] pids-max 20: applied /m);
  assert.match(ran.err, /^\[corral\] memory-limit 64 MiB: applied /m);
});

expectNoLeftovers(bench);
