import assert from "node:assert/strict";
import path from "node:path";
import { after, test } from "node:test";
import { openEventSource } from "../../src/events/index.ts";
import { CorralError } from "../../src/report/index.ts";
import { openBench } from "../shared/bench.ts";
import type { Reason } from "../shared/requires.ts";
import { capability, requires, root } from "../shared/requires.ts";
import { failNext, tracing } from "../shared/strace.ts";
import { ask, copyProgram, groupsOf, startProgram, startWatch } from "../shared/watching.ts";

const bench = openBench();
after(async () => {
  const { groups, records } = bench.leftovers();
  await bench.close();
  assert.deepEqual([groups, records], [[], []]);
});

async function connector(): Promise<Reason> {
  try {
    const { source } = await openEventSource({ prefer: "proc connector" });
    await source.close();
    return null;
  } catch (thrown) {
    return CorralError.from(thrown).message;
  }
}

const sleeper = copyProgram(bench, "sleeper");

test("a source of events that ends is told, makes the watch degraded, and is opened again", async (t) => {
  if (!requires(t, root(), capability("CAP_SYS_ADMIN"), tracing(), await connector())) return;
  const socket = path.join(bench.dir, "metrics.sock");
  const health = async (): Promise<{ status: string; source: string | null; problems: readonly string[] }> =>
    JSON.parse((await ask(socket, "/healthz")).body);
  const rules = `  - { name: r, match: { exe: ${sleeper} }, limits: { oom-score: 50 } }`;
  // Scans so far apart that none finds what an event is to find.
  const head = [
    "version: 1",
    "discovery: events",
    "scan_interval: 1h",
    `listen: "unix:${socket}"`,
    "rules:",
    rules,
    "",
  ];
  // The source whose end can be made.
  const env = { CORRAL_NO_BPF: "1" };
  const watch = await startWatch(t, bench, head.join("\n"), undefined, { env });
  const { source } = await watch.told("started");
  assert.equal(source, "proc connector");

  // Without a socket it stays ended, however long looking at it takes.
  const release = await failNext(watch.started.pid, "recvmmsg", "ENOTCONN", "socket");
  startProgram(t, sleeper);
  const ended = await watch.told("source_ended");
  assert.match(ended.message, /ENOTCONN/);
  assert.equal(ended.retry_ms, 1000);
  const sick = await health();
  assert.deepEqual([sick.status, sick.source], ["degraded", null]);
  assert.match(sick.problems.join("\n"), /^events have ended, scans go on: .*ENOTCONN/);
  const meanwhile = startProgram(t, sleeper);
  await release();

  const back = await watch.told("source_reopened");
  assert.equal(back.source, source);
  // Timers and wall clock count whole milliseconds, each from its own.
  assert.ok(back.down_ms >= ended.retry_ms - 2, `${back.down_ms} ms`);
  await watch.told("governed", ({ pid }) => pid === meanwhile.pid);
  const well = await health();
  assert.deepEqual([well.status, well.source, well.problems], ["healthy", source, []]);

  const later = startProgram(t, sleeper);
  const found = await watch.told("governed", ({ pid }) => pid === later.pid);
  assert.equal(typeof found.discovered_ms, "number", "an event told of it");
  assert.equal(groupsOf(later.pid).length, 0, "an attribute needs no group");
  await watch.stop();
});
