import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { cgroupOf } from "../../shared/processes.ts";
import { until } from "../../shared/timing.ts";
import { read } from "../support.ts";
import {
  type Asker,
  clearPlace,
  type GuardUnderTest,
  groupNames,
  newPlace,
  startAsker,
  startGuard,
} from "./support.ts";

const alice = 4001;
const bob = 4002;
/** A user without an entry. */
const carol = 4003;

const config = `
version: 1
tenants:
  - { uid: ${alice}, most_sessions: 2, ceilings: { memory-max: 256M, pids-max: 100 } }
  - { uid: ${bob}, class: low }
sessions:
  - { name: agents, limits: { pids-max: 500 } }
  - { name: alices, uid: ${alice} }
placement:
  - name: by-user
    session: alices
    match: { exe: /usr/bin/sleep, user: "${alice}" }
  - name: by-program
    session: alices
    match: { exe: /usr/bin/tail }
  - name: by-parent
    session: agents
    match: { parent: /usr/bin/env, uid: ${carol} }
`;

const place = newPlace();
let guard: GuardUnderTest;
let askers: { readonly alice: Asker; readonly bob: Asker; readonly carol: Asker };
before(async () => {
  guard = await startGuard(place, { config });
  const [a, b, c] = await Promise.all([alice, bob, carol].map((uid) => startAsker(guard.socket, uid)));
  assert.ok(a && b && c);
  askers = { alice: a, bob: b, carol: c };
});
after(async () => {
  for (const one of Object.values(askers)) one.end();
  await guard.end("SIGKILL");
  await clearPlace(place);
});

test("a tenant makes a session within his ceilings, and nobody else sees it", async () => {
  const made = await askers.alice.ask("POST", "/sessions", { name: "a1", limits: { "memory-max": "64M" } });
  assert.equal(made.status, 201, made.said);
  assert.deepEqual(
    ["memory.max", "pids.max", "cpu.weight"].map((file) => read(`${guard.root}/a1/${file}`)),
    ["67108864", "100", "100"],
  );
  assert.deepEqual(await askers.alice.ask("GET", "/sessions"), { status: 200, said: "alices a1" });
  for (const one of [askers.bob, askers.carol])
    assert.deepEqual(await one.ask("GET", "/sessions"), { status: 200, said: "" });
});

test("another tenant can neither see, promote, freeze, fill nor remove it, and hears what he would hear of none", async () => {
  const attempts: readonly (readonly [string, string, object?])[] = [
    ["GET", "/sessions/NAME"],
    ["PATCH", "/sessions/NAME", { class: "low" }],
    ["POST", "/sessions/NAME/freeze"],
    ["POST", "/sessions/NAME/thaw"],
    ["POST", "/sessions/NAME/join"],
    ["DELETE", "/sessions/NAME?kill=true"],
    ["POST", "/tools", { session: "NAME" }],
  ];
  for (const [method, path, body] of attempts) {
    const of = (name: string) =>
      askers.bob.ask(
        method,
        path.replace("NAME", name),
        body && JSON.parse(JSON.stringify(body).replace("NAME", name)),
      );
    const none = await of("nn");
    assert.deepEqual(none, { status: 404, said: 'there is no session "nn"' });
    assert.deepEqual(await of("a1"), { status: 404, said: 'there is no session "a1"' }, `${method} ${path}`);
  }
  const { class: of, frozen } = await guard.client.session("a1");
  assert.deepEqual([of, frozen], ["normal", false]);
});

test("a tenant goes beyond neither his class, his ceilings, his number of sessions, nor his name", async () => {
  const refusals: readonly (readonly [keyof typeof askers, string, object, RegExp])[] = [
    ["alice", "/sessions", { name: "x", class: "high" }, /class high is above normal/],
    [
      "alice",
      "/sessions",
      { name: "x", limits: { "memory-max": "max" } },
      /memory-max max is above the ceiling of this tenant, \S+ \wiB/,
    ],
    [
      "alice",
      "/sessions",
      { name: "x", limits: { "memory-low": "1M" } },
      /memory-low 1 MiB is above the ceiling of this tenant, 0 B/,
    ],
    [
      "alice",
      "/sessions/a1",
      { limits: { "cpu-weight": 101 } },
      /cpu-weight 101 is above the ceiling of this tenant, 100/,
    ],
    ["alice", "/sessions/a1", { class: "high" }, /class high is above normal/],
    ["alice", "/sessions", { name: "x", owner: bob }, /only who runs the host gives sessions to others/],
    ["bob", "/sessions", { name: "x", class: "normal" }, /class normal is above low/],
    ["carol", "/sessions", { name: "x" }, /user 4003 may have no sessions/],
  ];
  for (const [who, path, body, why] of refusals) {
    const { status, said } = await askers[who].ask(path === "/sessions" ? "POST" : "PATCH", path, body);
    assert.equal(status, 403, said);
    assert.match(said, why);
  }
  assert.equal((await askers.alice.ask("POST", "/sessions", { name: "a2" })).status, 201);
  const third = await askers.alice.ask("POST", "/sessions", { name: "a3" });
  assert.match(third.said, /user 4001 has 2 sessions, the most/);
  assert.equal((await askers.alice.ask("DELETE", "/sessions/a2")).status, 204);
});

test("a tenant whose best class is low gets a session of it without naming a class", async () => {
  assert.equal((await askers.bob.ask("POST", "/sessions", { name: "b1" })).status, 201);
  assert.equal((await guard.client.session("b1")).class, "low");
  assert.equal((await askers.bob.ask("DELETE", "/sessions/b1")).status, 204);
});

test("what who runs the host has frozen, no tenant thaws; what he froze himself he does", async () => {
  assert.equal((await askers.alice.ask("POST", "/sessions/a1/freeze")).status, 200);
  assert.equal((await askers.alice.ask("POST", "/sessions/a1/thaw")).status, 200);
  await guard.client.freezeSession("a1");
  assert.match((await askers.alice.ask("POST", "/sessions/a1/thaw")).said, /frozen by who runs the host/);
  assert.equal((await guard.client.session("a1")).frozen, true);
  await guard.client.thawSession("a1");
});

/** A process whose parent is a program of ours, in the group that its parent is in. */
async function runAs(uid: number, command: readonly string[], called = command[0] ?? ""): Promise<ChildProcess> {
  const child = spawn("setpriv", ["--reuid", String(uid), "--regid", String(uid), "--clear-groups", ...command], {
    stdio: "ignore",
  });
  await until(`${called} to run`, () => read(`/proc/${child.pid}/cmdline`).startsWith(called));
  return child;
}

test("a rule places a process by its program and user when it executes, with what it forks later", async () => {
  const child = await runAs(alice, ["/usr/bin/sleep", "600"]);
  const line = await guard.seen("PLACED", ({ pid }) => pid === child.pid);
  assert.deepEqual([line.session, line["rule"]], ["alices", "by-user"]);
  assert.equal(cgroupOf(child.pid), `${guard.root.slice("/sys/fs/cgroup".length)}/alices/framework`);
  child.kill("SIGKILL");
});

test("no rule puts another user's process into a tenant's session, whatever program it is, nor one by its name alone", async () => {
  const other = await runAs(bob, ["/usr/bin/tail", "-f", "/dev/null"]);
  // It calls itself as one that would be placed.
  const disguise = "exec -a /usr/bin/sleep /usr/bin/tail -f /dev/null";
  const renamed = await runAs(bob, ["/usr/bin/bash", "-c", disguise], "/usr/bin/sleep");
  // What comes after it in the stream of events has been placed: so has it been considered.
  const later = await runAs(alice, ["/usr/bin/sleep", "601"]);
  await guard.seen("PLACED", ({ pid }) => pid === later.pid);
  const own = cgroupOf(process.pid);
  for (const child of [other, renamed]) assert.equal(cgroupOf(child.pid), own);
  for (const child of [other, renamed, later]) child.kill("SIGKILL");
});

test("a process that asks for it goes in with all its descendants, those that are forked meanwhile among them", async () => {
  const child = spawn(process.execPath, ["-e", joinScript(guard.socket, "agents")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const said = await new Promise<string>((resolve) =>
    child.stdout.once("data", (data: Buffer) => resolve(String(data))),
  );
  assert.match(said, /^20[0-9]$/m);
  const inside = new Set(read(`${guard.root}/agents/framework/cgroup.procs`).split("\n").map(Number));
  assert.ok(inside.has(child.pid ?? 0));
  const tree = descendants(child.pid ?? 0);
  assert.ok(tree.length >= 2, "the storm goes on");
  for (const pid of tree) {
    const group = groupOrNull(pid);
    assert.ok(group === null || group.endsWith("/agents/framework"), `${pid} is in ${group}`);
  }
  process.kill(child.pid ?? 0, "SIGKILL");
  await until("the storm to be killed", () => {
    for (const pid of inside) killQuietly(pid);
    for (const pid of read(`${guard.root}/agents/framework/cgroup.procs`).split("\n").filter(Boolean))
      killQuietly(Number(pid));
    return read(`${guard.root}/agents/framework/cgroup.procs`) === "";
  });
});

/** Keeps forking: the shell has a child that is replaced all the time, and says so at the first. */
const storm = "while :; do (:; /usr/bin/true) & /usr/bin/true; wait; echo; done";

/** A program that asks to be put into a session while a storm of forks is on below it, says the status and stays. */
const joinScript = (socket: string, name: string): string => `
  const { spawn } = require("node:child_process");
  const http = require("node:http");
  const options = { socketPath: ${JSON.stringify(socket)}, method: "POST", path: "/v1/sessions/${name}/join" };
  const join = () =>
    http.request(options, (response) => { console.log(response.statusCode); setInterval(() => {}, 1e6); }).end();
  let raging = 0;
  for (const one of [1, 2]) {
    const { stdout } = spawn("sh", ["-c", ${JSON.stringify(storm)}], { stdio: ["ignore", "pipe", "inherit"] });
    stdout.once("data", () => { stdout.resume(); if (++raging === 2) join(); });
  }
`;

function descendants(pid: number): number[] {
  try {
    const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
    return children.flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return [];
  }
}

function groupOrNull(pid: number): string | null {
  try {
    return cgroupOf(pid);
  } catch {
    return null;
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

test("who is inside of a session acts for that session alone, root too, and cannot stop it from inside", async () => {
  const inside = await startAsker(guard.socket, 0, `${guard.root}/agents/framework`);
  assert.deepEqual(await inside.ask("GET", "/sessions"), { status: 200, said: "agents" });
  const { said } = await inside.ask("POST", "/sessions/agents/freeze");
  assert.match(said, /may not do that to the session "agents"/);
  assert.equal((await inside.ask("POST", "/sessions/session_low/freeze")).status, 404);
  assert.match((await inside.ask("POST", "/sessions", { name: "mine" })).said, /may have no sessions/);
  assert.equal((await inside.ask("POST", "/tools", {})).status, 201);
  inside.end();
  await until("the call of who is gone to go", () => groupNames(`${guard.root}/agents/tools`).length === 0);
});
