import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { RunReport } from "../../src/report/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { cpuTimeUs, startTicks } from "../shared/processes.ts";
import { controller, program, requires, root } from "../shared/requires.ts";
import { scaled, sleep } from "../shared/timing.ts";

const bench = openBench();
const mib = 2 ** 20;

/** Share of one CPU that a job used between its start and its end. */
function cpuShare({ events, usage }: RunReport): number {
  const started = events.find(({ state }) => state === "running")?.at_sec ?? Number.NaN;
  const ended = events.at(-1)?.at_sec ?? Number.NaN;
  return ((usage.cpu_user_us ?? 0) + (usage.cpu_sys_us ?? 0)) / 1e6 / (ended - started);
}

const stress = (...args: readonly string[]): string[] => ["stress-ng", "--quiet", "--temp-path", bench.dir, ...args];

test("stress-ng cpu stays below its quota", async (t) => {
  if (!requires(t, root(), controller("cpu"), program("stress-ng"))) return;
  const command = stress("--cpu", "2", "--timeout", "3s");
  const { status, err, report } = await bench.report(["--cpu-quota", "30"], command);
  assert.equal(status, 0, err);
  const share = cpuShare(report);
  assert.ok(share > 0.2 && share < 0.33, String(share));
});

test("stress-ng vm never holds more memory than its limit, and its worker pays for trying", async (t) => {
  if (!requires(t, root(), controller("memory"), program("stress-ng"))) return;
  const command = stress("--vm", "1", "--vm-bytes", "256M", "--vm-keep", "--oomable", "--timeout", "5s");
  const { report } = await bench.report(["--memory-limit", "64", "--swap-max", "0"], command, { limitMs: 30_000 });
  assert.ok((report.usage.oom_kills ?? 0) >= 1, "at least one kill");
  assert.ok((report.usage.memory_peak_bytes ?? Number.POSITIVE_INFINITY) <= 64 * mib);
});

test("stress-ng fork never has more processes than its limit", async (t) => {
  if (!requires(t, root(), controller("pids"), program("stress-ng"))) return;
  const command = stress("--fork", "4", "--fork-max", "64", "--timeout", "2s");
  const { report } = await bench.report(["--pids-max", "20"], command, { limitMs: 30_000 });
  assert.ok((report.usage.pids_max_hits ?? 0) >= 1, "some forks were refused");
  const peak = report.usage.pids_peak;
  assert.ok(peak === null || (peak > 10 && peak <= 20), `peak ${peak}`);
});

test("ffmpeg transcodes under a quota: the clip is whole, CPU and memory stay below their limits", async (t) => {
  if (!requires(t, root(), controller("cpu"), controller("memory"), program("ffmpeg"), program("ffprobe"))) return;
  const clip = bench.fresh("clip.mp4");
  const source = "testsrc=duration=4:size=1280x720:rate=25";
  const { status, err, report } = await bench.report(
    ["--cpu-quota", "50", "--memory-limit", "512"],
    ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", source, "-c:v", "mpeg4", clip],
    { limitMs: 60_000 },
  );
  assert.equal(status, 0, err);
  const entries = "stream=codec_name,width,height,nb_frames";
  const probed = execFileSync("ffprobe", ["-v", "error", "-show_entries", entries, "-of", "csv=p=0", clip]);
  assert.equal(probed.toString("utf8").trim(), "mpeg4,1280,720,100");
  // The first period may be spent before the first throttling, hence a period's worth more.
  assert.ok(cpuShare(report) <= 0.55, String(cpuShare(report)));
  assert.ok((report.usage.nr_throttled ?? 0) > 0, "the quota was felt");
  assert.ok((report.usage.memory_peak_bytes ?? 0) <= 512 * mib);
});

test("a pipeline of bash gives the same result as without Corral", async (t) => {
  if (!requires(t, program("bash"))) return;
  const script = "seq 1 100000 | gzip | gunzip | sort -n | tail -n 1";
  const { status, out } = await bench.corral(["run", "--quiet", "--", "bash", "-c", script]);
  assert.deepEqual([status, out], [0, "100000\n"]);
});

test("a writer whose reader is gone dies of SIGPIPE, as without Corral", async (t) => {
  if (!requires(t, program("bash"))) return;
  const script = "set -o pipefail; yes | head -n 1";
  const { status, out } = await bench.corral(["run", "--quiet", "--", "bash", "-c", script]);
  assert.deepEqual([status, out], [141, "y\n"]);
});

test("a program that daemonises is reported as survivor, stays in its group and below its limit", async (t) => {
  if (!requires(t, root(), controller("cpu"))) return;
  const pidFile = bench.fresh("pid");
  const script = `setsid sh -c 'echo $$ > ${pidFile}; while :; do :; done' </dev/null >/dev/null 2>&1 & while [ ! -s ${pidFile} ]; do sleep 0.05; done`;
  const flags = ["--job-id", "daemon", "--cpu-quota", "20"];
  const { status, err, report } = await bench.report(flags, ["sh", "-c", script]);
  t.after(() => bench.discard("daemon"));
  const pid = Number(readFileSync(pidFile, "utf8"));
  assert.equal(status, 0);
  assert.deepEqual(report.survivors, [pid]);
  assert.match(err, new RegExp(`^\\[corral\\] 1 process lives on in its group: ${pid}$`, "m"));
  assert.ok(existsSync(report.cgroups["cpu"] ?? ""), "the group is kept");
  assert.deepEqual(bench.records(), ["daemon.json"], "the record by which the group is found again is kept");
  const before = cpuTimeUs(pid);
  const began = performance.now();
  await sleep(3000);
  const share = (cpuTimeUs(pid) - before) / 1000 / (performance.now() - began);
  assert.ok(share > 0.15 && share < 0.23, `share of one CPU: ${share}`);
  assert.notEqual(startTicks(pid), null);
});

test("a program with 500 children ends as it would alone, and its group is gone", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const script = 'i=0; while [ $i -lt 500 ]; do sleep 1000 & all="$all $!"; i=$((i+1)); done; kill $all; wait; exit 11';
  const { status, report } = await bench.report(["--pids-max", "5000"], ["sh", "-c", script], {
    limitMs: 30_000,
  });
  assert.deepEqual([status, report.exit_code, report.survivors], [11, 11, []]);
  const peak = report.usage.pids_peak;
  assert.ok(peak === null || peak >= 500, `peak ${peak}`);
});

test("a program that ignores TERM is left alone by a Corral that is told to go", async (t) => {
  const pidFile = bench.fresh("pid");
  const script = `trap "" TERM HUP INT; echo $$ > ${pidFile}; while :; do sleep 0.2; done`;
  const job = bench.start(["run", "--job-id", "stubborn", "--", "sh", "-c", script]);
  t.after(() => bench.discard("stubborn", [Number(readFileSync(pidFile, "utf8"))]));
  for (let waited = 0; !existsSync(pidFile) && waited < scaled(5000); waited += 20) await sleep(20);
  await sleep(scaled(100));
  job.kill("SIGTERM");
  assert.equal((await job.ended).status, 143);
  assert.notEqual(startTicks(Number(readFileSync(pidFile, "utf8"))), null);
});

expectNoLeftovers(bench);
