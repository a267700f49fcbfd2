/** Nobody is moved in the place of a process that has ended and whose pid is another's by now. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { EventSource, ExecEvent } from "../../src/events/index.ts";
import { openEventSource, openTraceSource } from "../../src/events/index.ts";
import type { GuardEvent } from "../../src/guard/daemon/index.ts";
import { parseGuardConfig } from "../../src/guard/model/index.ts";
import { Placement } from "../../src/guard/placement/index.ts";
import type { ExecMover, ProcessIdentity } from "../../src/kernel/index.ts";
import { processFacts } from "../../src/kernel/index.ts";
import { notedMoves, WarmKeeper } from "../../src/run/moves/index.ts";
import { mount, skip } from "../shared/host-guard.ts";
import { cgroupOf } from "../shared/processes.ts";
import { until } from "../shared/timing.ts";

const framework = `${mount}/corral-identity-${process.pid}`;

/** The group of a tool call in the session. */
const call = `${framework}-call`;

before(() => {
  if (skip === false) for (const group of [framework, call]) mkdirSync(group);
});
after(async () => {
  if (skip !== false) return;
  for (const group of [framework, call]) {
    await until("the group to be empty", () => readFileSync(`${group}/cgroup.procs`, "latin1") === "");
    rmdirSync(group);
  }
});

const config = parseGuardConfig(
  "version: 1\nplacement: [{ name: r, session: session_low, match: { exe: /usr/bin/made-up } }]",
  "g",
);
const spec = config.sessions.find(({ name }) => name === "session_low");

/** A placement into a group of ours, and what it tells. @param stillRuns what the source of events says @param mover of the source */
function openPlacement(
  stillRuns: boolean | null,
  mover: ExecMover | null = null,
): { readonly placement: Placement; readonly told: GuardEvent[] } {
  const told: GuardEvent[] = [];
  const keeper = new WarmKeeper("never");
  const placement = new Placement(config.placement, {
    tell: (event) => void told.push(event),
    target: () => (spec === undefined ? null : { spec, framework }),
    sessionOf: (group) => (`${mount}${group}`.startsWith(framework) ? "session_low" : null),
    move: notedMoves(keeper),
    movedNs: () => keeper.movedNs,
    stillRuns: () => stillRuns,
    mover: () => mover,
    noteMove: (beganNs, endedNs) => keeper.noteAt(beganNs, endedNs),
  });
  return { placement, told };
}

async function startSleeper(): Promise<{ readonly child: ChildProcess; readonly identity: ProcessIdentity }> {
  const child = spawn("/usr/bin/sleep", ["600"], { stdio: "ignore" });
  await once(child, "spawn");
  const { identity } = processFacts(child.pid ?? 0);
  assert.ok(identity !== null);
  return { child, identity };
}

/** An exec of the program that the rule is for, by the process of this identity. */
const execOf = (identity: ProcessIdentity): ExecEvent => ({
  ...{
    kind: "exec",
    tgid: identity.pid,
    identity,
    ppid: 1,
    uid: 0,
    cgroupId: 1n,
    timestampNs: process.hrtime.bigint(),
  },
  ...{ source: "bpf", reconciled: false, comm: "made-up", filename: null, exe: "/usr/bin/made-up" },
  ...{ argv: ["made-up"], argvTruncated: false },
});

async function end(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

for (const [by, stillRuns] of [
  ["the events", false],
  ["/proc", null],
] as const)
  test(`an exec of a process that has ended moves nobody who has its pid by now (${by})`, { skip }, async () => {
    const { child, identity } = await startSleeper();
    const { placement, told } = openPlacement(stillRuns);
    placement.onExec(execOf({ ...identity, startTicks: identity.startTicks - 1 }), cgroupOf(identity.pid));
    assert.equal(cgroupOf(identity.pid), cgroupOf(process.pid));
    assert.deepEqual(told, []);
    await end(child);
  });

test("an exec of the process that has the pid still moves it, by what the exec told alone", { skip }, async () => {
  for (const stillRuns of [true, null]) {
    const { child, identity } = await startSleeper();
    const { placement, told } = openPlacement(stillRuns);
    placement.onExec(execOf(identity), stillRuns === true ? cgroupOf(identity.pid) : "/");
    assert.equal(`${mount}${cgroupOf(identity.pid)}`, framework);
    assert.equal(told.length, 1);
    await end(child);
  }
});

test("who has joined its call since the exec, by whatever hand, is not moved out of it", { skip }, async () => {
  const { child, identity } = await startSleeper();
  const exec = execOf(identity);
  const before = cgroupOf(identity.pid);
  writeFileSync(`${call}/cgroup.procs`, String(identity.pid));
  for (const stillRuns of [true, null]) {
    const { placement, told } = openPlacement(stillRuns);
    placement.onExec(exec, before);
    assert.equal(`${mount}${cgroupOf(identity.pid)}`, call);
    assert.deepEqual(told, []);
  }
  await end(child);
});

test("every move that goes by the guard's hand is noted with its time", { skip }, async () => {
  const { child, identity } = await startSleeper();
  const keeper = new WarmKeeper("never");
  assert.equal(keeper.movedNs, 0n);
  const beforeNs = process.hrtime.bigint();
  assert.equal(notedMoves(keeper)(identity.pid, call), null);
  assert.ok(keeper.movedNs > beforeNs && keeper.movedNs <= process.hrtime.bigint());
  await end(child);
});

test("the group that an exec told of is not believed once somebody has been moved", { skip }, async () => {
  const [first, second] = await Promise.all([startSleeper(), startSleeper()]);
  const { placement, told } = openPlacement(null);
  const before = cgroupOf(second.identity.pid);
  const exec = execOf(second.identity);
  placement.join("session_low", second.identity.pid);
  placement.onExec(exec, before);
  assert.deepEqual(
    told.map(({ event, ...rest }) => [event, "rule" in rest ? rest.rule : undefined]),
    [["PLACED", null]],
  );
  await Promise.all([first, second].map(({ child }) => end(child)));
});

/** The exec of a program by its source, of the process that is started. */
async function execFrom(source: EventSource): Promise<{ readonly child: ChildProcess; readonly exec: ExecEvent }> {
  const child = spawn("/usr/bin/sleep", ["600"], { stdio: "ignore" });
  while (await source.ready())
    for (const event of source.take(100))
      if (event.kind === "exec" && event.tgid === child.pid && event.comm === "sleep") return { child, exec: event };
  throw new Error("the source has ended");
}

test("bpf knows who still runs, and of an end as soon as it was seen", { skip }, async (t) => {
  const opened = await openEventSource({ prefer: "bpf" }).catch((thrown: Error) => thrown);
  if (opened instanceof Error) return t.skip(opened.message);
  const { source } = opened;
  t.after(() => source.close());
  const { child, exec } = await execFrom(source);
  assert.ok(exec.identity !== null);
  assert.equal(source.stillRuns(exec.identity), true);
  assert.equal(source.stillRuns({ ...exec.identity, startTicks: exec.identity.startTicks + 1 }), false);
  await end(child);
  assert.equal(source.stillRuns(exec.identity), false);
  await source.close();
  assert.equal(source.stillRuns(exec.identity), null);
});

test("while programs are moved by the source, forks and ends wait for a moment, in order, and are known to who asks", {
  skip,
}, async (t) => {
  const opened = await openEventSource({ prefer: "bpf" }).catch((thrown: Error) => thrown);
  if (opened instanceof Error) return t.skip(opened.message);
  const { source } = opened;
  t.after(() => source.close());
  const nobodys = { uid: 1, comm: "nobodys", exe: "/nobodys", anyMounts: true, directory: framework, id: 1 };
  source.mover?.addProgram(nobodys);
  assert.equal(source.mover?.isActive, true);
  const { child, exec } = await execFrom(source);
  assert.ok(exec.identity !== null);
  await end(child);
  assert.equal(source.stillRuns(exec.identity), false);
  const short = spawn("/usr/bin/true", { stdio: "ignore" });
  const kinds: string[] = [];
  while (kinds.at(-1) !== "exit" && (await source.ready()))
    for (const event of source.take(100)) if (event.tgid === short.pid) kinds.push(event.kind);
  assert.deepEqual(kinds, ["fork", "exec", "exit"]);
});

test("while nobody is in a hurry events are told late, all and in order, and at once to who asks", {
  skip,
}, async (t) => {
  let leisureMs = 600_000;
  const opened = await openTraceSource({ prefer: "bpf", leisureMs: () => leisureMs }).catch((thrown: Error) => thrown);
  if (opened instanceof Error) return t.skip(opened.message);
  const { source } = opened;
  t.after(() => source.close());
  const kindsOf = (pid: number | undefined): readonly string[] =>
    source.take(100_000).flatMap(({ kind, tgid }) => (tgid === pid ? [kind] : []));
  const first = spawn("/usr/bin/true", { stdio: "ignore" });
  await once(first, "exit");
  // The loop has been round since.
  await delay(1);
  assert.deepEqual(kindsOf(first.pid), []);
  source.flush();
  assert.deepEqual(kindsOf(first.pid), ["fork", "exec", "exit"]);
  leisureMs = 1;
  for (let round = 0; round < 20; round += 1) {
    const next = spawn("/usr/bin/true", { stdio: "ignore" });
    const kinds: string[] = [];
    // Nothing else may happen on this host: the last event comes by itself.
    while (kinds.at(-1) !== "exit" && (await source.ready())) kinds.push(...kindsOf(next.pid));
    assert.deepEqual(kinds, ["fork", "exec", "exit"]);
  }
});

test("a source that does not hear of every end does not claim to know who still runs", async (t) => {
  const { source } = await openEventSource({ prefer: "polling" });
  t.after(() => source.close());
  const { identity } = processFacts(process.pid);
  assert.ok(identity !== null);
  assert.equal(source.stillRuns(identity), null);
});
