import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Enrolment, WorkloadReply } from "../../src/policy/index.ts";
import { clients, cProgram, enrolBench } from "../shared/enrolling.ts";
import { stateOf } from "../shared/processes.ts";
import { program, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const token = /^[0-9a-f]{32}$/;

/** An enrolment without what differs from run to run. */
const steady = ({ token: given, enrolledNs: _, ...rest }: Enrolment): object => ({
  ...rest,
  hasToken: token.test(given),
});

const answered = {
  triggerCount: 1n,
  totalInputBytesAttempted: 4096n,
  chunksAdmitted: 1n,
  logicalInputBytes: 4096n,
  compressedBytesLive: 100n,
  poolBytesLive: 104n,
  poolBytesFree: 8n,
  poolCompactions: 0n,
  compressOps: 1n,
  decompressOps: 0n,
  evictionsLru: 0n,
  incompressibleChunks: 0n,
};

for (const [language, client] of Object.entries(clients)) {
  const start = (bench: ReturnType<typeof enrolBench>, mode: string) => {
    const [command = "", ...first] = client();
    return bench.run(command, [...first, mode, bench.socket, "workload"]);
  };

  test(`a workload of the ${language} client is enrolled as who it is, asked, and heard with its statistics and times`, async (t) => {
    if (!requires(t, program("gcc"))) return;
    const bench = enrolBench(t);
    const server = bench.serve();
    const workload = start(bench, "answer");
    const enrolment = await bench.enrolled();
    const identity = bench.identityOf(workload.pid);
    assert.deepEqual(steady(enrolment), {
      identity,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      name: "workload",
      tags: { mode: "answer" },
      verbs: ["compress", "trim"],
      protocol: "v2",
      arena: { useMemArena: true, capMb: 64, minSavingsPercent: 5, regionMb: 32 },
      hasToken: true,
    });
    assert.deepEqual([server.find(identity), server.list()], [enrolment, [enrolment]]);
    const params = { bytes: 1, "\u00fcml\u00e4ut": [null, "x"] };
    const sentNs = process.hrtime.bigint();
    const reply = await server.request(enrolment, bench.requestFor("r1", { params }));
    assert.equal(reply.status, "done");
    assert.deepEqual(reply.stats, answered);
    const { receivedNs, safePointNs, startNs, endNs } = reply.phases;
    const times = [sentNs, receivedNs, safePointNs, startNs, endNs, reply.atNs];
    assert.deepEqual(
      times,
      times.toSorted((a, b) => Number((a ?? 0n) - (b ?? 0n))),
      "times are in order",
    );
    assert.equal(await workload.line("action"), `action r1 compress ${JSON.stringify(params)}`);
    assert.deepEqual(server.latestStats(enrolment)?.stats, answered);
  });

  test(`a request to the ${language} client that was made before is answered the same way, and not run again`, async (t) => {
    if (!requires(t, program("gcc"))) return;
    const bench = enrolBench(t);
    const server = bench.serve();
    const workload = start(bench, "answer");
    const enrolment = await bench.enrolled();
    const replies: WorkloadReply[] = [];
    for (let time = 0; time < 3; time += 1) replies.push(await server.request(enrolment, bench.requestFor("same")));
    assert.deepEqual(
      replies.map((reply) => ({ ...reply, atNs: 0n })),
      replies.map(() => ({ ...replies[0], atNs: 0n })),
    );
    await server.request(enrolment, bench.requestFor("other"));
    await workload.line("action other");
    assert.deepEqual(
      workload.lines().filter((line) => line.startsWith("action")),
      ["action same compress {}", "action other compress {}"],
    );
  });

  test(`the ${language} client may refuse, is not asked what it did not offer, and a silent one runs into the time limit`, async (t) => {
    if (!requires(t, program("gcc"))) return;
    const bench = enrolBench(t);
    const server = bench.serve();
    start(bench, "refuse");
    const refuser = await bench.enrolled();
    const refused = await server.request(refuser, bench.requestFor("r1"));
    assert.deepEqual({ ...refused, atNs: 0n }, { status: "nacked", code: "refused", message: "not now", atNs: 0n });
    const unknown = await server.request(refuser, bench.requestFor("r2", { verb: "explode" }));
    assert.deepEqual(unknown.status === "nacked" ? unknown.code : unknown, "unknown_verb");
    start(bench, "mute");
    const mute = await bench.enrolled(1);
    const request = bench.requestFor("r3", { withinMs: 100 });
    const late = await server.request(mute, request);
    assert.deepEqual([late.status, late.atNs >= request.expiresNs], ["timeout", true]);
  });

  test(`the end of a ${language} workload ends its enrolment, and what it was asked`, async (t) => {
    if (!requires(t, program("gcc"))) return;
    const bench = enrolBench(t);
    const server = bench.serve();
    const workload = start(bench, "mute");
    const enrolment = await bench.enrolled();
    const reply = server.request(enrolment, bench.requestFor("r1", { withinMs: 20_000 }));
    workload.child.kill("SIGKILL");
    assert.deepEqual({ ...(await reply), atNs: 0n }, { status: "gone", why: "exited", atNs: 0n });
    assert.equal(await bench.unenrolled(enrolment), "exited");
    const again = await server.request(enrolment, bench.requestFor("r2"));
    assert.deepEqual({ ...again, atNs: 0n }, { status: "gone", why: "exited", atNs: 0n });
    assert.deepEqual(server.list(), []);
  });
}

test("an answer that comes after its time is counted as late and answers nothing", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const bench = enrolBench(t);
  const server = bench.serve();
  bench.run(cProgram("enrolled-workload"), ["late", bench.socket]);
  const enrolment = await bench.enrolled();
  const early = server.request(enrolment, bench.requestFor("r1", { withinMs: 100 }));
  assert.equal((await early).status, "timeout");
  await until("the late answer", () => server.counters().lateAcks === 1);
  const { requests, matched, unmatchedAcks } = server.counters();
  assert.deepEqual({ requests, matched, unmatchedAcks }, { requests: 1, matched: 0, unmatchedAcks: 0 });
});

test("of 1,000 workloads that answer and end at once, every answer is matched and none is a ghost", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const bench = enrolBench(t);
  const statuses: string[] = [];
  const asked: Promise<void>[] = [];
  const server = bench.serve({
    onChange(change) {
      if (change.kind !== "enrolled") return;
      const request = bench.requestFor(`r${asked.length}`, { withinMs: 20_000 });
      asked.push(server.request(change.enrolment, request).then(({ status }) => void statuses.push(status)));
    },
  });
  assert.equal(await bench.run(cProgram("enrolled-workload"), ["crowd", bench.socket]).ended(), 0);
  await Promise.all(asked);
  const { enrolled, refused, requests, matched, lateAcks, unmatchedAcks } = server.counters();
  assert.deepEqual(
    { enrolled, refused, requests, matched, lateAcks, unmatchedAcks },
    { enrolled: 1000, refused: 0, requests: 1000, matched: 1000, lateAcks: 0, unmatchedAcks: 0 },
  );
  assert.deepEqual([...new Set(statuses)], ["done"]);
  await until("all enrolments to end", () => server.list().length === 0);
});

test("another program in the process is not enrolled: not with the connection, not with its inheritance", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const bench = enrolBench(t);
  const server = bench.serve();
  bench.run(cProgram("enrolled-workload"), ["exec", bench.socket]);
  assert.equal(await bench.unenrolled(await bench.enrolled()), "closed");

  const leaking = bench.run(cProgram("enrolled-workload"), ["leak", bench.socket]);
  const unseen = await bench.enrolled(1);
  await until("the exec", () => readComm(leaking.pid) === "sleep");
  const reply = await server.request(unseen, bench.requestFor("r1"));
  assert.deepEqual({ ...reply, atNs: 0n }, { status: "gone", why: "superseded", atNs: 0n });
  assert.equal(await bench.unenrolled(unseen), "superseded");

  const told = bench.run(cProgram("enrolled-workload"), ["leak", bench.socket]);
  const enrolment = await bench.enrolled(2);
  server.noteExec(enrolment.identity, enrolment.enrolledNs - 1_000_000_000n);
  assert.equal(server.find(enrolment.identity), enrolment, "an exec from before the enrolment changes nothing");
  server.noteExec(bench.identityOf(told.pid), process.hrtime.bigint());
  assert.equal(await bench.unenrolled(enrolment), "superseded");
  assert.deepEqual([stateOf(leaking.pid) !== null, stateOf(told.pid) !== null], [true, true], "nobody was harmed");
});

test("a process that executes another program instead of an answer is not asked in vain: its time over, it is gone", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const bench = enrolBench(t);
  const server = bench.serve();
  bench.run(cProgram("enrolled-workload"), ["leak-asked", bench.socket]);
  const enrolment = await bench.enrolled();
  const reply = await server.request(enrolment, bench.requestFor("r1", { withinMs: 2000 }));
  assert.deepEqual({ ...reply, atNs: 0n }, { status: "gone", why: "superseded", atNs: 0n });
  assert.deepEqual([await bench.unenrolled(enrolment), server.list()], ["superseded", []]);
});

test("a child that keeps the connection of its parent open is not the parent, and enrols as itself", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const bench = enrolBench(t);
  const server = bench.serve();
  bench.run(cProgram("enrolled-workload"), ["fork", bench.socket]);
  const parent = await bench.enrolled();
  assert.equal(await bench.unenrolled(parent), "exited");
  const child = await bench.enrolled(1);
  t.after(() => process.kill(child.identity.pid, "SIGKILL"));
  assert.notDeepEqual(child.identity, parent.identity);
  assert.equal((await server.request(child, bench.requestFor("r1"))).status, "done");
});

test("a workload in a pid namespace of its own is known by its pid out here", async (t) => {
  if (!requires(t, root(), program("gcc"), program("unshare"))) return;
  const bench = enrolBench(t);
  const server = bench.serve();
  const args = ["-pf", "--mount-proc", cProgram("enrolled-workload"), "answer", bench.socket];
  const outside = bench.run("unshare", args);
  const { identity, name } = await bench.enrolled();
  t.after(() => process.kill(identity.pid, "SIGKILL"));
  assert.notEqual(identity.pid, outside.pid);
  assert.deepEqual([readComm(identity.pid), name], ["enrolled-worklo", "workload"]);
  const [enrolment] = server.list();
  assert.ok(enrolment !== undefined);
  assert.equal((await server.request(enrolment, bench.requestFor("r1"))).status, "done");
});

test("the last enrolment of a process counts", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const bench = enrolBench(t);
  const server = bench.serve();
  const workload = bench.run(process.execPath, ["test/host/fixtures/enrolled-workload.mjs", "twice", bench.socket]);
  const first = await bench.enrolled();
  const second = await bench.enrolled(1);
  assert.deepEqual(first.identity, second.identity);
  assert.equal(await bench.unenrolled(first), "unenrolled");
  await workload.line("replaced");
  assert.deepEqual(server.list(), [second]);
});

function readComm(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}
