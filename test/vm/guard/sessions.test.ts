import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { until } from "../../shared/timing.ts";
import { read, write } from "../support.ts";
import { clearPlace, type GuardUnderTest, groupNames, newPlace, sleeperIn, startGuard, withGuard } from "./support.ts";

const isFrozen = (group: string): boolean => /^frozen 1$/m.test(read(`${group}/cgroup.events`));

// Starting a guard takes a virtual machine many seconds: what can share one does, each test with sessions of its own.
const place = newPlace();
let guard: GuardUnderTest;
/** Stands in the own group of session_high before there is a guard, where the original put its processes. */
let early: ChildProcess;
before(async () => {
  mkdirSync(`${place.root}/session_high`, { recursive: true });
  early = await sleeperIn(`${place.root}/session_high`);
  guard = await startGuard(place, { config: "version: 1\nsessions: [{ name: a }, { name: b }]\n" });
});
after(async () => {
  await guard.end("SIGKILL");
  await clearPlace(place);
});

test("session_high and session_low are there with weights 150 and 50, and only leaves can hold processes", async () => {
  const { root, client, lines } = guard;
  assert.deepEqual(groupNames(root), ["a", "b", "session_high", "session_low"]);
  for (const [name, weight] of [
    ["session_high", "150"],
    ["session_low", "50"],
  ] as const) {
    const session = `${root}/${name}`;
    assert.equal(read(`${session}/cpu.weight`), weight);
    assert.equal(read(`${session}/pids.max`), "2048");
    assert.deepEqual(groupNames(session), ["framework", "tools"]);
    for (const file of [`${session}/cgroup.subtree_control`, `${session}/tools/cgroup.subtree_control`])
      assert.deepEqual(
        ["cpu", "io", "memory", "pids"].filter((one) => !read(file).split(" ").includes(one)),
        [],
        file,
      );
  }
  const { sessions } = await client.status();
  assert.deepEqual(
    sessions
      .slice(0, 2)
      .map((one) => [one.name, one.class, one.owner, one.limits.map(({ name, status }) => `${name} ${status}`)]),
    [
      ["session_high", "high", 0, ["cpu-weight applied", "pids-max applied"]],
      ["session_low", "low", 0, ["cpu-weight applied", "pids-max applied"]],
    ],
  );
  assert.equal(lines[0]?.event, "SESSION_CREATED");
});

test("a session is made, changed, frozen, thawed and removed over the socket, and events tell of it", async () => {
  const { root, client, seen } = guard;
  const made = await client.createSession({ name: "s1", class: "low", limits: { "memory-max": "64M" } });
  const group = `${root}/s1`;
  assert.deepEqual([made.group, read(`${group}/memory.max`), read(`${group}/cpu.weight`)], [group, "67108864", "50"]);
  await client.updateSession("s1", { class: "high", limits: { "memory-max": "max", "cpu-quota": 50 } });
  assert.deepEqual(
    ["memory.max", "cpu.weight", "cpu.max"].map((file) => read(`${group}/${file}`)),
    ["max", "150", "50000 100000"],
  );
  const sleeper = await sleeperIn(`${group}/framework`);
  const frozen = await client.freezeSession("s1");
  assert.deepEqual([frozen.frozen, isFrozen(group), frozen.processes], [true, true, 1]);
  const thawed = await client.thawSession("s1");
  assert.deepEqual([thawed.frozen, isFrozen(group)], [false, false]);
  assert.ok(thawed.frozen_ms > 0);
  await assert.rejects(client.removeSession("s1"), { code: "SESSION_BUSY" });
  const died = new Promise((resolve) => sleeper.on("exit", (_code, signal) => resolve(signal)));
  await client.removeSession("s1", { kill: true });
  assert.deepEqual([await died, existsSync(group)], ["SIGKILL", false]);
  for (const event of ["SESSION_CREATED", "SESSION_CHANGED", "FROZEN", "THAWED", "SESSION_REMOVED"])
    await seen(event, (line) => line.session === "s1");
});

test("what is no session, no name or no limit is refused with its code, and changes nothing", async () => {
  const { root, client } = guard;
  const name = "s1";
  await assert.rejects(client.session("none"), { code: "SESSION_NOT_FOUND" });
  await assert.rejects(client.createSession({ name: "session_low" }), { code: "SESSION_EXISTS" });
  await assert.rejects(client.createSession({ name: "../x" }), { code: "USAGE" });
  await assert.rejects(client.createSession({ name, limits: { "memory-max": "lots" } }), { code: "USAGE" });
  await assert.rejects(client.createSession({ name, limits: { nice: 5 } as object }), { code: "USAGE" });
  await assert.rejects(client.removeSession("session_low"), { code: "SESSION_BUSY" });
  mkdirSync(`${root}/foreign`);
  await assert.rejects(client.createSession({ name: "foreign" }), { code: "SESSION_EXISTS" });
  assert.deepEqual(groupNames(root), ["a", "b", "foreign", "session_high", "session_low"]);
  rmdirSync(`${root}/foreign`);
});

test("a freeze that nobody ends is ended by the guard", async () => {
  const { root, client, seen } = guard;
  await client.freezeSession("session_low", { mostMs: 300 });
  await seen("THAWED", (line) => line["by"] === "guard");
  assert.equal(isFrozen(`${root}/session_low`), false);
});

test("HUP reads the file again: sessions come, change and go; a file with mistakes changes nothing", async () => {
  const { root, config, seen } = guard;
  writeFileSync(config, "version: 1\nsessions: [{ name: b, class: low }, { name: c }]\n");
  guard.process.kill("SIGHUP");
  await seen("RELOADED");
  assert.deepEqual(groupNames(root), ["b", "c", "session_high", "session_low"]);
  assert.equal(read(`${root}/b/cpu.weight`), "50");
  writeFileSync(config, "version: 1\nsessions: [{ name: b, class: best }]\n");
  guard.process.kill("SIGHUP");
  const { problems } = await seen("RELOAD_FAILED");
  assert.deepEqual(problems, [
    `${config}:2:30: sessions[0].class expects one of high, normal, low, besteffort, not "best"`,
  ]);
  assert.deepEqual(groupNames(root), ["b", "c", "session_high", "session_low"]);
});

test("a second guard of the same state directory is refused", async () => {
  await assert.rejects(startGuard(place, {}), /another corral guard \(pid \d+\) has the sessions/);
});

test("processes that stood in a session's own group, as the original had them, are in its framework group", () => {
  assert.equal(read(`${guard.root}/session_high/framework/cgroup.procs`), String(early.pid));
  assert.equal(read(`${guard.root}/session_high/cpu.weight`), "150");
});

test("TERM takes limits and freezes back and removes what is empty; processes go on where they are", async () => {
  const { root, client } = guard;
  await client.createSession({ name: "full", class: "besteffort", limits: { "memory-high": "32M" } });
  const sleeper = await sleeperIn(`${root}/full/framework`);
  await client.freezeSession("full");
  assert.equal(await guard.end("SIGTERM"), 0, guard.stderr());
  assert.deepEqual(groupNames(root), ["full", "session_high"]);
  const left = (session: string): readonly string[] =>
    ["cgroup.freeze", "cpu.weight", "memory.high", "pids.max"].map((file) => read(`${root}/${session}/${file}`));
  for (const session of ["full", "session_high"]) assert.deepEqual(left(session), ["0", "100", "max", "max"], session);
  assert.deepEqual([sleeper.exitCode, sleeper.signalCode, early.exitCode, early.signalCode], [null, null, null, null]);
});

test("a guard that was killed leaves nothing frozen, and the next one takes its sessions up with their limits", async () => {
  const place = newPlace();
  try {
    const first = await startGuard(place, {});
    await first.client.createSession({ name: "s1", limits: { "memory-high": "32M" } });
    await sleeperIn(`${place.root}/s1/framework`);
    await first.client.freezeSession("s1");
    write(`${place.root}/s1/memory.high`, "8M");
    write(`${place.root}/session_low/cpu.weight`, "1");
    mkdirSync(`${place.root}/s1/tools/left-behind`);
    assert.equal(await first.end("SIGKILL"), null);
    await until("the restorer to thaw", () => !isFrozen(`${place.root}/s1`), 1000);
    await until("it to lift the clamp", () => read(`${place.root}/s1/memory.high`) === "33554432", 1000);
    await until("it to give the weight back", () => read(`${place.root}/session_low/cpu.weight`) === "50", 1000);
    const second = await startGuard(place, {});
    const s1 = await second.client.session("s1");
    assert.deepEqual([s1.origin, s1.frozen, s1.processes], ["client", false, 1]);
    await until("the group of a dead call to go", () => groupNames(`${place.root}/s1/tools`).length === 0);
    await second.client.removeSession("s1", { kill: true });
    assert.equal(await second.end("SIGTERM"), 0, second.stderr());
    assert.equal(existsSync(place.root), false);
  } finally {
    await clearPlace(place);
  }
});

test("monitor-only makes no group and says which it would make", async () => {
  await withGuard({ flags: ["--monitor-only"] }, async ({ root, client, lines, seen }) => {
    await seen("WOULD_MAKE", (line) => String(line["group"]).endsWith("session_low/tools"));
    assert.equal(existsSync(root), false);
    assert.equal(lines.find(({ event }) => event === "STARTED")?.["monitor_only"], true);
    await assert.rejects(client.createSession({ name: "s1" }), { code: "GUARD_DENIED" });
    assert.equal((await client.status()).monitor_only, true);
  });
});
