import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { until } from "../../shared/timing.ts";
import { read, removeTree, v2, write } from "../support.ts";
import { copyProgram, installCorral, installUnit, property, scratch, systemctl, verifyUnit } from "./units.ts";

const unit = "corral-watch.service";
const rules = join(scratch, "watch.yaml");
const log = join(scratch, "watch.log");
const group = `${v2}/corral-vmtest-watch`;

const ruleFile = (pidsMax: number): string => `version: 1
scan_interval: 2s
rules:
  - name: sleepers
    match: { exe: ${scratch}/sleeper }
    limits: { pids-max: ${pidsMax}, oom-score: 200 }
`;

const started: ChildProcess[] = [];

/** A workload in a group that nobody manages. */
function workload(): number {
  const child = spawn("sh", ["-c", `echo $$ >${group}/leaf/cgroup.procs; exec ${scratch}/sleeper 600`], {
    stdio: "ignore",
  });
  started.push(child);
  return child.pid ?? 0;
}

const isGoverned = (pid: number): boolean =>
  read(`/proc/${pid}/cgroup`).includes("/corral-sleeper-") && read(`/proc/${pid}/oom_score_adj`) === "200";

const pidsMaxOf = (pid: number): string => read(`${v2}${read(`/proc/${pid}/cgroup`).slice("0::".length)}/pids.max`);
const mainPid = (): number => Number(property(unit, "MainPID"));
const records = (): string[] => readdirSync("/run/corral/jobs").filter((name) => name.endsWith(".json"));
const logged = (): string => (existsSync(log) ? read(log) : "");

before(() => {
  installCorral();
  copyProgram("sleeper", "/bin/sleep");
  writeFileSync(rules, ruleFile(50));
  installUnit(
    unit,
    "ExecStart=",
    `ExecStart=corral watch --config ${rules}`,
    "Environment=NODE_OPTIONS=",
    `Environment=CORRAL_CGROUP_PARENT=/corral-vmtest-watch`,
    `StandardError=append:${log}`,
    "TimeoutStartSec=60",
  );
  mkdirSync(group);
  write(`${v2}/cgroup.subtree_control`, "+pids +memory +cpu");
  write(`${group}/cgroup.subtree_control`, "+pids +memory +cpu");
  mkdirSync(`${group}/leaf`);
});

after(async () => {
  systemctl("stop", unit);
  for (const child of started) child.kill("SIGKILL");
  write(`${group}/cgroup.kill`, "1");
  await removeTree(group);
});

test("systemd-analyze finds nothing wrong with the unit", () => {
  assert.deepEqual(verifyUnit(unit), [0, ""]);
});

describe("the watch as a service", () => {
  test("is started once it has scanned, is reloaded, and governs what its rules want", async () => {
    const early = workload();
    const { status, text } = systemctl("start", unit);
    assert.deepEqual([status, text], [0, ""], logged());
    assert.equal(property(unit, "ActiveState"), "active");
    await until("the early one is governed", () => isGoverned(early), 20_000).catch((thrown: Error) => {
      throw new Error(`${thrown.message}: ${logged()}`);
    });
    const later = workload();
    await until("the later one is governed", () => isGoverned(later), 20_000);
    assert.match(logged(), /watching by 1 rule, with events of the (?:bpf|proc connector), and scans/);
    await until("the status says so", () => property(unit, "StatusText") === "healthy; 2 governed, 0 waiting", 20_000);
    assert.equal(pidsMaxOf(later), "50");
    writeFileSync(rules, ruleFile(60));
    assert.deepEqual(systemctl("reload", unit), { status: 0, text: "" });
    await until("the limits are changed", () => pidsMaxOf(early) === "60" && pidsMaxOf(later) === "60", 20_000);
    assert.equal(property(unit, "ActiveState"), "active");
  });

  test("leaves the workloads under their limits when it is stopped, and takes them up when it is started", async () => {
    const pids = started.map(({ pid }) => pid ?? 0);
    assert.equal(systemctl("stop", unit).status, 0);
    assert.deepEqual([property(unit, "ActiveState"), property(unit, "Result")], ["inactive", "success"]);
    assert.deepEqual(pids.map(isGoverned), [true, true]);
    assert.equal(records().length, 2);
    systemctl("start", unit);
    assert.equal([...logged().matchAll(/took up job/g)].length, 2);
    assert.deepEqual([pids.map(isGoverned), records().length], [[true, true], 2]);
  });

  test("is started anew by systemd after it was killed, and has them all", async () => {
    const before = mainPid();
    process.kill(before, "SIGKILL");
    await until("another one runs", () => ![0, before].includes(mainPid()), 20_000);
    await until("it is ready", () => property(unit, "ActiveState") === "active", 60_000);
    assert.equal([...logged().matchAll(/took up job/g)].length, 4);
    assert.equal(records().length, 2);
  });

  test("is ended by the watchdog when it hangs, and the next one governs on", async () => {
    installUnit(
      unit,
      "ExecStart=",
      `ExecStart=corral watch --config ${rules}`,
      `Environment=CORRAL_CGROUP_PARENT=/corral-vmtest-watch`,
      `StandardError=append:${log}`,
      "WatchdogSec=5",
    );
    systemctl("restart", unit);
    const before = mainPid();
    const from = performance.now();
    await until("it has lived for longer than the watchdog waits", () => performance.now() - from > 8000, 20_000);
    assert.equal(mainPid(), before, "it fed the watchdog");
    process.kill(before, "SIGSTOP");
    await until("another one runs", () => ![0, before].includes(mainPid()), 60_000);
    await until("it is ready", () => property(unit, "ActiveState") === "active", 60_000);
    const third = workload();
    await until("the third one is governed", () => isGoverned(third), 20_000);
    assert.deepEqual(
      started.map(({ pid }) => isGoverned(pid ?? 0)),
      [true, true, true],
    );
  });

  test("does not start with a file that has mistakes, and systemd does not try again", async () => {
    systemctl("stop", unit);
    writeFileSync(rules, "version: 2\n");
    assert.equal(systemctl("start", unit).status, 1);
    assert.deepEqual(
      [property(unit, "ActiveState"), property(unit, "ExecMainStatus"), property(unit, "NRestarts")],
      ["failed", "2", "0"],
    );
    systemctl("reset-failed", unit);
  });
});
