/** systemd/corral-guard.service as the package ships it. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { until } from "../../shared/timing.ts";
import type { Line } from "../guard/support.ts";
import { read } from "../support.ts";
import {
  ask,
  clear,
  config,
  inSession,
  install,
  lines,
  mainPid,
  root,
  settings,
  start,
  unit,
} from "./guard-service.ts";
import { installUnit, property, systemctl, verifyUnit } from "./units.ts";

const isFrozen = (session: string): boolean => read(`${root}/${session}/cgroup.events`).includes("frozen 1");

async function untilAnother(before: number): Promise<void> {
  await until("another one runs", () => ![0, before].includes(mainPid()), 60_000);
  await until("it is ready", () => property(unit, "ActiveState") === "active", 60_000);
}

before(() => install("version: 1\nsessions: [{ name: a }]\n"));
after(clear);

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
});
