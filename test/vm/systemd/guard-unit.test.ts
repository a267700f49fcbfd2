/** systemd/corral-guard.service as the package ships it. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { GuardClient } from "../../../src/guard/client/index.ts";
import { readScheduling } from "../../../src/kernel/index.ts";
import { until } from "../../shared/timing.ts";
import { type Line, sleeperIn } from "../guard/support.ts";
import { read, removeTree, v2, write } from "../support.ts";
import { installCorral, installUnit, property, scratch, systemctl, verifyUnit } from "./units.ts";

const unit = "corral-guard.service";
const config = join(scratch, "guard.yaml");
const log = join(scratch, "guard.log");
const root = `${v2}/corral-vmtest-guard`;
const extPolicy = 7;
/** Of a user who is not root: whoever touches his tasks needs a capability for it. */
const tenant = 1000;

/** As it is shipped but for its file and root group, and its events go to a file. */
const settings = [
  "ExecStart=",
  `ExecStart=corral guard --config ${config} --cgroup-root ${root}`,
  "Environment=NODE_OPTIONS=",
  `StandardOutput=append:${log}`,
  `StandardError=append:${log}`,
  "TimeoutStartSec=60",
];

const started: ChildProcess[] = [];
/** One that the last guard has answered has a connection that is of no use with the next. */
async function ask<T>(question: (client: GuardClient) => Promise<T>): Promise<T> {
  const client = new GuardClient();
  try {
    return await question(client);
  } finally {
    client.close();
  }
}
const mainPid = (): number => Number(property(unit, "MainPID"));
const said = (): string => (existsSync(log) ? readFileSync(log, "utf8") : "");
const lines = (): readonly Line[] =>
  said()
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line) as Line);
const isFrozen = (session: string): boolean => read(`${root}/${session}/cgroup.events`).includes("frozen 1");

async function inSession(session: string): Promise<ChildProcess> {
  const child = await sleeperIn(`${root}/${session}/framework`);
  started.push(child);
  return child;
}

async function untilAnother(before: number): Promise<void> {
  await until("another one runs", () => ![0, before].includes(mainPid()), 60_000);
  await until("it is ready", () => property(unit, "ActiveState") === "active", 60_000);
}

function start(): void {
  const { status, text } = systemctl("start", unit);
  assert.deepEqual([status, text], [0, ""], said());
}

before(() => {
  installCorral();
  writeFileSync(config, "version: 1\nsessions: [{ name: a }]\n");
  installUnit(unit, ...settings);
});

after(async () => {
  systemctl("stop", unit);
  for (const child of started) child.kill("SIGKILL");
  if (!existsSync(root)) return;
  write(`${root}/cgroup.kill`, "1");
  await removeTree(root);
});

test("systemd-analyze finds nothing wrong with the unit", () => {
  assert.deepEqual(verifyUnit(unit), [0, ""]);
});

describe("the guard as a service", () => {
  test("is started once it answers, says how many sessions it has, and reads its file again", async () => {
    start();
    assert.equal(property(unit, "ActiveState"), "active");
    assert.deepEqual(
      (await ask((client) => client.sessions())).map(({ name }) => name),
      ["session_high", "session_low", "a"],
    );
    assert.equal(property(unit, "StatusText"), "3 sessions");
    writeFileSync(config, "version: 1\nsessions: [{ name: a, class: low }, { name: b }]\n");
    assert.deepEqual(systemctl("reload", unit), { status: 0, text: "" });
    await until("the file is read", () => lines().some(({ event }) => event === "RELOADED"), 20_000);
    assert.deepEqual([read(`${root}/a/cpu.weight`), existsSync(`${root}/b/tools`)], ["50", true]);
    await until("the status says so", () => property(unit, "StatusText") === "4 sessions", 20_000);
    assert.equal(property(unit, "ActiveState"), "active");
  });

  test("that is killed leaves nothing frozen, and the one that systemd starts then has its sessions", async () => {
    await ask((client) => client.createSession({ name: "kept", class: "low", limits: { "memory-high": "64M" } }));
    await inSession("kept");
    await ask((client) => client.freezeSession("kept"));
    const before = mainPid();
    process.kill(before, "SIGKILL");
    await until("the restorer, which systemd has let live, to thaw", () => !isFrozen("kept"), 1000);
    await untilAnother(before);
    const { class: of, processes, frozen } = await ask((client) => client.session("kept"));
    assert.deepEqual([of, processes, frozen, read(`${root}/kept/memory.high`)], ["low", 1, false, "67108864"]);
  });

  test("feeds the watchdog, and is ended by it when it hangs; what was frozen goes on", async () => {
    installUnit(unit, ...settings, "WatchdogSec=5");
    systemctl("restart", unit);
    const before = mainPid();
    const from = performance.now();
    await ask((client) => client.freezeSession("session_low"));
    await until("it has lived for longer than the watchdog waits", () => performance.now() - from > 8000, 20_000);
    assert.equal(mainPid(), before, "it fed the watchdog");
    process.kill(before, "SIGSTOP");
    await until("another one runs", () => ![0, before].includes(mainPid()), 60_000);
    await until("what was frozen to go on", () => !isFrozen("session_low"));
    await untilAnother(before);
  });

  test("has taken back limits and freezes, and removed what is empty, when it is stopped; processes go on", async () => {
    const stays = await inSession("a");
    await ask((client) => client.freezeSession("a"));
    assert.equal(systemctl("stop", unit).status, 0);
    assert.deepEqual([property(unit, "ActiveState"), property(unit, "Result")], ["inactive", "success"]);
    assert.deepEqual([existsSync(`${root}/b`), existsSync(`${root}/session_low`)], [false, false]);
    const left = ["cgroup.freeze", "cpu.weight", "pids.max"].map((name) => read(`${root}/a/${name}`));
    assert.deepEqual([left, stays.exitCode, stays.signalCode], [["0", "100", "max"], null, null]);
    const { event, not_restored } = lines().at(-1) as Line;
    assert.deepEqual([event, not_restored], ["STOPPED", []]);
  });

  test("does not start with a file that has mistakes, and systemd does not try again", () => {
    writeFileSync(config, "version: 2\n");
    assert.equal(systemctl("start", unit).status, 1);
    assert.deepEqual(
      [property(unit, "ActiveState"), property(unit, "ExecMainStatus"), property(unit, "NRestarts")],
      ["failed", "2", "0"],
    );
    systemctl("reset-failed", unit);
  });

  test("loads the scx scheduler with the unit's capabilities; without CAP_SYS_NICE it has the tasks of its own user alone", async () => {
    writeFileSync(
      config,
      `version: 1\ncpu: { backend: scx }\nsessions: [{ name: own }, { name: t, uid: ${tenant} }]\n`,
    );
    for (const isWhole of [true, false]) {
      installUnit(unit, ...settings, ...(isWhole ? [] : ["CapabilityBoundingSet=~CAP_SYS_NICE"]));
      const from = lines().length;
      start();
      const told = (event: string): Line | undefined =>
        lines()
          .slice(from)
          .find((line) => line.event === event);
      assert.ok(told("SCHEDULER_LOADED") !== undefined, said());
      const own = await inSession("own");
      const theirs = spawn("sh", [
        "-c",
        `echo $$ >${root}/t/framework/cgroup.procs && exec setpriv --reuid ${tenant} --clear-groups sleep 600`,
      ]);
      started.push(theirs);
      const policyOf = ({ pid }: ChildProcess): number => readScheduling(pid ?? 0).policy;
      await until("what is root's to be under the scheduler", () => policyOf(own) === extPolicy, 20_000);
      if (isWhole) await until("what is a tenant's too", () => policyOf(theirs) === extPolicy, 20_000);
      else await until("the guard to say what it may not", () => told("WARNING") !== undefined, 20_000);
      assert.equal(policyOf(theirs), isWhole ? extPolicy : 0);
      for (const child of [own, theirs]) child.kill("SIGKILL");
      assert.equal(systemctl("stop", unit).status, 0);
    }
  });
});
