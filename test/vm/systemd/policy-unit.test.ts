/** systemd/corral-policy.service as the package ships it: what it acts with works under what the unit forbids. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { until } from "../../shared/timing.ts";
import { read, removeTree, v2, write } from "../support.ts";
import { copyProgram, installCorral, installUnit, property, scratch, systemctl, verifyUnit } from "./units.ts";

const unit = "corral-policy.service";
const rules = join(scratch, "policy.yaml");
const records = join(scratch, "policy.jsonl");
const log = join(scratch, "policy.log");
const marks = join(scratch, "hooked");
const group = `${v2}/corral-vmtest-policy`;

const ruleFile = `version: 1
rules:
  - name: stop
    select: { exe: ${scratch}/stopped }
    when: { exec: { after: 100ms } }
    do: { freeze: 60s, others_in_group: true }
  - name: hook
    select: { exe: ${scratch}/hooked-program }
    when: { exec: { after: 100ms } }
    do: { exec: [/bin/sh, -c, "echo hooked >>${marks}"] }
`;

const started: ChildProcess[] = [];

/** A program in a group that nobody manages. */
function start(name: string): void {
  const script = `echo $$ >${group}/leaf/cgroup.procs; exec ${scratch}/${name} 600`;
  started.push(spawn("sh", ["-c", script], { stdio: "ignore" }));
}

const isFrozen = (): boolean => read(`${group}/leaf/cgroup.events`).includes("frozen 1");
const mainPid = (): number => Number(property(unit, "MainPID"));
const logged = (): string => (existsSync(log) ? read(log) : "");
const hookedTimes = (): number => (existsSync(marks) ? readFileSync(marks, "utf8").split("\n").length - 1 : 0);

async function untilSaid(what: string, condition: () => boolean): Promise<void> {
  await until(what, condition).catch((thrown: Error) => {
    throw new Error(`${thrown.message}: ${logged()}`);
  });
}

before(() => {
  installCorral();
  for (const name of ["stopped", "hooked-program"]) copyProgram(name, "/bin/sleep");
  writeFileSync(rules, ruleFile);
  installUnit(
    unit,
    "ExecStart=",
    `ExecStart=corral policy run --rules ${rules} --jsonl ${records}`,
    "Environment=NODE_OPTIONS=",
    `ReadWritePaths=${scratch}`,
    `StandardError=append:${log}`,
    "TimeoutStartSec=60",
  );
  mkdirSync(`${group}/leaf`, { recursive: true });
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

describe("the policy as a service", () => {
  test("is started once it is ready, runs hooks, and freezes with a helper that thaws when it dies", async () => {
    const { status, text } = systemctl("start", unit);
    assert.deepEqual([status, text], [0, ""], logged());
    assert.equal(property(unit, "ActiveState"), "active");
    start("hooked-program");
    await untilSaid("the hook to have run", () => hookedTimes() === 1);
    start("stopped");
    await untilSaid("the group to be frozen", isFrozen);
    // Told when it is done, and written after that.
    await untilSaid(
      "the freeze to be on record",
      () => existsSync(records) && /"freeze".*"applied"/.test(read(records)),
    );
  });

  test("that is killed leaves nothing frozen, whatever systemd does to the rest of the unit", async (t) => {
    for (let round = 1; round <= 3; round += 1) {
      const before = mainPid();
      assert.ok(isFrozen());
      process.kill(before, "SIGKILL");
      const killedMs = performance.now();
      await until("the helper to thaw", () => !isFrozen(), 1000);
      t.diagnostic(`thawed within ${(performance.now() - killedMs).toFixed(0)} ms`);
      await until("another one runs", () => ![0, before].includes(mainPid()), 60_000);
      await until("it is ready", () => property(unit, "ActiveState") === "active", 60_000);
      start("stopped");
      await untilSaid("the group to be frozen again", isFrozen);
    }
  });

  test("has put everything back when it is stopped", () => {
    assert.equal(systemctl("stop", unit).status, 0);
    assert.deepEqual([property(unit, "ActiveState"), property(unit, "Result")], ["inactive", "success"]);
    assert.equal(isFrozen(), false);
  });
});
