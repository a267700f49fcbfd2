import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, lstatSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { GuardClient, type ToolResult } from "../../../src/guard/client/index.ts";
import { runTool } from "../../../src/guard/tools/index.ts";
import { cgroupOf } from "../../shared/processes.ts";
import { until } from "../../shared/timing.ts";
import { fixture, read, v2, write } from "../support.ts";
import {
  type Asker,
  clearPlace,
  type GuardUnderTest,
  groupNames,
  newPlace,
  sleeperIn,
  startAsker,
  startGuard,
} from "./support.ts";

// Two tenants who trust neither each other nor their commands; what they may do to each other beyond the socket's table, which
// tenants.test.ts walks.
const alice = 4001;
const bob = 4002;
const place = newPlace();
const config = `
version: 1
tenants:
  - { uid: ${alice}, ceilings: { memory-max: 64M, pids-max: 100 } }
  - { uid: ${bob}, ceilings: { memory-max: 64M, pids-max: 100 } }
sessions:
  - { name: alices, uid: ${alice}, limits: { memory-max: 64M, pids-max: 100 }, tools: { limits: { pids-max: 40 } } }
  - { name: bobs, uid: ${bob}, limits: { memory-max: 64M } }
`;
let guard: GuardUnderTest;
let askers: { readonly alice: Asker; readonly bob: Asker };
before(async () => {
  guard = await startGuard(place, { config });
  const [a, b] = await Promise.all([alice, bob].map((uid) => startAsker(guard.socket, uid)));
  assert.ok(a && b);
  askers = { alice: a, bob: b };
});
after(async () => {
  for (const one of Object.values(askers)) one.end();
  await guard.end("SIGKILL");
  await clearPlace(place);
});

/** Runs a command as a call of a session, from this process. */
async function call(session: string, command: readonly string[], hint = ""): Promise<ToolResult> {
  const client = new GuardClient({ socket: guard.socket });
  try {
    const { result } = await runTool(client, {
      request: { session, hint, command: command.join(" ") },
      command,
      env: [`PATH=${process.env["PATH"]}`],
      fds: [-1, -1, -1],
      onChild: () => {},
    });
    assert.ok(result !== null);
    return result;
  } finally {
    client.close();
  }
}

/** A program of one user that tries to open every file below a directory for writing, and says which it could. */
const writables = `
  const fs = require("node:fs");
  const could = [];
  const walk = (directory) => {
    for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
      const path = directory + "/" + entry.name;
      if (entry.isDirectory()) { walk(path); continue; }
      try { fs.closeSync(fs.openSync(path, "r+")); could.push(path); } catch {}
      try { fs.closeSync(fs.openSync(path, "w")); could.push(path); } catch {}
    }
    try { fs.mkdirSync(directory + "/mine"); could.push(directory + "/mine"); } catch {}
  };
  walk(process.argv[1]);
  console.log(JSON.stringify(could));
`;

test("a tenant can write no control file of any session and make no group in it, his own neither: he lifts no limit and moves nobody", () => {
  for (const uid of [alice, bob]) {
    const user = ["--reuid", String(uid), "--regid", String(uid), "--clear-groups"];
    const words = [...user, process.execPath, "-e", writables, guard.root];
    const { status, stdout, stderr } = spawnSync("setpriv", words, { encoding: "utf8" });
    assert.deepEqual([status, stdout], [0, "[]\n"], stderr);
  }
});

test("a tenant who uses up his session's memory loses his own call; the other's processes go on, at his own session's cost", async () => {
  const sleeper = await sleeperIn(`${guard.root}/bobs/framework`);
  const { reason, feedback } = await call("alices", [fixture("touch-memory"), "256"]);
  assert.equal(reason, "oom");
  assert.equal(/oom_kill 0$/m.test(read(`${guard.root}/alices/memory.events`)), false);
  assert.doesNotMatch(feedback?.text ?? "", /bobs/);
  assert.equal(/oom_kill 0$/m.test(read(`${guard.root}/bobs/memory.events`)), true);
  assert.equal(cgroupOf(sleeper.pid), `${guard.root.slice(v2.length)}/bobs/framework`);
  sleeper.kill("SIGKILL");
});

test("a storm of forks ends at the call's own limit, and its session and the other's can still start processes", async () => {
  const script = `${fixture("fork-many")} 500 1 & wait; exit 0`;
  const [storm, own, others] = await Promise.all([
    call("alices", ["sh", "-c", script]),
    call("alices", ["true"]),
    call("bobs", ["true"]),
  ]);
  assert.ok((storm.pids_peak ?? 0) >= 39 && (storm.pids_peak ?? 0) <= 40, `${storm.pids_peak} processes`);
  assert.deepEqual([own.exit_code, others.exit_code, storm.removed], [0, 0, true]);
});

test("a session that is removed with its processes goes although they keep forking", async () => {
  await guard.client.createSession({ name: "stormy", limits: { "pids-max": 200 } });
  const storm = "while :; do (:; sleep 0.01) & sleep 0.01 & done";
  const enter = `echo $$ >${guard.root}/stormy/framework/cgroup.procs; ${storm}`;
  const child = spawn("sh", ["-c", enter], { stdio: "ignore" });
  await until("the storm to blow", () => read(`${guard.root}/stormy/framework/cgroup.procs`).split("\n").length > 20);
  await guard.client.removeSession("stormy", { kill: true });
  assert.equal(groupNames(guard.root).includes("stormy"), false);
  await until("its first process to be reaped", () => child.exitCode !== null || child.signalCode !== null);
});

test("what a tenant asks for tells nothing of the other: no name, no number, no event", async () => {
  const heard: string[] = [];
  const user = ["--reuid", String(bob), "--regid", String(bob), "--clear-groups"];
  const listening = spawn("setpriv", [...user, process.execPath, "-e", listener, guard.socket], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  listening.stdout.on("data", (data: Buffer) => heard.push(data.toString()));
  await until("the listener to be heard", () => heard.join("").includes(": corral guard"));
  await askers.alice.ask("POST", "/sessions", { name: "secret" });
  await askers.alice.ask("POST", "/sessions/secret/freeze");
  await askers.alice.ask("POST", "/sessions/secret/thaw");
  await call("secret", ["true"], "memory:nonsense");
  await askers.bob.ask("POST", "/sessions", { name: "public" });
  await until("his own event", () => heard.join("").includes('"session":"public"'));
  listening.kill("SIGKILL");
  const answers = await Promise.all([
    rawAs("/status"),
    rawAs("/sessions"),
    rawAs("/budget?session=bobs"),
    rawAs("/sessions/bobs/report"),
  ]);
  for (const text of [...answers, heard.join("")]) {
    assert.match(text, /bobs|public/);
    assert.doesNotMatch(text, /secret|alices|4001/);
  }
  await guard.client.removeSession("secret");
  await guard.client.removeSession("public");
});

const listener = `
  const { request } = require("node:http");
  request({ socketPath: process.argv[1], path: "/v1/events" }, (response) => response.pipe(process.stdout)).end();
`;

/** What bob is answered, word for word. */
async function rawAs(path: string): Promise<string> {
  const program = `
    const { request } = require("node:http");
    request({ socketPath: process.argv[1], path: process.argv[2] }, (response) => response.pipe(process.stdout)).end();
  `;
  const user = ["--reuid", String(bob), "--regid", String(bob), "--clear-groups"];
  const child = spawn("setpriv", [...user, process.execPath, "-e", program, guard.socket, `/v1${path}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}

test("a connection whose process has ended speaks for nobody, whoever holds it then", async () => {
  // The parent connects and ends; its child has the connection, and asks.
  // A shell begins at once: who says nothing for 10 s loses his place.
  const heir = String.raw`
    while [ -e /proc/$CONNECTED ]; do sleep 0.02; done
    printf 'GET /v1/sessions HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n' >&3
    until cat <&3 2>/dev/null; do sleep 0.05; done
  `;
  const parent = `
    const { connect } = require("node:net");
    const { spawn } = require("node:child_process");
    const socket = connect(process.argv[1], () => {
      const env = { ...process.env, CONNECTED: String(process.pid) };
      const options = { stdio: ["ignore", "inherit", "inherit", socket], detached: true, env };
      spawn("sh", ["-c", process.argv[2]], options).unref();
      process.exit();
    });
  `;
  const child = spawn(process.execPath, ["-e", parent, guard.socket, heir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let text = "";
  child.stdout.on("data", (data: Buffer) => {
    text += data.toString();
  });
  await ended;
  await until("an answer", () => text.includes("\r\n\r\n"));
  assert.match(text, /^HTTP\/1\.1 403 /);
});

test("a program whose name is a line of JSON forges no event", async () => {
  const forged = '{"event":"PLACED","session":"bobs","pid":1}';
  const program = join(place.home, `x\n${forged}\n`.replaceAll("/", "_"));
  copyFileSync("/usr/bin/true", program);
  chmodSync(program, 0o755);
  const { exit_code, call: id } = await call("alices", [program]);
  assert.equal(exit_code, 0);
  // startGuard parses each line: what is no JSON would have thrown.
  await guard.seen("TOOL_ENDED", (line) => line["call"] === id);
  assert.ok(!guard.lines.some((line) => line.event === "PLACED" && line["pid"] === 1));
});

test("the log of calls goes through no symbolic link that somebody has put there", async () => {
  const other = newPlace();
  const victim = join(other.home, "victim");
  writeFileSync(victim, "");
  const log = join(other.home, "tools.jsonl");
  spawnSync("ln", ["-s", victim, log]);
  const own = await startGuard(other, { config: `version: 1\ntool_log: ${log}\n` });
  try {
    const client = new GuardClient({ socket: own.socket });
    await runTool(client, {
      request: { session: "session_low" },
      command: ["true"],
      env: [],
      fds: [-1, -1, -1],
      onChild: () => {},
    });
    client.close();
    const warning = await own.seen("WARNING", ({ message }) => String(message).includes("the log of tool calls"));
    assert.match(String(warning["message"]), /^cannot write the log of tool calls to .*: ELOOP$/);
    assert.deepEqual([read(victim), lstatSync(log).isSymbolicLink()], ["", true]);
  } finally {
    await own.end("SIGKILL");
    await clearPlace(other);
  }
});

test("root puts a process, a unit and a container into a session, as /proc names them; nobody else does, and who is in one stays", async () => {
  const id = "0123456789abcdef".repeat(4);
  const above = `${v2}/corral-guardtest-${process.pid}-units`;
  const unit = `corral-guardtest-${process.pid}.service`;
  const groups = [above, `${above}/${unit}`, `${above}/${unit}/worker`, `${above}/docker-${id}.scope`];
  for (const group of groups) mkdirSync(group);
  const [, service = "", worker = "", container = ""] = groups;
  const sleepers: ChildProcess[] = [];
  const at = async (group: string): Promise<number> => {
    const child = await sleeperIn(group);
    sleepers.push(child);
    return child.pid ?? 0;
  };
  try {
    const pids = [await at(service), await at(worker), await at(worker), await at(container)];
    const [one = 0] = pids;
    for (const who of [askers.alice, askers.bob]) {
      const { status } = await who.ask("POST", "/sessions/alices/adopt", { pid: one });
      assert.equal(status, who === askers.alice ? 403 : 404);
    }
    assert.equal(cgroupOf(one), service.slice(v2.length));
    const first = await guard.client.adopt("alices", { pid: one });
    const schema = "corral.session-adopt/1";
    assert.deepEqual(first, { schema, session: "alices", group: service.slice(v2.length), processes: 1, left: [] });
    assert.deepEqual(await guard.client.adopt("alices", { unit }), { ...first, processes: 2 });
    const contained = await guard.client.adopt("bobs", { container: id.slice(0, 12) });
    assert.deepEqual([contained.processes, contained.group], [1, container.slice(v2.length)]);
    assert.deepEqual(
      pids.map((pid) => cgroupOf(pid).split("/").slice(-2).join("/")),
      ["alices/framework", "alices/framework", "alices/framework", "bobs/framework"],
    );
    const codeOf = (wanted: Parameters<typeof guard.client.adopt>[1]): Promise<string> =>
      guard.client.adopt("bobs", wanted).then(
        () => "done",
        (error: { readonly code: string }) => error.code,
      );
    assert.deepEqual(
      [
        await codeOf({ pid: one }),
        await codeOf({ pid: guard.process.pid ?? 0 }),
        await codeOf({ pid: 1 }),
        await codeOf({ unit }),
        await codeOf({ container: "../../escape" }),
      ],
      ["SESSION_BUSY", "PROCESS_PROTECTED", "PROCESS_PROTECTED", "PROCESS_GONE", "USAGE"],
    );
  } finally {
    for (const child of sleepers) child.kill("SIGKILL");
    for (const group of groups.toReversed()) {
      write(`${group}/cgroup.kill`, "1");
      await until("a group to be empty", () => !read(`${group}/cgroup.events`).includes("populated 1"));
      rmdirSync(group);
    }
  }
});
