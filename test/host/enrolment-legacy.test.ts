import assert from "node:assert/strict";
import { appendFileSync, copyFileSync, readFileSync, truncateSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { cProgram, enrolBench } from "../shared/enrolling.ts";
import { stateOf } from "../shared/processes.ts";
import { program, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const nobody = 65534;
const noPhases = { receivedNs: null, safePointNs: null, startNs: null };

const comm = (pid: number): string => readFileSync(`/proc/${pid}/comm`, "utf8");

/** A server of the original protocol, and what starts workloads that speak it. */
function legacyBench(t: TestContext, gid: number | null = null) {
  const bench = enrolBench(t);
  const { legacySocket } = bench;
  const server = bench.serve({ socket: null, legacySocket, gid });
  const start = (mode: string, argument: readonly string[] = [], options = {}) =>
    bench.run(cProgram("legacy-workload"), [mode, legacySocket, ...argument], options);
  return { ...bench, server, start };
}

test("an original workload is enrolled by its datagram, asked by SIGUSR1, and heard with its statistics", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const { server, start, ...bench } = legacyBench(t);
  const workload = start("answer");
  const enrolment = await bench.enrolled();
  assert.deepEqual(
    { ...enrolment, token: "", enrolledNs: 0n },
    {
      token: "",
      identity: bench.identityOf(workload.pid),
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      name: "legacy",
      tags: {},
      verbs: ["compress"],
      protocol: "legacy",
      arena: { useMemArena: true, capMb: 64, minSavingsPercent: 5, regionMb: 32 },
      enrolledNs: 0n,
    },
  );
  const sentNs = process.hrtime.bigint();
  const reply = await server.request(enrolment, bench.requestFor("r1"));
  assert.equal(reply.status, "done");
  const { endNs, ...phases } = reply.phases;
  assert.deepEqual(phases, noPhases);
  assert.ok(endNs !== null && endNs > sentNs && endNs < reply.atNs, "its time lies between ours");
  assert.deepEqual(reply.stats, {
    triggerCount: 1n,
    totalInputBytesAttempted: 100n,
    chunksAdmitted: 200n,
    logicalInputBytes: 300n,
    compressedBytesLive: 400n,
    poolBytesLive: 500n,
    poolBytesFree: 600n,
    poolCompactions: 700n,
    compressOps: 800n,
    decompressOps: 900n,
    evictionsLru: 1000n,
    incompressibleChunks: 1100n,
  });
  assert.equal((await server.request(enrolment, bench.requestFor("r2"))).status, "done");
});

test("an enrolment for another process is refused and told, and that process is unharmed", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const { server, start, ...bench } = legacyBench(t);
  const victim = bench.run("sleep", ["60"]);
  const forger = start("forge", [String(victim.pid)]);
  const { kind, timestampNs: _, ...refused } = await bench.refused();
  assert.deepEqual(refused, {
    reason: "wrong_identity",
    peer: { pid: forger.pid, uid: process.getuid?.() },
    claimedPid: victim.pid,
  });
  assert.deepEqual([kind, server.list(), server.counters().refused], ["refused", [], 1]);
  assert.equal(stateOf(victim.pid), "S");
});

test("a workload that would be killed by SIGUSR1 is never sent it", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const { server, start, ...bench } = legacyBench(t);
  const deaf = start("deaf");
  const reply = await server.request(await bench.enrolled(), bench.requestFor("r1"));
  assert.equal(reply.status === "nacked" ? reply.code : reply.status, "no_handler");

  const other = start("exec");
  const enrolment = await bench.enrolled(1);
  await until("the exec", () => comm(other.pid) === "sleep\n");
  const superseded = await server.request(enrolment, bench.requestFor("r2"));
  assert.deepEqual({ ...superseded, atNs: 0n }, { status: "gone", why: "superseded", atNs: 0n });
  assert.deepEqual([stateOf(deaf.pid), stateOf(other.pid)], ["S", "S"]);
});

test("an enrolment that was sent before an exec is void, also when it is read after it", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const { server, start, ...bench } = legacyBench(t);
  const workload = start("exec-at-once");
  // Nothing is read until the event loop gets its turn.
  for (const end = performance.now() + 500; performance.now() < end && comm(workload.pid) !== "sleep\n"; );
  server.noteExec(bench.identityOf(workload.pid), process.hrtime.bigint());
  const enrolment = await bench.enrolled();
  assert.equal(await bench.unenrolled(enrolment), "superseded");
  assert.deepEqual([server.list(), stateOf(workload.pid)], [[], "S"]);
});

test("a Node program is never sent SIGUSR1, under whatever name", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const { server, ...bench } = legacyBench(t);
  const named = path.join(bench.directory, "node");
  const renamed = path.join(bench.directory, "renamed");
  for (const copy of [named, renamed]) copyFileSync(cProgram("legacy-workload"), copy);
  truncateSync(renamed, 17_000_000);
  appendFileSync(renamed, "NODE_OPTIONS\0");
  for (const [index, copy] of [named, renamed].entries()) {
    const workload = bench.run(copy, ["answer", bench.legacySocket]);
    const reply = await server.request(await bench.enrolled(index), bench.requestFor(`r${index}`));
    assert.equal(reply.status === "nacked" ? reply.code : reply.status, "node");
    assert.deepEqual(workload.lines(), ["sent"]);
  }
});

test("an acknowledgement of nothing is counted and matched to nothing; none in time is a time-out", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const { server, start, ...bench } = legacyBench(t);
  start("ghost");
  await until("the ghost", () => server.counters().unmatchedAcks === 1);
  start("mute");
  const reply = await server.request(await bench.enrolled(1), bench.requestFor("r1", { withinMs: 100 }));
  assert.equal(reply.status, "timeout");
  assert.equal(server.counters().matched, 0);
});

test("of 1,000 original workloads that acknowledge and end at once, every one is matched and none is a ghost", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const bench = enrolBench(t);
  const statuses: string[] = [];
  const asked: Promise<void>[] = [];
  const { legacySocket } = bench;
  const server = bench.serve({
    socket: null,
    legacySocket,
    onChange(change) {
      if (change.kind !== "enrolled") return;
      const request = bench.requestFor(`r${asked.length}`, { withinMs: 20_000 });
      asked.push(server.request(change.enrolment, request).then(({ status }) => void statuses.push(status)));
    },
  });
  assert.equal(await bench.run(cProgram("legacy-workload"), ["crowd", legacySocket]).ended(), 0);
  await Promise.all(asked);
  const { enrolled, requests, matched, lateAcks, unmatchedAcks, dropped } = server.counters();
  assert.deepEqual(
    { enrolled, requests, matched, lateAcks, unmatchedAcks, dropped },
    { enrolled: 1000, requests: 1000, matched: 1000, lateAcks: 0, unmatchedAcks: 0, dropped: 0 },
  );
  assert.deepEqual([...new Set(statuses)], ["done"]);
  await until("all enrolments to end", () => server.list().length === 0);
});

test("2,000 datagrams at once and rubbish of every size do not keep others from being served", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const { server, start, ...bench } = legacyBench(t);
  const flood = start("flood", ["2000"]);
  start("rubbish");
  const other = start("answer", ["other"]);
  const isOther = () => server.list().find(({ name }) => name === "other");
  await until("the other to enrol", () => isOther() !== undefined);
  const enrolment = isOther();
  assert.ok(enrolment !== undefined);
  assert.equal((await server.request(enrolment, bench.requestFor("r1"))).status, "done");
  await other.line("acked");
  await flood.line("sent");
  const read = () => {
    const { enrolled, malformed, dropped } = server.counters();
    return enrolled + malformed + dropped;
  };
  await until("all to be read", () => read() === 2000 + 300 + 1);
  assert.ok(server.counters().enrolled < 50, "enrolling again and again is bounded");
  assert.deepEqual(
    server
      .list()
      .map(({ name }) => name)
      .toSorted(),
    ["flood", "legacy", "other"],
  );
});

test("a name without an end is 32 characters and no more", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const { start, ...bench } = legacyBench(t);
  start("unterminated");
  assert.equal((await bench.enrolled()).name, "12345678901234567890123456789012");
});

test("another user enrols if he is of the group, and cannot send anything if he is not", async (t) => {
  if (!requires(t, root(), program("gcc"))) return;
  const { server, start, ...bench } = legacyBench(t, nobody);
  start("answer", [], { uid: nobody, gid: nobody });
  const enrolment = await bench.enrolled();
  assert.deepEqual([enrolment.uid, enrolment.gid], [nobody, nobody]);
  assert.equal((await server.request(enrolment, bench.requestFor("r1"))).status, "done");
  await server.close();
  const closed = legacyBench(t);
  const stranger = closed.start("answer", [], { uid: nobody, gid: nobody, stdio: ["ignore", "pipe", "ignore"] });
  await stranger.line("sent");
  assert.deepEqual(closed.changes, []);
});

test("an original workload in a pid namespace of its own is known by its pid out here", async (t) => {
  if (!requires(t, root(), program("gcc"), program("unshare"))) return;
  const { server, ...bench } = legacyBench(t);
  bench.run("unshare", ["-pf", "--mount-proc", cProgram("legacy-workload"), "answer", bench.legacySocket]);
  const enrolment = await bench.enrolled();
  t.after(() => process.kill(enrolment.identity.pid, "SIGKILL"));
  assert.notEqual(enrolment.identity.pid, 1);
  assert.equal((await server.request(enrolment, bench.requestFor("r1"))).status, "done");
});
