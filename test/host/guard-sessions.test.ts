/** What becomes of sessions when something comes in between, and of the process that puts back what is done to them for a while. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { discoverHostCgroups, moveProcess } from "../../src/cgroup/index.ts";
import { readServedRun } from "../../src/cli/served-run.ts";
import type { GuardEvent } from "../../src/guard/daemon/index.ts";
import { GuardRestorer, SessionStore, Sessions } from "../../src/guard/daemon/index.ts";
import { ServedRuns } from "../../src/guard/jobs/index.ts";
import type { SessionSpec } from "../../src/guard/model/index.ts";
import { parseGuardConfig } from "../../src/guard/model/index.ts";
import { ToolCalls } from "../../src/guard/tools/index.ts";
import { findGuardRoot, guardHost } from "../../src/guard/tree/index.ts";
import { CorralError } from "../../src/report/index.ts";
import { newHostPlace, skip, withoutControllers } from "../shared/host-guard.ts";
import { until } from "../shared/timing.ts";
import { clearPlace } from "../vm/guard/support.ts";

const specOf = (name: string): SessionSpec => {
  const spec = parseGuardConfig(`version: 1\nsessions: [{ name: ${name} }]`, "g").sessions.find(
    (one) => one.name === name,
  );
  assert.ok(spec !== undefined);
  return spec;
};

/** The sessions of a guard, with what they tell and what is on record of them. */
async function openSessions(t: TestContext, specs: readonly SessionSpec[]) {
  const place = newHostPlace();
  // Without controllers no limit holds, and none is looked at here.
  const seen = guardHost(discoverHostCgroups(), withoutControllers);
  const root = findGuardRoot(seen, place.root);
  const store = new SessionStore(place.home, place.root);
  const told: GuardEvent[] = [];
  const sessions = new Sessions({
    host: seen,
    root,
    store,
    tell: (event) => void told.push(event),
    onChange: () => {},
  });
  t.after(async () => {
    await sessions.close("release");
    await clearPlace(place);
  });
  await sessions.open(specs);
  return {
    sessions,
    told,
    host: seen,
    root: place.root,
    names: () => store.read()?.sessions.map(({ spec }) => spec.name),
  };
}

const control = (group: string, file: string): string => readFileSync(`${group}/${file}`, "latin1").trim();

test("a session that could not be made is on record no more", { skip }, async (t) => {
  const { sessions, root, names } = await openSessions(t, []);
  writeFileSync(`${root}/cgroup.max.descendants`, "1");
  await assert.rejects(sessions.create({ ...specOf("a"), origin: "client" }), { code: "CGROUP_IO" });
  assert.deepEqual([names(), existsSync(`${root}/a`)], [[], false]);
});

/** A session whose thaw has been ordered, and cannot come about as long as the root stands still. */
async function thawing(t: TestContext) {
  const opened = await openSessions(t, [specOf("a")]);
  const { sessions, root } = opened;
  await sessions.freeze("a", 0, 60_000);
  writeFileSync(`${root}/cgroup.freeze`, "1");
  t.after(() => existsSync(root) && writeFileSync(`${root}/cgroup.freeze`, "0"));
  const thaw = sessions.thaw("a", "guard");
  await until("the thaw to be ordered", () => control(`${root}/a`, "cgroup.freeze") === "0");
  return { ...opened, thaw };
}

test("a session that the file has no more goes after what is being done to it, and does not come back", {
  skip,
}, async (t) => {
  const { sessions, root, thaw, told, names } = await thawing(t);
  const reloading = sessions.reload([]);
  assert.ok(sessions.find("a") !== null);
  writeFileSync(`${root}/cgroup.freeze`, "0");
  await Promise.all([thaw, reloading]);
  assert.deepEqual([sessions.find("a"), names(), existsSync(`${root}/a`)], [null, [], false]);
  assert.deepEqual(told.map(({ event }) => event).slice(-2), ["THAWED", "SESSION_REMOVED"]);
});

test("a thaw that is under way when the guard ends brings no session back", { skip }, async (t) => {
  const { sessions, thaw } = await thawing(t);
  const [thawed] = await Promise.all([thaw.catch((thrown: unknown) => thrown), sessions.close("release")]);
  assert.equal((thawed as { readonly code?: string }).code, "SESSION_NOT_FOUND");
  assert.deepEqual(sessions.list(), []);
});

test("a connection has a call until its end was told", { skip }, async (t) => {
  const { sessions, host: seen } = await openSessions(t, [specOf("a")]);
  const calls = new ToolCalls({
    host: seen,
    controllers: [],
    session: (name) => sessions.find(name),
    frozenNs: () => 0n,
    isFrozen: () => false,
    usualBytes: () => null,
    onEnd: () => {},
    tell: () => {},
    move: moveProcess,
    admit: async () => {},
    log: { add: () => {} },
  });
  const client = { uid: 0, pid: process.pid, connection: new AbortController().signal };
  const { call } = await calls.start(sessions.get("a"), client, { command: "true" });
  assert.deepEqual([calls.holds(client.connection), calls.holds(new AbortController().signal)], [true, false]);
  await calls.finish(call, client, { exit_code: 0, exit_signal: null });
  assert.equal(calls.holds(client.connection), false);
});

test("a connection has a run until it ends with it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "corral-served-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const runs = new ServedRuns(readServedRun, () => {});
  const ending = new AbortController();
  const client = { pid: process.pid, connection: ending.signal };
  const environment = { PATH: "/usr/bin:/bin", CORRAL_STATE_DIR: folder };
  const answer = await runs.begin(client, { words: ["run", "--", "true"], environment });
  assert.ok("run" in answer, JSON.stringify(answer));
  assert.deepEqual([runs.holds(ending.signal), runs.holds(new AbortController().signal)], [true, false]);
  ending.abort(new Error("the connection ended"));
  await until("the run to be forgotten", () => !runs.holds(ending.signal));
  runs.close();
});

/** The helpers of this process that put a file back. */
const restorersOf = (path: string): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/status`, "latin1").includes(`\nPPid:\t${process.pid}\n`);
        return isOurs && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(`\0${path}\0`);
      } catch {
        return false;
      }
    })
    .map(Number);

/** A restorer of one file, and what it says. */
function openRestorer(t: TestContext, isRefused: () => boolean = () => false) {
  const folder = mkdtempSync(join(tmpdir(), "corral-restorer-"));
  const path = join(folder, "cgroup.freeze");
  writeFileSync(path, "0");
  const warned: string[] = [];
  const held: boolean[] = [];
  const restorer: GuardRestorer = new GuardRestorer({
    standing: () => {
      if (isRefused()) throw new CorralError("CGROUP_IO", "it cannot be read now", {});
      return [{ path, value: "0" }];
    },
    onChange: () => void held.push(restorer.holds(path)),
    warn: (message) => void warned.push(message),
  });
  t.after(async () => {
    await restorer.dismiss();
    rmSync(folder, { recursive: true });
  });
  return { path, restorer, warned, held };
}

test("when the process that puts things back is killed nothing counts as held, until another one holds it", async (t) => {
  const { restorer, path, warned, held } = openRestorer(t);
  await restorer.arm();
  const [pid, ...others] = restorersOf(path);
  assert.ok(pid !== undefined && others.length === 0 && restorer.holds(path));
  process.kill(pid, "SIGKILL");
  await until("its end to be seen, and another one to hold the file", () => held.length === 2);
  assert.deepEqual(held, [false, true]);
  assert.deepEqual(warned, ["the process that puts back what is done for a while has ended; another one is started"]);
  assert.equal(restorersOf(path).length, 1);
  assert.notEqual(restorersOf(path)[0], pid);
});

test("a lost one that cannot be started again at once is tried again until it can", async (t) => {
  let refusals = 0;
  const { restorer, path, warned, held } = openRestorer(t, () => {
    const isRefused = refusals > 0;
    refusals -= 1;
    return isRefused;
  });
  await restorer.arm();
  refusals = 2;
  process.kill(restorersOf(path)[0] ?? 0, "SIGKILL");
  await until("another one to hold the file", () => held.length === 2);
  assert.deepEqual(
    [held, warned.slice(1)],
    [
      [false, true],
      ["it cannot be read now", "it cannot be read now"],
    ],
  );
  assert.equal(restorersOf(path).length, 1);
});

test("what is dismissed, or has made room for the next one, is not missed", async (t) => {
  const { restorer, path, warned, held } = openRestorer(t);
  await restorer.arm();
  await restorer.arm();
  await until("the first one to have gone", () => restorersOf(path).length === 1);
  await restorer.dismiss();
  await until("the other one to have gone", () => restorersOf(path).length === 0);
  assert.deepEqual([warned, held, restorer.holds(path)], [[], [], false]);
});

test("a file that goes is held no more, also by a helper that is being started", async (t) => {
  const { restorer, path } = openRestorer(t);
  await restorer.arm();
  restorer.forget([path]);
  assert.equal(restorer.holds(path), false);
  const arming = restorer.arm();
  // The arming has begun by then.
  await Promise.resolve();
  restorer.forget([path]);
  await arming;
  assert.equal(restorer.holds(path), false);
  await restorer.arm();
  assert.equal(restorer.holds(path), true);
});
