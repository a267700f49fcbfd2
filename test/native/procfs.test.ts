import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { test } from "node:test";
import {
  bootId,
  exitStatusOf,
  identityOf,
  isSameProcess,
  openProcess,
  parseProcessStat,
  readProcessStat,
  requireAddon,
  signalName,
  signalNumber,
  spawnProcess,
  toPid,
  watchExit,
} from "../../src/kernel/index.ts";
import { end, plainEnv, readAll } from "./support.ts";

const sleeper = () =>
  spawnProcess({
    file: "/bin/sleep",
    argv: ["sleep", "60"],
    env: [],
    cwd: null,
    fds: [-1, -1, -1],
    cgroup: null,
    mode: "blocking",
  });

test("a process is found by identity while it exists and not afterwards", async () => {
  const child = await sleeper();
  const identity = identityOf(child.pid);
  assert.ok(identity !== null);
  assert.equal(isSameProcess(identity), true);
  assert.equal(isSameProcess({ ...identity, startTicks: identity.startTicks + 1 }), false);
  assert.equal(isSameProcess({ ...identity, bootId: "other" }), false);
  const pidfd = openProcess(identity);
  assert.ok(pidfd !== null);
  closeSync(pidfd);
  assert.equal(openProcess({ ...identity, startTicks: 1 }), null);
  await end(child);
  assert.equal(isSameProcess(identity), false);
  assert.equal(openProcess(identity), null);
  assert.equal(identityOf(child.pid), null);
});

test("our own stat has our pid, parent and threads", () => {
  const stat = readProcessStat(process.pid);
  assert.deepEqual([stat?.pid, stat?.ppid, stat?.state], [process.pid, process.ppid, "R"]);
  assert.ok((stat?.numThreads ?? 0) > 1 && (stat?.startTicks ?? 0) > 0);
  assert.match(bootId(), /^[0-9a-f-]{36}$/);
});

test("a name with blanks, parentheses and newlines does not move the fields", () => {
  const rest = Array.from({ length: 49 }, (_item, index) => String(index + 4)).join(" ");
  const stat = parseProcessStat(`42 (a) R 1 (\n) S ${rest}\n`);
  assert.deepEqual(stat, {
    pid: 42,
    comm: "a) R 1 (\n",
    state: "S",
    ppid: 4,
    pgrp: 5,
    session: 6,
    ttyNr: 7,
    tpgid: 8,
    flags: 9,
    majorFaults: 12,
    userTicks: 14,
    sysTicks: 15,
    nice: 19,
    numThreads: 20,
    startTicks: 22,
    rssPages: 24,
    exitCode: 52,
  });
  for (const bad of ["", "42", "42 (x", "42 (x) S", ") 42 ("]) assert.equal(parseProcessStat(bad), null);
});

test("only numbers that can be process ids are Pids", () => {
  assert.equal(toPid(1), 1);
  for (const bad of [0, -1, 1.5, Number.NaN, 5_000_000]) assert.throws(() => toPid(bad), { code: "USAGE" });
});

test("signals are named both ways", () => {
  assert.deepEqual([6, 9, 29, 34, 36, 0, 99].map(signalName), [
    "SIGABRT",
    "SIGKILL",
    "SIGIO",
    "SIGRTMIN",
    "SIGRTMIN+2",
    null,
    null,
  ]);
  const texts = ["TERM", "SIGTERM", "term", "15", "SIGRTMIN+2", "0", "NOPE", "99", "toString", "RTMIN+31"];
  assert.deepEqual(texts.map(signalNumber), [15, 15, 15, 15, 36, null, null, null, null, null]);
});

for (const [script, expected] of [
  ["exit 7", { code: 7, signal: null, coreDumped: false, usage: null }],
  ["kill -9 $$", { code: null, signal: 9, coreDumped: false, usage: null }],
] as const)
  test(`the end of a process that is not our child is learnt: ${script}`, async (context) => {
    const addon = requireAddon();
    const [readEnd, writeEnd] = addon.pipe();
    // The grandchild waits a little, so that it can be opened before it ends.
    const parent = await spawnProcess({
      file: "/bin/bash",
      argv: ["bash", "-c", `bash -c 'echo $$; exec >&-; sleep 0.2; ${script}' & exec >&-; wait; sleep 0.2`],
      env: plainEnv,
      cwd: null,
      fds: [-1, writeEnd, 2],
      cgroup: null,
      mode: "blocking",
    });
    closeSync(writeEnd);
    const pid = await new Promise<number>((resolve) => {
      const watcher = addon.watchFd(readEnd, 1, () => {
        watcher.close();
        void readAll(addon, readEnd).then((text) => resolve(Number(text)));
      });
    });
    const pidfd = addon.pidfdOpen(pid);
    assert.equal(addon.pidfdInfo(pidfd)?.pid ?? pid, pid);
    assert.throws(() => addon.waitPidfd(pidfd), { code: "NATIVE_CALL", found: "ECHILD" });
    await watchExit(pidfd);
    const exit = await exitStatusOf(pidfd, 3000);
    const info = exit === null ? null : addon.pidfdInfo(pidfd);
    closeSync(pidfd);
    await parent.exit;
    if (exit === null) return context.skip("this kernel does not tell (needs Linux 6.15)");
    assert.deepEqual(exit, expected);
    assert.equal(typeof info?.cgroupId, "bigint");
  });

test("waiting for an exit can be aborted and the pidfd watched again", async () => {
  const child = await sleeper();
  const pidfd = requireAddon().pidfdOpen(child.pid);
  await assert.rejects(watchExit(pidfd, AbortSignal.timeout(20)), { name: "TimeoutError" });
  assert.equal(await exitStatusOf(pidfd, 20), null);
  child.kill(15);
  await watchExit(pidfd);
  await child.exit;
  closeSync(pidfd);
});
