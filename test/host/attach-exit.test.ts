import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { test } from "node:test";
import type { RunReport } from "../../src/report/index.ts";
import { startTarget } from "../shared/attach.ts";
import { endings, pidIn, watchEnd } from "../shared/attach-end.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { stateOf } from "../shared/processes.ts";
import { program, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();

const [major = 0, minor = 0] = release().split(".").map(Number);
/** PIDFD_INFO_EXIT, Linux 6.15. */
const keepsStatus = major > 6 || (major === 6 && minor >= 15);

for (const [name, { end, status, part }] of Object.entries(endings)) {
  test(`the end of a process that is not our child is told: ${name}, reaped at once`, async (t) => {
    if (!requires(t, root())) return;
    const ran = await watchEnd(bench, "at once", end);
    const { exit_code, exit_signal, exit_reason, exit_code_known, core_dumped } = ran.report;
    assert.deepEqual({ exit_code, exit_signal, exit_reason }, part);
    assert.deepEqual([exit_code_known, core_dumped, ran.status, ran.zombie], [true, false, status, false]);
    const sources = ["zombie", keepsStatus ? "pidfd" : "event"];
    assert.ok(sources.includes(ran.report.exit_source ?? ""), `${ran.report.exit_source}`);
  });
}

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
