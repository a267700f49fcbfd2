import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { test } from "node:test";
import type { RunReport } from "../../src/report/index.ts";
import { startTarget } from "../shared/attach.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { killQuietly, stateOf } from "../shared/processes.ts";
import { program, requires, root } from "../shared/requires.ts";
import { scaled, until } from "../shared/timing.ts";

const bench = openBench();

/** When the parent of a process takes note of its end. */
const parents = {
  "at once": (script: string, pidFile: string) => `echo $$ > ${pidFile}; exec sh -c '${script}'`,
  "after a second": (script: string, pidFile: string) =>
    `sh -c '${script}' & echo $! > ${pidFile}; exec sleep ${scaled(1000) / 1000}`,
  never: (script: string, pidFile: string) => `sh -c '${script}' & echo $! > ${pidFile}; exec sleep 1000`,
} as const;

const [major = 0, minor = 0] = release().split(".").map(Number);
/** PIDFD_INFO_EXIT, Linux 6.15. */
const keepsStatus = major > 6 || (major === 6 && minor >= 15);

const endings = {
  "code 0": { end: "exit 0", status: 0, part: { exit_code: 0, exit_signal: null, exit_reason: "success" } },
  "code 42": { end: "exit 42", status: 42, part: { exit_code: 42, exit_signal: null, exit_reason: "error" } },
  TERM: { end: "kill -TERM $$", status: 143, part: { exit_code: null, exit_signal: "SIGTERM", exit_reason: "signal" } },
  KILL: { end: "kill -KILL $$", status: 137, part: { exit_code: null, exit_signal: "SIGKILL", exit_reason: "signal" } },
} as const;

/** Attaches to a process whose parent reaps it as told, lets it end, and gives the report. */
async function watchEnd(parent: keyof typeof parents, end: string) {
  const [pidFile, go, file] = [bench.fresh("pid"), bench.fresh("go"), bench.fresh("report.json")];
  const script = `while [ ! -e ${go} ]; do sleep 0.02; done; ${end}`;
  const started = await startTarget(bench, ["sh", "-c", parents[parent](script, pidFile)]);
  await until("the process runs", () => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n"));
  const pid = pidIn(pidFile);
  const corral = bench.start(["attach", "--pid", String(pid), "--oom-score", "100", "--report", file]);
  await until("it is watched", () => readFileSync(`/proc/${pid}/oom_score_adj`, "utf8") === "100\n");
  writeFileSync(go, "");
  const ran = await corral.ended;
  const zombie = stateOf(pid) === "Z";
  killQuietly(started.pid);
  await started.ended;
  return { ...ran, zombie, report: JSON.parse(readFileSync(file, "utf8")) as RunReport };
}

for (const parent of Object.keys(parents) as (keyof typeof parents)[]) {
  for (const [name, { end, status, part }] of Object.entries(endings)) {
    test(`the end of a process that is not our child is told: ${name}, reaped ${parent}`, async (t) => {
      if (!requires(t, root())) return;
      const ran = await watchEnd(parent, end);
      const { exit_code, exit_signal, exit_reason, exit_code_known, core_dumped } = ran.report;
      assert.deepEqual({ exit_code, exit_signal, exit_reason }, part);
      assert.deepEqual([exit_code_known, core_dumped, ran.status], [true, false, status]);
      assert.equal(ran.zombie, parent !== "at once");
      // Corral does not wait for the parent when it can read the zombie.
      const sources = parent === "at once" ? ["zombie", keepsStatus ? "pidfd" : "event"] : ["zombie"];
      assert.ok(sources.includes(ran.report.exit_source ?? ""), `${ran.report.exit_source}`);
    });
  }
}

test("a core dump is told as run tells it", async (t) => {
  if (!requires(t, root())) return;
  const run = await bench.report([], ["sh", "-c", "kill -ABRT $$"]);
  const { report, status } = await watchEnd("never", "kill -ABRT $$");
  assert.deepEqual(
    [status, report.exit_signal, report.core_dumped],
    [run.status, run.report.exit_signal, run.report.core_dumped],
  );
});

test("a leader that ends before its threads has not ended, and the end of the last one is the end", async (t) => {
  if (!requires(t, root(), program("python3"))) return;
  const file = bench.fresh("report.json");
  const go = bench.fresh("go");
  const script = `import ctypes, os, threading, time
def last():
    while not os.path.exists("${go}"): time.sleep(0.02)
    os._exit(5)
threading.Thread(target=last).start()
ctypes.CDLL(None).pthread_exit(None)`;
  const pidFile = bench.fresh("pid");
  const python = `python3 -c "$0" & echo $! > ${pidFile}; exec sleep 1000`;
  const parent = await startTarget(bench, ["sh", "-c", python, script]);
  await until("the leader has ended", () => existsSync(pidFile) && stateOf(pidIn(pidFile)) === "Z", 10_000);
  const corral = bench.start(["attach", "--pid", String(pidIn(pidFile)), "--pids-max", "50", "--report", file]);
  await until("it is watched", () => bench.records().length === 1);
  writeFileSync(go, "");
  const { status, err } = await corral.ended;
  assert.equal(status, 5, err);
  assert.equal((JSON.parse(readFileSync(file, "utf8")) as RunReport).exit_code, 5);
  parent.child.kill("SIGKILL");
});

const pidIn = (file: string): number => Number(readFileSync(file, "utf8"));

test("an end that nobody tells is null and not known, the status is 0, and a line says so", async (t) => {
  if (!requires(t, root())) return;
  // Without the addon there is no pidfd, and its parent takes note before anybody could look.
  const target = await startTarget(bench, ["sh", "-c", "read line; exit 6"]);
  const file = bench.fresh("report.json");
  const corral = bench.start(["attach", "--pid", String(target.pid), "--oom-score", "100", "--report", file], {
    env: { CORRAL_NO_ADDON: "1" },
  });
  await until("it is watched", () => readFileSync(`/proc/${target.pid}/oom_score_adj`, "utf8") === "100\n");
  target.say("go");
  const { status, err } = await corral.ended;
  const { exit_code, exit_code_known, exit_reason, exit_source } = JSON.parse(readFileSync(file, "utf8")) as RunReport;
  assert.deepEqual([status, exit_code, exit_code_known, exit_reason, exit_source], [0, null, false, "unknown", null]);
  assert.match(
    err,
    new RegExp(`^\\[corral\\] how process ${target.pid} ended is not known: nobody told Corral its exit status$`, "m"),
  );
});

expectNoLeftovers(bench);
