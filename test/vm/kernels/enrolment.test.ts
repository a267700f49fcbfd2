/** Who enrols is known on every kernel that the suite boots: before Linux 6.5 by SO_PEERCRED alone. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { UnixPeer } from "../../../src/kernel/index.ts";
import { bindOwnedSocket, listenUnix, socketTypes } from "../../../src/kernel/index.ts";
import { clients, enrolBench } from "../../shared/enrolling.ts";
import { until } from "../../shared/timing.ts";
import { fixture } from "../support.ts";

const [major = 0, minor = 0] = release().split(".").map(Number);
const givesPidfd = major > 6 || (major === 6 && minor >= 5);

/** The C client's workload comes compiled: a compiler in the guest takes minutes. */
const workloads = {
  TypeScript: clients.TypeScript(),
  C: [fixture("enrolled-workload")],
} as const;

test(`a peer is known by its pid, and by a pidfd ${givesPidfd ? "too" : "not"} (Linux ${release()})`, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "corral-peer-"));
  const owned = bindOwnedSocket({ type: socketTypes.stream, path: join(directory, "peer.sock"), gid: null });
  const peers: UnixPeer[] = [];
  const listener = listenUnix(owned, {
    maxUnsentBytes: 4096,
    onConnection: (connection) => {
      peers.push(connection.peer);
      connection.close();
    },
  });
  const socket = connect(join(directory, "peer.sock"));
  t.after(() => {
    socket.destroy();
    listener.close();
    owned.close();
    rmSync(directory, { recursive: true });
  });
  await until("the connection", () => peers.length === 1);
  const [peer] = peers;
  assert.deepEqual([peer?.pid, peer?.uid, peer?.pidfd !== null], [process.pid, 0, givesPidfd]);
});

for (const [language, [command = "", ...first]] of Object.entries(workloads))
  test(`a ${language} workload is enrolled as who it is, acknowledges, and its end is told`, async (t) => {
    const bench = enrolBench(t);
    const server = bench.serve();
    const workload = bench.run(command, [...first, "answer", bench.socket, "workload"]);
    const enrolment = await bench.enrolled();
    assert.deepEqual([enrolment.identity, enrolment.uid], [bench.identityOf(workload.pid), 0]);
    const reply = await server.request(enrolment, bench.requestFor("r1"));
    assert.equal(reply.status, "done");
    assert.equal(await workload.line("action"), "action r1 compress {}");
    workload.child.kill("SIGKILL");
    assert.equal(await bench.unenrolled(enrolment), "exited");
    assert.deepEqual(server.list(), []);
  });

test("another program in the process, which has the connection, is not enrolled", async (t) => {
  const bench = enrolBench(t);
  const server = bench.serve();
  const leaking = bench.run(fixture("enrolled-workload"), ["leak", bench.socket]);
  const enrolment = await bench.enrolled();
  await until("the exec", () => readFileSync(`/proc/${leaking.pid}/comm`, "latin1") === "sleep\n");
  const reply = await server.request(enrolment, bench.requestFor("r1"));
  assert.deepEqual({ ...reply, atNs: 0n }, { status: "gone", why: "superseded", atNs: 0n });
  assert.equal(await bench.unenrolled(enrolment), "superseded");
});

test("a child that keeps the connection of its parent open is not the parent, and enrols as itself", async (t) => {
  const bench = enrolBench(t);
  const server = bench.serve();
  bench.run(fixture("enrolled-workload"), ["fork", bench.socket]);
  const parent = await bench.enrolled();
  assert.equal(await bench.unenrolled(parent), "exited");
  const child = await bench.enrolled(1);
  t.after(() => process.kill(child.identity.pid, "SIGKILL"));
  assert.notDeepEqual(child.identity, parent.identity);
  assert.equal((await server.request(child, bench.requestFor("r1"))).status, "done");
});
