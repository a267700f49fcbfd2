import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, existsSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { test } from "node:test";
import { CorralError } from "../../src/report/index.ts";
import { clients, cProgram, enrolBench } from "../shared/enrolling.ts";
import { connectRaw, enroll, firstText, hello, makeFrame, str, u16, u64 } from "../shared/raw-peer.ts";
import { program, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const nobody = 65534;
const types = { hello: 1, enroll: 3, enrollOk: 4, enrollDenied: 5, result: 8, heartbeat: 11, error: 14 } as const;
const heartbeat = Buffer.concat([Buffer.from([0]), u64(1n)]);

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return "none";
  } catch (thrown) {
    return CorralError.from(thrown).code;
  }
};

test("a client that claims to be another process is refused and told, and says so with the kernel's word", async (t) => {
  const bench = enrolBench(t);
  bench.serve();
  const peer = await connectRaw(t, bench.socket);
  peer.send(types.hello, hello());
  peer.send(types.enroll, enroll(1, "forger"));
  assert.equal(firstText(await peer.frame(types.enrollDenied)), "wrong_identity");
  await peer.closed;
  const { reason, peer: who, claimedPid } = await bench.refused();
  assert.deepEqual(
    { reason, who, claimedPid },
    { reason: "wrong_identity", who: { pid: process.pid, uid: process.getuid?.() }, claimedPid: 1 },
  );
});

for (const [what, bytes, code] of [
  ["bytes that are no frame", Buffer.from("GET / HTTP/1.1\r\n\r\n"), "bad_magic"],
  ["a frame of version 1", Buffer.from("COR2\x01aaaaaaaaaaaaaaaa"), "unsupported_version"],
  ["a payload of 4 GiB", makeFrame(types.hello, Buffer.alloc(0), "COR2", 0xffff_ffff), "frame_too_large"],
  ["a hello of a later version alone", makeFrame(types.hello, hello(3)), "unsupported_version"],
  ["an enrolment without hello", makeFrame(types.enroll, enroll(0, "x")), "unexpected"],
  ["a message of the server", makeFrame(types.enrollOk, Buffer.concat([str("x"), u64(0n)])), "unexpected"],
  ["a text that is cut off", makeFrame(types.hello, Buffer.concat([u16(2), u16(2), u16(100)])), "malformed"],
  [
    "a text that is no UTF-8",
    makeFrame(types.hello, Buffer.concat([u16(2), u16(2), u16(1), Buffer.from([255])])),
    "malformed",
  ],
] as const)
  test(`${what} is answered with ${code} and the end of the connection, and nobody else notices`, async (t) => {
    const bench = enrolBench(t);
    const server = bench.serve();
    const good = await connectRaw(t, bench.socket);
    good.send(types.hello, hello());
    good.send(types.enroll, enroll(process.pid, "good"));
    await good.frame(types.enrollOk);
    const bad = await connectRaw(t, bench.socket);
    bad.socket.write(bytes);
    assert.equal(firstText(await bad.frame(types.error), 4), code);
    await bad.closed;
    good.send(types.heartbeat, heartbeat);
    await good.frame(types.heartbeat);
    assert.deepEqual([server.list().length, server.counters().malformed], [1, 1]);
  });

test("a message of an unknown type is answered, and the connection goes on", async (t) => {
  const bench = enrolBench(t);
  bench.serve();
  const peer = await connectRaw(t, bench.socket);
  peer.send(types.hello, hello());
  peer.send(200, Buffer.from("of a later version"));
  assert.equal(firstText(await peer.frame(types.error), 4), "unknown_type");
  peer.send(types.enroll, Buffer.concat([enroll(0, "later"), Buffer.from("fields of a later version")]));
  await peer.frame(types.enrollOk);
});

test("whoever is slow to greet, or never ends a frame, is let go; a whole enrolment in single bytes is not", async (t) => {
  const bench = enrolBench(t);
  const server = bench.serve({ limits: { patienceMs: 1000 } });
  const silent = await connectRaw(t, bench.socket);
  assert.equal(firstText(await silent.frame(types.error), 4), "timed_out");
  const peer = await connectRaw(t, bench.socket);
  for (const byte of [...makeFrame(types.hello, hello()), ...makeFrame(types.enroll, enroll(0, "slow"))])
    peer.socket.write(Buffer.from([byte]));
  await peer.frame(types.enrollOk);
  // A drop every now and then keeps no frame alive.
  const dripping = setInterval(() => peer.socket.write("C"), 50);
  t.after(() => clearInterval(dripping));
  peer.socket.write("COR");
  await peer.closed;
  assert.deepEqual(server.list(), []);
});

test("a flood of messages that nobody asked for ends its own connection only", async (t) => {
  const bench = enrolBench(t);
  const server = bench.serve({ limits: { burstMessages: 50, messagesPerSec: 1 } });
  const peer = await connectRaw(t, bench.socket);
  peer.send(types.hello, hello());
  peer.socket.write(Buffer.concat(Array.from({ length: 5000 }, () => makeFrame(types.heartbeat, heartbeat))));
  await peer.closed;
  assert.deepEqual([server.counters().dropped, server.counters().malformed], [1, 1]);
  const other = await connectRaw(t, bench.socket);
  other.send(types.hello, hello());
  other.send(types.enroll, enroll(0, "other"));
  await other.frame(types.enrollOk);
});

test("an answer with another's token, or to no request, answers nothing", async (t) => {
  const bench = enrolBench(t);
  const server = bench.serve();
  const peer = await connectRaw(t, bench.socket);
  peer.send(types.hello, hello());
  peer.send(types.enroll, enroll(0, "liar"));
  const token = firstText(await peer.frame(types.enrollOk));
  const result = (given: string, requestId: string): Buffer =>
    Buffer.concat([str(given), str(requestId), u64(1n), u64(1n), u64(1n), u64(1n), Buffer.from([0])]);
  const enrolment = await bench.enrolled();
  const reply = server.request(enrolment, bench.requestFor("r1", { withinMs: 300 }));
  peer.send(types.result, result("0".repeat(32), "r1"));
  assert.equal(firstText(await peer.frame(types.error), 4), "wrong_token");
  peer.send(types.result, result(token, "r2"));
  assert.equal((await reply).status, "timeout");
  const { matched, unmatchedAcks } = server.counters();
  assert.deepEqual({ matched, unmatchedAcks }, { matched: 0, unmatchedAcks: 1 });
});

test("there is a limit to the connections and enrolments of one user", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const bench = enrolBench(t);
  const server = bench.serve({ limits: { maxEnrolmentsPerUid: 2, maxConnectionsPerUid: 4 } });
  const workloads = [0, 1, 2].map(() => bench.run(cProgram("enrolled-workload"), ["mute", bench.socket]));
  await until("a refusal", () => server.counters().refused === 1);
  assert.deepEqual([(await bench.refused()).reason, server.list().length], ["quota", 2]);
  const peers = [await connectRaw(t, bench.socket), await connectRaw(t, bench.socket)];
  const tooMany = await connectRaw(t, bench.socket);
  assert.equal(firstText(await tooMany.frame(types.error), 4), "quota");
  assert.deepEqual([peers.every(({ socket }) => !socket.destroyed), workloads.length], [true, 3]);
});

for (const [language, client] of Object.entries(clients))
  test(`a workload of the ${language} client that falls silent loses its enrolment, and enrols again when it is back`, async (t) => {
    if (!requires(t, program("gcc"))) return;
    const bench = enrolBench(t);
    bench.serve({ limits: { heartbeatMs: 50, silentMs: 300 } });
    const [command = "", ...first] = client();
    const workload = bench.run(command, [...first, "answer", bench.socket]);
    const enrolment = await bench.enrolled();
    workload.child.kill("SIGSTOP");
    assert.equal(await bench.unenrolled(enrolment), "silent");
    workload.child.kill("SIGCONT");
    assert.deepEqual((await bench.enrolled(1)).identity, enrolment.identity);
  });

test("another user may enrol only if he is of the group, whatever the modes of files say", async (t) => {
  if (!requires(t, root(), program("gcc"))) return;
  const someone = { uid: nobody, gid: nobody };
  const bench = enrolBench(t);
  const server = bench.serve();
  assert.deepEqual(
    [path.dirname(bench.socket), bench.socket].map((file) => (statSync(file).mode & 0o777).toString(8)),
    ["750", "600"],
  );
  bench.run(cProgram("enrolled-workload"), ["answer", bench.socket], someone);
  chmodSync(path.dirname(bench.socket), 0o755);
  chmodSync(bench.socket, 0o666);
  const { reason, peer } = await bench.refused();
  assert.deepEqual([reason, peer?.uid], ["not_allowed", nobody]);
  await server.close();

  const open = enrolBench(t);
  const group = open.serve({ gid: nobody });
  const { mode, gid } = statSync(open.socket);
  assert.deepEqual([(mode & 0o777).toString(8), gid], ["660", nobody]);
  open.run(cProgram("enrolled-workload"), ["answer", open.socket], someone);
  const enrolment = await open.enrolled();
  assert.deepEqual([enrolment.uid, enrolment.gid], [nobody, nobody]);
  assert.equal((await group.request(enrolment, open.requestFor("r1"))).status, "done");
});

test("a second server is refused while the first lives, which notices nothing; a dead one's place is taken", async (t) => {
  if (!requires(t, program("gcc"))) return;
  const bench = enrolBench(t);
  const first = bench.run(process.execPath, ["test/host/fixtures/enrol-server.mjs", bench.socket]);
  await first.line('{"kind":"serving"');
  const second = bench.run(process.execPath, ["test/host/fixtures/enrol-server.mjs", bench.socket]);
  const message = `another process (pid ${first.pid}) serves ${bench.socket} already`;
  assert.deepEqual(JSON.parse(await second.line("{")), { kind: "failed", code: "SOCKET_IN_USE", message });
  bench.run(cProgram("enrolled-workload"), ["answer", bench.socket]);
  await first.line('{"kind":"enrolled"');
  first.child.kill("SIGKILL");
  await first.ended();
  bench.serve();
  await bench.enrolled();
});

test("a foreign socket or file is never taken away", async (t) => {
  const bench = enrolBench(t);
  const foreign = path.join(bench.directory, "foreign.sock");
  const server = createServer().listen(foreign);
  t.after(() => server.close());
  await once(server, "listening");
  const file = path.join(bench.directory, "file");
  writeFileSync(file, "precious");
  const serve = (socket: string) => codeOf(() => bench.serve({ socket }));
  assert.deepEqual(
    [
      serve(foreign),
      serve(file),
      serve("relative.sock"),
      serve(`/tmp/${"x".repeat(200)}`),
      serve("/proc/no/enrol.sock"),
    ],
    ["SOCKET_IN_USE", "LISTEN_FAILED", "LISTEN_FAILED", "LISTEN_FAILED", "LISTEN_FAILED"],
  );
  assert.deepEqual([existsSync(foreign), existsSync(file)], [true, true]);
  const datagrams = codeOf(() => bench.serve({ socket: null, legacySocket: foreign }));
  assert.equal(datagrams, "SOCKET_IN_USE", "a living socket of another type");
});

test("closing removes the socket, and only one's own", async (t) => {
  const bench = enrolBench(t);
  const server = bench.serve({ legacySocket: bench.legacySocket });
  assert.deepEqual([existsSync(bench.socket), existsSync(bench.legacySocket)], [true, true]);
  await server.close();
  assert.deepEqual([existsSync(bench.socket), existsSync(bench.legacySocket)], [false, false]);
});

test("without the addon the server refuses: nobody could say who is at the other end", async (t) => {
  const bench = enrolBench(t);
  process.env["CORRAL_NO_ADDON"] = "1";
  t.after(() => delete process.env["CORRAL_NO_ADDON"]);
  assert.deepEqual([codeOf(() => bench.serve()), existsSync(bench.socket)], ["NATIVE_MISSING", false]);
});
