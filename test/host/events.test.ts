import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { after, type TestContext, test } from "node:test";
import type {
  EventSource,
  ExecEvent,
  LifecycleEvent,
  OpenSourceOptions,
  SourceCounters,
} from "../../src/events/index.ts";
import { openEventSource, openTraceSource } from "../../src/events/index.ts";
import { identityOf } from "../../src/kernel/index.ts";
import { killQuietly, startTicks } from "../shared/processes.ts";
import { program, requires, root } from "../shared/requires.ts";
import { scaled, until } from "../shared/timing.ts";

const folder = mkdtempSync(path.join(tmpdir(), "corral-events-"));
after(() => rmSync(folder, { recursive: true }));

/** Sources that the kernel wakes; the same rules hold for both. */
const kernelSources = ["bpf", "proc connector"] as const;
type KernelSource = (typeof kernelSources)[number];

/** The source for the test, or a skip with the kernel's reason. */
async function openOrSkip(t: TestContext, prefer: KernelSource, options: OpenSourceOptions = {}) {
  try {
    const { source } = await openEventSource({ ...options, prefer });
    t.after(() => source.close());
    return source;
  } catch (thrown) {
    requires(t, `no ${prefer}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return null;
  }
}

/** What a source knows of a process of ours, which runs `argv`. */
function knownBy(prefer: KernelSource, argv: readonly string[]) {
  if (prefer === "proc connector") {
    const program = { filename: null, exe: null, argv: null, argvTruncated: false };
    return { owner: { uid: null, cgroupId: null }, program };
  }
  const owner = { uid: process.getuid?.() ?? 0, cgroupId: ownGroupId() };
  return { owner, program: { filename: argv[0], exe: realpathSync(argv[0] ?? ""), argv, argvTruncated: false } };
}

/** Id of the v2 group that we are in. */
function ownGroupId(): bigint | null {
  const group = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
  const mount = / - cgroup2 /.test(readFileSync("/proc/self/mountinfo", "utf8"))
    ? /^(?:\S+ ){4}(\S+) .* - cgroup2 /m.exec(readFileSync("/proc/self/mountinfo", "utf8"))?.[1]
    : undefined;
  return mount === undefined || group === undefined ? null : statSync(path.join(mount, group), { bigint: true }).ino;
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

for (const prefer of kernelSources)
  test(`the life of a process is told with identity, parent, name and status (${prefer})`, async (t) => {
    const source = await openOrSkip(t, prefer);
    if (source === null) return;
    const events = collect(source);
    const before = process.hrtime.bigint();
    const child = spawn("/bin/sleep", ["600"]);
    await once(child, "spawn");
    const tgid = child.pid ?? 0;
    const identity = identityOf(tgid);
    const { owner, program } = knownBy(prefer, ["/bin/sleep", "600"]);
    const common = { tgid, identity, ppid: process.pid, source: prefer, reconciled: false, ...owner };
    child.kill("SIGKILL");
    await exited(events, tgid);
    const mine = events.filter((event) => event.tgid === tgid);
    assert.deepEqual(
      mine.map(({ timestampNs: _time, ...event }) => event),
      [
        { ...common, kind: "fork" },
        { ...common, kind: "exec", comm: "sleep", ...program },
        { ...common, kind: "exit", status: 9, code: null, signal: 9, coreDumped: false },
      ],
    );
    assert.ok(mine.every(({ timestampNs }, index) => timestampNs > (mine[index - 1]?.timestampNs ?? before)));
  });

for (const prefer of kernelSources)
  test(`of 2,000 forks none is missed, and every exit has its code (${prefer})`, async (t) => {
    const source = await openOrSkip(t, prefer);
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

for (const prefer of kernelSources)
  test(`what a stalled reader loses is counted and made up for within a second (${prefer})`, async (t) => {
    const source = await openOrSkip(t, prefer, { receiveBufferBytes: 4096 });
    if (source === null) return;
    const events = collect(source);
    const victim = spawn("/bin/sleep", ["600"]);
    await once(victim, "spawn");
    const told = (tgid: number, kind: LifecycleEvent["kind"]) =>
      events.find((event) => event.tgid === tgid && event.kind === kind);
    // Of a process of which start and end are lost nobody hears.
    await until("the victim's exec is told", () => told(victim.pid ?? 0, "exec") !== undefined);
    const shell = sleepers(t, 100);
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

for (const prefer of kernelSources)
  test(`what does not fit into the queue is counted and told once there is room (${prefer})`, async (t) => {
    const source = await openOrSkip(t, prefer, { queueLimit: 20 });
    if (source === null) return;
    const shell = sleepers(t, 40);
    await until("the queue overflows", () => source.counters().lost.queue > 50);
    const children = shell.children();
    const events = collect(source);
    await until("all forks are told", () => children.every((pid) => events.some((event) => event.tgid === pid)));
  });

for (const prefer of kernelSources)
  test(`a thread that executes a program does not end its process (${prefer})`, async (t) => {
    if (!requires(t, program("gcc"))) return;
    const source = await openOrSkip(t, prefer);
    if (source === null) return;
    const events = collect(source);
    const child = spawn(fixture("leader-end"), ["exec", "/bin/bash", "-c", "exit 6"], { stdio: "ignore" });
    const tgid = child.pid ?? 0;
    await once(child, "exit");
    await exited(events, tgid);
    assert.deepEqual(summaryOf(events, tgid), ["fork", "exec", "exec", "exit 6"]);
  });

for (const prefer of kernelSources)
  test(`a process ends when its last thread does, with the status of the process (${prefer})`, async (t) => {
    if (!requires(t, program("gcc"))) return;
    const source = await openOrSkip(t, prefer);
    if (source === null) return;
    const events = collect(source);
    const child = spawn(fixture("leader-end"), ["exit", "200", "5"]);
    const tgid = child.pid ?? 0;
    await once(child, "exit");
    await exited(events, tgid);
    assert.deepEqual(summaryOf(events, tgid), ["fork", "exec", "exit 5"]);
    const [fork, , exit] = events.filter((event) => event.tgid === tgid);
    assert.ok(Number((exit?.timestampNs ?? 0n) - (fork?.timestampNs ?? 0n)) > 200e6);
  });

for (const prefer of kernelSources)
  test(`two processes with one pid are told apart (${prefer})`, async (t) => {
    if (!requires(t, program("gcc"), root())) return;
    const source = await openOrSkip(t, prefer);
    if (source === null) return;
    const events = collect(source);
    const parent = spawn(fixture("reuse-pid"), { stdio: ["ignore", "pipe", "inherit"] });
    const tgid = Number(await text(parent.stdout));
    await exited(events, parent.pid ?? 0);
    assert.deepEqual(summaryOf(events, tgid), ["fork", "exit 1", "fork", "exit 2"]);
    if (prefer !== "bpf") return;
    // The connector has to look a start time up, and may come too late.
    const starts = events.filter((event) => event.tgid === tgid).map(({ identity }) => identity?.startTicks ?? 0);
    assert.equal(new Set(starts).size, 2);
    assert.ok(starts[0] === starts[1] && starts[2] === starts[3]);
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
  const unknown = { uid: null, cgroupId: null };
  const seen = { identity: identityOf(tgid), ppid: parent.pid, source: "polling", reconciled: false };
  const common = { tgid, ...seen, ...unknown };
  const program = { filename: null, exe: null, argv: null, argvTruncated: false };
  process.kill(tgid, "SIGKILL");
  await exited(events, tgid);
  // A look in the middle of an exec may find the old name first.
  const told = events.filter((event) => event.tgid === tgid && !(event.kind === "exec" && event.comm === "bash"));
  assert.deepEqual(
    told.map(({ timestampNs: _time, ...event }) => event),
    [
      { ...common, kind: "fork" },
      { ...common, kind: "exec", comm: "sleep", ...program },
      { ...common, kind: "exit", status: 9, code: null, signal: 9, coreDumped: false },
    ],
  );
});

test("without the addon polling is the fallback, and says why", async (t) => {
  process.env["CORRAL_NO_ADDON"] = "1";
  t.after(() => delete process.env["CORRAL_NO_ADDON"]);
  const { source, reason, refused } = await openEventSource({ pollIntervalMs: 60_000 });
  t.after(() => source.close());
  const why = "the native addon cannot be used: CORRAL_NO_ADDON=1 is set";
  const names = ["bpf", "proc connector"] as const;
  assert.deepEqual(
    { name: source.name, pollIntervalMs: source.pollIntervalMs, reason, refused },
    {
      name: "polling",
      pollIntervalMs: 60_000,
      reason: "it works everywhere, but misses what lives shorter than its interval",
      refused: names.map((name) => ({ name, reason: why })),
    },
  );
  for (const prefer of names) await assert.rejects(openEventSource({ prefer }), { code: "NATIVE_MISSING" });
});

test("without BPF the proc connector is the next best, and says why", async (t) => {
  if ((await openOrSkip(t, "proc connector")) === null) return;
  process.env["CORRAL_NO_BPF"] = "1";
  t.after(() => delete process.env["CORRAL_NO_BPF"]);
  const { source, reason, refused, unmet } = await openTraceSource({ cgroup: { id: 1n, subtree: true } });
  t.after(() => source.close());
  assert.deepEqual(
    { name: source.name, reason, refused, unmet },
    {
      name: "proc connector",
      reason: "the kernel tells every fork, exec and exit",
      refused: [{ name: "bpf", reason: "BPF programs are switched off: CORRAL_NO_BPF=1 is set" }],
      unmet: [{ wish: "cgroup", reason: "the source is proc connector: only bpf can" }],
    },
  );
});

test("bpf is the first choice where it can be had", async (t) => {
  if ((await openOrSkip(t, "bpf")) === null) return;
  const { source, reason, refused, unmet } = await openEventSource();
  t.after(() => source.close());
  const why = "the kernel tells every fork, exec and exit, with owner and command line";
  assert.deepEqual([source.name, source.pollIntervalMs, reason, refused, unmet], ["bpf", null, why, [], []]);
});

test("a source that was asked for is taken", async (t) => {
  const { source, reason, refused } = await openEventSource({ prefer: "polling", pollIntervalMs: 60_000 });
  t.after(() => source.close());
  assert.deepEqual([source.name, reason, refused], ["polling", "it was asked for", []]);
});

test("what was asked for and cannot be had from a source is told", async (t) => {
  const cgroup = { id: 1n, subtree: true };
  const wishes = { opens: true, readline: true, cgroup, pollIntervalMs: 60_000 };
  const { source, unmet } = await openTraceSource({ prefer: "polling", ...wishes });
  t.after(() => source.close());
  const reason = "the source is polling: only bpf can";
  assert.deepEqual(
    unmet,
    ["cgroup", "opens", "readline"].map((wish) => ({ wish, reason })),
  );
});

test("with details, polling looks up owner and program", async (t) => {
  const { source } = await openEventSource({ prefer: "polling", pollIntervalMs: 20, details: true });
  t.after(() => source.close());
  const events = collect(source);
  const child = spawn("/bin/sleep", ["600"]);
  t.after(() => child.kill("SIGKILL"));
  const exec = () =>
    events.find((event) => event.kind === "exec" && event.tgid === child.pid && event.comm === "sleep");
  await until("the exec is polled", () => exec() !== undefined);
  const { uid, cgroupId, ...event } = exec() as ExecEvent;
  const { exe, argv, argvTruncated } = event;
  const program = { exe: realpathSync("/bin/sleep"), argv: ["/bin/sleep", "600"], argvTruncated: false };
  assert.deepEqual({ exe, argv, argvTruncated }, program);
  assert.equal(uid, process.getuid?.());
  assert.ok(cgroupId === null || cgroupId > 0n);
});

for (const prefer of ["auto", "proc connector", "polling"] as const)
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

const built = new Map<string, string>();

/** A program of fixtures/, compiled once. */
function fixture(name: string): string {
  const there = built.get(name);
  if (there !== undefined) return there;
  const file = path.join(folder, name);
  execFileSync("gcc", ["-pthread", "-D_GNU_SOURCE", "-o", file, `test/host/fixtures/${name}.c`]);
  built.set(name, file);
  return file;
}

/** The events of a process in short. */
function summaryOf(events: readonly LifecycleEvent[], tgid: number): string[] {
  return events
    .filter((event) => event.tgid === tgid)
    .map((event) => (event.kind === "exit" ? `exit ${event.code ?? event.signal}` : event.kind));
}
