import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, type TestContext, test } from "node:test";
import type { EventSource, LifecycleEvent, OpenSourceOptions, SourceCounters } from "../../src/events/index.ts";
import { openEventSource } from "../../src/events/index.ts";
import { identityOf } from "../../src/kernel/index.ts";
import { killQuietly, startTicks } from "../shared/processes.ts";
import { program, requires } from "../shared/requires.ts";
import { scaled, until } from "../shared/timing.ts";

const folder = mkdtempSync(path.join(tmpdir(), "corral-events-"));
after(() => rmSync(folder, { recursive: true }));

/** The connector for the test, or a skip with the kernel's reason. */
async function connectorOrSkip(t: TestContext, options: OpenSourceOptions = {}): Promise<EventSource | null> {
  const { source, refused } = await openEventSource(options);
  t.after(() => source.close());
  const refusal = refused.find(({ name }) => name === "proc connector");
  return requires(t, refusal === undefined ? null : `no proc connector: ${refusal.reason}`) ? source : null;
}

/** Takes events in the background from now on. */
function collect(source: EventSource): LifecycleEvent[] {
  const events: LifecycleEvent[] = [];
  void (async () => {
    for await (const event of source) events.push(event);
  })();
  return events;
}

const lostOf = ({ lost }: SourceCounters): number => lost.kernelBuffer + lost.neverSent + lost.queue;

const exited = (events: readonly LifecycleEvent[], tgid: number) =>
  until(`the exit of ${tgid} is told`, () => events.some((event) => event.kind === "exit" && event.tgid === tgid));

/** Holds up this thread, so that nothing is read. */
const stall = (delayMs: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);

/** A shell with this many sleeping children, that keeps them until it is killed. */
function sleepers(t: TestContext, count: number): { readonly pid: number; readonly children: () => number[] } {
  const script = `for ((i = 0; i < ${count}; i += 1)); do sleep 600 & done; wait`;
  const shell = spawn("/bin/bash", ["-c", script], { stdio: "ignore", detached: true });
  const pid = shell.pid ?? 0;
  t.after(async () => {
    process.kill(-pid, "SIGKILL");
    await once(shell, "exit");
  });
  const children = () =>
    execFileSync("/usr/bin/env", ["cat", `/proc/${pid}/task/${pid}/children`], { encoding: "utf8" });
  return { pid, children: () => children().trim().split(" ").map(Number) };
}

test("the life of a process is told with identity, parent, name and status", async (t) => {
  const source = await connectorOrSkip(t);
  if (source === null) return;
  const events = collect(source);
  const before = process.hrtime.bigint();
  const child = spawn("/bin/sleep", ["600"]);
  await once(child, "spawn");
  const tgid = child.pid ?? 0;
  const identity = identityOf(tgid);
  const common = { tgid, identity, ppid: process.pid, source: "proc connector", reconciled: false };
  child.kill("SIGKILL");
  await exited(events, tgid);
  const mine = events.filter((event) => event.tgid === tgid);
  assert.deepEqual(
    mine.map(({ timestampNs: _time, ...event }) => event),
    [
      { ...common, kind: "fork" },
      { ...common, kind: "exec", comm: "sleep" },
      { ...common, kind: "exit", status: 9, code: null, signal: 9 },
    ],
  );
  assert.ok(mine.every(({ timestampNs }, index) => timestampNs > (mine[index - 1]?.timestampNs ?? before)));
});

test("of 2,000 forks none is missed, and every exit has its code", async (t) => {
  const source = await connectorOrSkip(t);
  if (source === null) return;
  const events = collect(source);
  const script = "for ((i = 0; i < 2000; i += 1)); do (exit $((i % 256))); done";
  const child = spawn("/bin/bash", ["-c", script], { stdio: "ignore" });
  const tgid = child.pid ?? 0;
  await exited(events, tgid);
  const counters = source.counters();
  const forks = events.filter((event) => event.kind === "fork" && event.ppid === tgid);
  const pids = new Map(forks.map((event, index) => [event.tgid, index]));
  const codes = events.flatMap((event) => (event.kind === "exit" && pids.has(event.tgid) ? [event.code] : []));
  assert.deepEqual(
    { forks: forks.length, distinct: pids.size, lost: lostOf(counters), told: counters.told >= events.length },
    { forks: 2000, distinct: 2000, lost: 0, told: true },
  );
  assert.deepEqual(
    codes,
    Array.from({ length: 2000 }, (_item, index) => index % 256),
  );
});

test("what a stalled reader loses is counted and made up for within a second", async (t) => {
  const source = await connectorOrSkip(t, { receiveBufferBytes: 4096 });
  if (source === null) return;
  const events = collect(source);
  const victim = spawn("/bin/sleep", ["600"]);
  await once(victim, "spawn");
  const shell = sleepers(t, 100);
  const told = (tgid: number, kind: LifecycleEvent["kind"]) =>
    events.find((event) => event.tgid === tgid && event.kind === kind);
  stall(scaled(700));
  victim.kill("SIGKILL");
  await once(victim, "exit");
  const begin = performance.now();
  const children = shell.children();
  assert.equal(children.length, 100);
  await until("all 100 forks and execs are told", () =>
    children.every((pid) => told(pid, "fork") !== undefined && told(pid, "exec") !== undefined),
  );
  await exited(events, victim.pid ?? 0);
  const tookMs = performance.now() - begin;
  assert.ok(tookMs < scaled(1000), `${tookMs} ms`);
  const { lost, reconciled, reconciliations } = source.counters();
  assert.ok(lost.kernelBuffer > 0 && reconciliations > 0, JSON.stringify(lost));
  assert.equal(reconciled, events.filter((event) => event.reconciled).length);
  const made = children.map((pid) => told(pid, "fork")).filter((event) => event?.reconciled === true);
  assert.ok(made.length > 50, `${made.length} forks were reconciled`);
  for (const event of made) {
    const { identity, ppid } = event ?? {};
    assert.deepEqual([identity?.startTicks, ppid], [startTicks(event?.tgid ?? 0), shell.pid]);
  }
  const twice = children.filter((pid) => events.filter((one) => one.tgid === pid && one.kind === "fork").length > 1);
  assert.deepEqual(twice, []);
});

test("what does not fit into the queue is counted and told once there is room", async (t) => {
  const source = await connectorOrSkip(t, { queueLimit: 20 });
  if (source === null) return;
  const shell = sleepers(t, 40);
  await until("the queue overflows", () => source.counters().lost.queue > 50);
  const children = shell.children();
  const events = collect(source);
  await until("all forks are told", () => children.every((pid) => events.some((event) => event.tgid === pid)));
});

test("a thread that executes a program does not end its process", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const source = await connectorOrSkip(t);
  if (source === null) return;
  const events = collect(source);
  const child = spawn(fixture(), ["exec", "/bin/bash", "-c", "exit 6"], { stdio: "ignore" });
  const tgid = child.pid ?? 0;
  await once(child, "exit");
  await exited(events, tgid);
  assert.deepEqual(summaryOf(events, tgid), ["fork", "exec", "exec", "exit 6"]);
});

test("a process ends when its last thread does, with the status of the process", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const source = await connectorOrSkip(t);
  if (source === null) return;
  const events = collect(source);
  const child = spawn(fixture(), ["exit", "200", "5"]);
  const tgid = child.pid ?? 0;
  await once(child, "exit");
  await exited(events, tgid);
  assert.deepEqual(summaryOf(events, tgid), ["fork", "exec", "exit 5"]);
  const [fork, , exit] = events.filter((event) => event.tgid === tgid);
  assert.ok(Number((exit?.timestampNs ?? 0n) - (fork?.timestampNs ?? 0n)) > 200e6);
});

test("polling sees what lives long enough, and learns the status of a zombie", async (t) => {
  const { source } = await openEventSource({ prefer: "polling", pollIntervalMs: 20 });
  t.after(() => source.close());
  const events = collect(source);
  // The shell's child becomes the child of a program that never waits for it.
  const parent = spawn("/bin/bash", ["-c", "sleep 600 & exec tail -f /dev/null"], { stdio: "ignore" });
  t.after(() => parent.kill("SIGKILL"));
  const executed = (comm: string, isIt: (event: LifecycleEvent) => boolean): LifecycleEvent | undefined =>
    events.find((event) => event.kind === "exec" && event.comm === comm && isIt(event));
  const child = () => executed("sleep", (event) => event.ppid === parent.pid);
  await until(
    "both execs are polled",
    () => child() !== undefined && undefined !== executed("tail", (event) => event.tgid === parent.pid),
  );
  const tgid = child()?.tgid ?? 0;
  const common = { tgid, identity: identityOf(tgid), ppid: parent.pid, source: "polling", reconciled: false };
  process.kill(tgid, "SIGKILL");
  await exited(events, tgid);
  // A look in the middle of an exec may find the old name first.
  const told = events.filter((event) => event.tgid === tgid && !(event.kind === "exec" && event.comm === "bash"));
  assert.deepEqual(
    told.map(({ timestampNs: _time, ...event }) => event),
    [
      { ...common, kind: "fork" },
      { ...common, kind: "exec", comm: "sleep" },
      { ...common, kind: "exit", status: 9, code: null, signal: 9 },
    ],
  );
});

test("without the addon polling is the fallback, and says why", async (t) => {
  process.env["CORRAL_NO_ADDON"] = "1";
  t.after(() => delete process.env["CORRAL_NO_ADDON"]);
  const { source, reason, refused } = await openEventSource({ pollIntervalMs: 60_000 });
  t.after(() => source.close());
  const why = "the native addon cannot be used: CORRAL_NO_ADDON=1 is set";
  assert.deepEqual(
    { name: source.name, pollIntervalMs: source.pollIntervalMs, reason, refused },
    {
      name: "polling",
      pollIntervalMs: 60_000,
      reason: "it works everywhere, but misses what lives shorter than its interval",
      refused: [{ name: "proc connector", reason: why }],
    },
  );
  await assert.rejects(openEventSource({ prefer: "proc connector" }), { code: "NATIVE_MISSING" });
});

test("a source that was asked for is taken", async (t) => {
  const { source, reason, refused } = await openEventSource({ prefer: "polling", pollIntervalMs: 60_000 });
  t.after(() => source.close());
  assert.deepEqual([source.name, reason, refused], ["polling", "it was asked for", []]);
});

for (const prefer of ["auto", "polling"] as const)
  test(`leaving the loop, closing and aborting end the source (${prefer})`, async () => {
    const open = async (signal?: AbortSignal) =>
      (await openEventSource({ prefer, pollIntervalMs: 10, ...(signal && { signal }) })).source;
    const descriptors = () => readdirSync("/proc/self/fd").length;
    await (await open()).close();
    const before = descriptors();
    for (let round = 0; round < 20; round += 1) {
      const source = await open();
      await source.close();
      await source.close();
      for await (const event of source) assert.fail(`told ${event.kind} after the end`);
    }
    const left = await open();
    const child = spawn("/bin/sleep", ["600"]);
    for await (const event of left) if (event.tgid === child.pid) break;
    assert.deepEqual(await left[Symbol.asyncIterator]().next(), { done: true, value: undefined });
    const controller = new AbortController();
    const aborted = collectUntilEnd(await open(controller.signal));
    controller.abort(new Error("enough"));
    await assert.rejects(aborted, { message: "enough" });
    await assert.rejects(open(AbortSignal.abort(new Error("before"))), { message: "before" });
    killQuietly(child.pid ?? 0);
    await once(child, "exit");
    child.stdin.destroy();
    await until("the descriptors of the child are gone", () => descriptors() <= before);
  });

async function collectUntilEnd(source: EventSource): Promise<number> {
  let count = 0;
  for await (const _event of source) count += 1;
  return count;
}

let built: string | null = null;

/** The program whose main thread ends early, compiled once. */
function fixture(): string {
  if (built !== null) return built;
  built = path.join(folder, "leader-end");
  execFileSync("gcc", ["-pthread", "-D_GNU_SOURCE", "-o", built, "test/host/fixtures/leader-end.c"]);
  return built;
}

/** The events of a process in short. */
function summaryOf(events: readonly LifecycleEvent[], tgid: number): string[] {
  return events
    .filter((event) => event.tgid === tgid)
    .map((event) => (event.kind === "exit" ? `exit ${event.code ?? event.signal}` : event.kind));
}
