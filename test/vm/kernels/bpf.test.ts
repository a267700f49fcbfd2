/** The same BPF objects on every kernel that the suite boots, without being made again. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, realpathSync, rmdirSync, statSync } from "node:fs";
import { release } from "node:os";
import { after, test } from "node:test";
import type { OpenedSource, TraceEvent, TraceSourceOptions } from "../../../src/events/index.ts";
import { openTraceSource } from "../../../src/events/index.ts";
import { until } from "../../shared/timing.ts";
import { v2 } from "../support.ts";

const group = `${v2}/corral-bpf-test-${process.pid}`;
mkdirSync(group);
after(() => rmdirSync(group));
const cgroupId = statSync(group, { bigint: true }).ino;

/** What becomes of the events while the test goes on. */
async function follow(
  options: TraceSourceOptions,
): Promise<{ opened: OpenedSource<TraceEvent>; events: TraceEvent[] }> {
  const opened = await openTraceSource(options);
  const events: TraceEvent[] = [];
  void (async () => {
    for await (const event of opened.source) events.push(event);
  })();
  return { opened, events };
}

/** Runs a program and waits until its end is told. */
async function runTold(events: readonly TraceEvent[], program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: "ignore" });
  const tgid = child.pid ?? 0;
  await once(child, "exit");
  await until(`the end of ${program}`, () => events.some((event) => event.kind === "exit" && event.tgid === tgid));
  return tgid;
}

test(`a shell and its child are told right, with group, arguments, status and files (Linux ${release()})`, async (t) => {
  const { opened, events } = await follow({ opens: true, readline: true });
  t.after(() => opened.source.close());
  assert.deepEqual([opened.source.name, opened.refused, opened.unmet], ["bpf", [], []]);
  const script = `echo $$ > ${group}/cgroup.procs; /bin/cat /missing; ulimit -c 0; kill -9 $$`;
  const tgid = await runTold(events, "/bin/sh", ["-c", script]);
  const [fork, exec, exit] = events.filter((event) => event.tgid === tgid && event.kind !== "open");
  const startTicks = fork?.identity?.startTicks ?? 0;
  assert.ok(startTicks > 0);
  const common = { tgid, ppid: process.pid, uid: 0, source: "bpf", reconciled: false };
  const identity = fork?.identity;
  const plain = (event: TraceEvent | undefined) => ({ ...event, timestampNs: 0n });
  const home = fork?.cgroupId;
  assert.deepEqual(
    [fork, exec, exit].map(plain),
    [
      { kind: "fork", cgroupId: home },
      {
        kind: "exec",
        cgroupId: home,
        comm: "sh",
        filename: "/bin/sh",
        exe: realpathSync("/bin/sh"),
        argv: ["/bin/sh", "-c", script],
        argvTruncated: false,
      },
      { kind: "exit", cgroupId, status: 9, code: null, signal: 9, coreDumped: false },
    ].map((event) => ({ ...common, identity, timestampNs: 0n, ...event })),
  );
  const child = events.find((event) => event.kind === "fork" && event.ppid === tgid);
  const told = events
    .filter((event) => event.tgid === child?.tgid && event.kind !== "open")
    .map(({ kind, cgroupId: id }) => [kind, id]);
  assert.deepEqual(told, [
    ["fork", cgroupId],
    ["exec", cgroupId],
    ["exit", cgroupId],
  ]);
  const missing = events.flatMap((event) => (event.kind === "open" && event.path === "/missing" ? [event] : []));
  assert.deepEqual(
    missing.map((event) => [event.tgid, event.comm, event.flags, event.result]),
    [[child?.tgid, "cat", 0, -2]],
  );
  const { lost } = opened.source.counters();
  assert.deepEqual(lost, { kernelBuffer: 0, neverSent: 0, queue: 0, traces: 0 });
});

test("a process with many threads ends once", async (t) => {
  const { opened, events } = await follow({});
  t.after(() => opened.source.close());
  for (let round = 0; round < 5; round += 1) {
    const tgid = await runTold(events, process.execPath, ["-e", "process.exitCode = 7"]);
    const ends = events.flatMap((event) => (event.kind === "exit" && event.tgid === tgid ? [event.code] : []));
    assert.deepEqual(ends, [7]);
  }
});

test("of other groups nothing is told when one is asked for", async (t) => {
  const { opened, events } = await follow({ cgroup: { id: cgroupId, subtree: true }, opens: true });
  t.after(() => opened.source.close());
  const elsewhere = spawn("/bin/true");
  await once(elsewhere, "exit");
  const tgid = await runTold(events, "/bin/sh", [
    "-c",
    `mkdir ${group}/a; echo $$ > ${group}/a/cgroup.procs; /bin/true; :`,
  ]);
  rmdirSync(`${group}/a`);
  const kinds = events.flatMap(({ kind, tgid: whose }) => (kind === "open" ? [] : [[kind, whose === tgid]]));
  assert.deepEqual(kinds, [
    ["fork", false],
    ["exec", false],
    ["exit", false],
    ["exit", true],
  ]);
});
