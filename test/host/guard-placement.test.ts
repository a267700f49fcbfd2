/** How processes come into sessions, on a host whose cgroup v2 mount has no controllers: by rules, and by asking. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { requireAddon } from "../../src/kernel/index.ts";
import { mount, newHostPlace, skip, withoutControllers } from "../shared/host-guard.ts";
import { cgroupOf, killQuietly, readProc, startTicks } from "../shared/processes.ts";
import { requires } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";
import { type Asker, clearPlace, type GuardUnderTest, type Line, startAsker, startGuard } from "../vm/guard/support.ts";

const place = newHostPlace();

const alice = 4001;
const bob = 4002;
/** Programs of our own, so that no rule ever fits anybody else's process. */
const program = (name: string): string => join(place.home, name);
const sleepers = ["by-exe", "by-user", "by-parent", "by-group", "narrowed", "excepted", "tenants", "else"] as const;
const shells = ["parent", "changing", "quick"] as const;

const config = `
version: 1
warm_moves: never
tenants: [{ uid: ${alice} }]
sessions: [{ name: agents }, { name: alices, uid: ${alice} }]
placement:
  # Before the rule of whose child somebody is, which asks for more than an exec tells.
  - { name: quick, session: agents, match: { exe: ${program("quick")} } }
  - { name: exe, session: agents, match: { exe: ${program("by-exe")} } }
  - { name: user, session: agents, match: { uid: ${bob}, exe: ${program("by-user")} } }
  - { name: parent, session: agents, match: { parent: ${program("parent")} } }
  - { name: group, session: agents, match: { cgroup: "/corral-placed-${process.pid}", exe: ${program("by-group")} } }
  - { name: narrowed, session: agents, match: { exe: ${program("narrowed")}, argv: "* 777" } }
  - { name: excepted, session: agents, match: { exe: ${program("excepted")} }, except: [{ uid: ${bob} }] }
  - { name: changing, session: agents, match: { exe: ${program("changing")} } }
  - { name: tenants, session: alices, match: { exe: ${program("tenants")} } }
`;

let guard: GuardUnderTest;
const started = new Set<ChildProcess>();
before(async () => {
  if (skip !== false) return;
  for (const name of sleepers) copyFileSync("/usr/bin/sleep", program(name));
  for (const name of shells) copyFileSync("/usr/bin/bash", program(name));
  for (const file of [program("gate"), program("storms")]) {
    execFileSync("mkfifo", [file]);
    chmodSync(file, 0o666);
  }
  guard = await startGuard(place, { config, env: withoutControllers });
});
after(async () => {
  for (const child of started) child.kill("SIGKILL");
  if (skip === false) await guard.end("SIGKILL");
  await clearPlace(place);
});

function start(words: readonly string[], uid = 0): ChildProcess {
  const user = ["--reuid", String(uid), "--regid", String(uid), "--clear-groups"];
  const child = spawn("setpriv", [...user, ...words], { stdio: "ignore" });
  started.add(child);
  return child;
}

const framework = (session: string): string => `${guard.root.slice((mount ?? "").length)}/${session}/framework`;

/** Waits until the guard has placed a process, and looks where. */
async function placed(child: ChildProcess, session: string, rule: string): Promise<Line> {
  const line = await guard.seen("PLACED", ({ pid }) => pid === child.pid);
  assert.deepEqual([line.session, line["rule"]], [session, rule]);
  assert.equal(cgroupOf(child.pid), framework(session));
  return line;
}

/** Waits until a process runs its program, and the guard has judged whatever was executed until then. */
async function leftAlone(child: ChildProcess, file: string): Promise<void> {
  await until(`${file} to run`, () => readFileSync(`/proc/${child.pid}/cmdline`, "latin1").includes(file));
  // What comes after it in the stream of events has been placed: so it has been judged.
  await placed(start([program("by-exe"), "600"]), "agents", "exe");
  assert.equal(cgroupOf(child.pid), cgroupOf(process.pid));
}

test("a process is placed by its program, whatever it calls itself", { skip }, async () => {
  await placed(start([program("by-exe"), "600"]), "agents", "exe");
  await placed(start(["/usr/bin/bash", "-c", `exec -a sshd ${program("by-exe")} 600`]), "agents", "exe");
});

/** The guard moves a process by its pidfd's group, as the kernel tells it from Linux 6.13 on, and by BPF. */
async function whyNotQuick(): Promise<string | null> {
  const { source } = await guard.client.status();
  const addon = requireAddon();
  const pidfd = addon.pidfdOpen(process.pid);
  const info = addon.pidfdInfo(pidfd);
  addon.close(pidfd);
  if (source !== "bpf") return `the source of events is ${source}`;
  return info === null ? "the kernel does not tell the group of a pidfd" : null;
}

/**
 * Starts a program until the guard's source has moved it. What was learnt is forgotten whenever too many groups of others came and
 * went, or events were lost: then the next one teaches it again.
 */
async function placedQuickly(words: readonly string[]): Promise<[ChildProcess, Line]> {
  for (let left = 10; left > 0; left -= 1) {
    const child = start(words);
    const line = await placed(child, "agents", "quick");
    if (line["quick"] === true) return [child, line];
  }
  throw new Error("ten of them were all placed by JavaScript");
}

test("the next process of a program that was placed is moved as its exec is read, with all that it had forked", {
  skip,
}, async (t) => {
  if (!requires(t, await whyNotQuick())) return;
  const quick = program("quick");
  // Its children are there before it executes again.
  const children = "sleep 600 & sleep 600 &";
  const [forked, line] = await placedQuickly(["/usr/bin/bash", "-c", `${children} exec ${quick} -c "sleep 600; :"`]);
  assert.ok(Number(line["processes"]) >= 3, JSON.stringify(line));
  await until("its children to be where it is", () =>
    descendantsOf(forked.pid ?? 0).every((pid) => groupOrNull(pid) === framework("agents")),
  );
  // By whatever way a session changes, all is judged anew, and goes where it is to go then.
  await guard.client.createSession({ name: "another" });
  assert.equal((await placed(start([quick, "-c", "sleep 600"]), "agents", "quick"))["quick"], false);
  await placedQuickly([quick, "-c", "sleep 600"]);
});

test("a name that a process chose itself is worth nothing", { skip }, async () => {
  const disguised = start(["/usr/bin/bash", "-c", `exec -a ${program("by-exe")} /usr/bin/sleep 600`]);
  await leftAlone(disguised, program("by-exe"));
  // Another file of the same name, and so the same comm.
  mkdirSync(program("other"));
  const other = join(program("other"), "by-exe");
  copyFileSync("/usr/bin/sleep", other);
  await leftAlone(start([other, "600"]), other);
});

test("a process is placed by its user, which the kernel tells, and not as another's", { skip }, async () => {
  await placed(start([program("by-user"), "600"], bob), "agents", "user");
  await leftAlone(start([program("by-user"), "600"], alice), program("by-user"));
});

test("a process is placed by whose child it is, by the program of its parent", { skip }, async () => {
  const parent = start([program("parent"), "-c", `${program("by-parent")} 600 & wait`]);
  const line = await guard.seen("PLACED", ({ rule }) => rule === "parent");
  // The list is no snapshot (proc_pid_task(5)).
  await until("it to be the only child", () => isDeepStrictEqual(childrenOf(parent.pid ?? 0), [line["pid"]]));
  assert.equal(cgroupOf(Number(line["pid"])), framework("agents"));
  assert.equal(cgroupOf(parent.pid), cgroupOf(process.pid));
});

test("a process is placed by the group that it comes from, and stays in its session when it executes again", {
  skip,
}, async () => {
  const group = `${mount}/corral-placed-${process.pid}`;
  mkdirSync(group);
  const enter = `echo $$ >${group}/cgroup.procs && exec ${program("by-group")}`;
  await placed(start(["/bin/sh", "-c", `${enter} 600`]), "agents", "group");
  rmdirSync(group);
  // The session of its first rule keeps it, although its next program has a rule for another.
  const changing = start(
    [program("changing"), "-c", `read -t 600 <>${program("gate")}; exec ${program("tenants")} 600`],
    alice,
  );
  await placed(changing, "agents", "changing");
  writeFileSync(program("gate"), "go\n");
  await until("the next program", () => readFileSync(`/proc/${changing.pid}/cmdline`, "latin1").includes("tenants"));
  await placed(start([program("by-exe"), "600"]), "agents", "exe");
  assert.equal(cgroupOf(changing.pid), framework("agents"));
});

test("what narrows a rule, and who is excepted, is heeded", { skip }, async () => {
  await placed(start([program("narrowed"), "777"]), "agents", "narrowed");
  await leftAlone(start([program("narrowed"), "778"]), program("narrowed"));
  await placed(start([program("excepted"), "600"]), "agents", "excepted");
  await leftAlone(start([program("excepted"), "600"], bob), program("excepted"));
});

test("a tenant's session takes in no other user's process, whatever the rule", { skip }, async () => {
  await placed(start([program("tenants"), "600"], alice), "alices", "tenants");
  for (const uid of [0, bob]) await leftAlone(start([program("tenants"), "600"], uid), program("tenants"));
});

test("who has a storm of descendants goes in with all of them", { skip }, async () => {
  const storm = "{ echo >&3; while :; do (:; /usr/bin/true) & /usr/bin/true; wait; done; } &";
  // Both rage before the program is executed that the rule is for.
  const begun = `exec 3<>${program("storms")}; ${storm} ${storm} read -u 3; read -u 3`;
  const child = start(["/usr/bin/bash", "-c", `${begun}; exec ${program("by-exe")} 600`]);
  const line = await guard.seen("PLACED", ({ pid }) => pid === child.pid);
  assert.ok(Number(line["processes"]) >= 3, JSON.stringify(line));
  // Who has ended meanwhile is nobody's, whoever has the pid now.
  let all: readonly number[] = [];
  await until("the storm to go on", () => {
    const seen = descendantsOf(child.pid ?? 0).map((pid) => ({ pid, ticks: startTicks(pid) }));
    for (const { pid, ticks } of seen) {
      const group = groupOrNull(pid);
      if (ticks !== null && startTicks(pid) === ticks) assert.equal(group, framework("agents"), String(pid));
    }
    all = seen.map(({ pid }) => pid);
    return all.length >= 2;
  });
  // Its children are not ours to wait for: the group knows them all.
  const procs = `${guard.root}/agents/framework/cgroup.procs`;
  const storming = new Set(all);
  child.kill("SIGSTOP");
  await until("the storm to end", () => {
    const inside = readFileSync(procs, "latin1").split("\n").filter(Boolean).map(Number);
    const left = inside.filter((pid) => storming.has(pid) || /bash|true/.test(nameOf(pid)));
    for (const pid of left) killQuietly(pid);
    return left.length === 0;
  });
  child.kill("SIGKILL");
});

test("many that execute at once are all placed", { skip }, async () => {
  const children = Array.from({ length: 40 }, () => start([program("by-exe"), "600"]));
  for (const child of children) await placed(child, "agents", "exe");
});

test("who registers is who the kernel says: himself, in a session of his own, and nobody whom he names", {
  skip,
}, async () => {
  const other = start(["/usr/bin/sleep", "600"], alice);
  const askers = await Promise.all([alice, bob].map((uid) => startAsker(guard.socket, uid)));
  const [hers, his] = askers as [Asker, Asker];
  const said = await Promise.all([
    his.ask("POST", "/sessions/alices/join"),
    hers.ask("POST", "/sessions/agents/join"),
    hers.ask("POST", "/sessions/alices/adopt", { pid: other.pid }),
  ]);
  assert.deepEqual(
    said.map(({ status }) => status),
    [404, 404, 403],
    JSON.stringify(said),
  );
  for (const pid of [hers.pid, his.pid, other.pid]) assert.equal(cgroupOf(pid), cgroupOf(process.pid));
  assert.equal((await hers.ask("POST", "/sessions/alices/join", { pid: other.pid })).status, 200);
  assert.deepEqual([hers.pid, his.pid, other.pid].map(cgroupOf), [
    framework("alices"),
    cgroupOf(process.pid),
    cgroupOf(process.pid),
  ]);
  for (const one of askers) one.end();
});

test("without BPF rules are kept by the proc connector", { skip }, async () => {
  const own = newHostPlace();
  const env = { ...withoutControllers, CORRAL_NO_BPF: "1" };
  const rule = `placement: [{ name: exe, session: session_low, match: { exe: ${program("else")} } }]`;
  const second = await startGuard(own, { config: `version: 1\n${rule}\n`, env });
  try {
    assert.equal((await second.seen("STARTED"))["source"], "proc connector");
    const child = start([program("else"), "600"]);
    await second.seen("PLACED", ({ pid }) => pid === child.pid);
    assert.equal(cgroupOf(child.pid), `${second.root.slice((mount ?? "").length)}/session_low/framework`);
    child.kill("SIGKILL");
  } finally {
    await second.end("SIGKILL");
    await clearPlace(own);
  }
});

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);

function descendantsOf(pid: number): number[] {
  try {
    return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
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

const nameOf = (pid: number): string => readProc(`${pid}/comm`) ?? "";
