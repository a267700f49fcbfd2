import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readlinkSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { OwnedSocket, UnixConnection } from "../../src/kernel/index.ts";
import {
  addonStatus,
  bindOwnedSocket,
  listenUnix,
  receiveDatagrams,
  requireAddon,
  socketTypes,
} from "../../src/kernel/index.ts";
import { openDescriptors, until } from "./support.ts";

const folder = mkdtempSync(path.join(tmpdir(), "corral-sockets-"));
test.after(() => rmSync(folder, { recursive: true }));

let names = 0;

function bind(t: TestContext, type: (typeof socketTypes)[keyof typeof socketTypes]): OwnedSocket {
  names += 1;
  const socket = bindOwnedSocket({ type, path: path.join(folder, `${names}.sock`), gid: null });
  t.after(() => socket.close());
  return socket;
}

/** A listening socket, and the connections that it takes. */
function listen(t: TestContext, maxUnsentBytes = 1_000_000) {
  const socket = bind(t, socketTypes.stream);
  const taken: UnixConnection[] = [];
  const listener = listenUnix(socket, { maxUnsentBytes, onConnection: (connection) => void taken.push(connection) });
  t.after(() => {
    listener.close();
    for (const connection of taken) connection.close();
  });
  const dial = async (): Promise<{ client: Socket; connection: UnixConnection }> => {
    const before = taken.length;
    const client = connect({ path: socket.path });
    t.after(() => client.destroy());
    await once(client, "connect");
    await until(() => taken.length > before);
    const connection = taken[before];
    assert.ok(connection !== undefined);
    return { client, connection };
  };
  return { socket, taken, dial };
}

test("who connects is known by the kernel's word, and pinned where the kernel can", async (t) => {
  const { dial } = listen(t);
  const { peer } = (await dial()).connection;
  const { pid, uid, gid } = peer;
  assert.deepEqual({ pid, uid, gid }, { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() });
  if (peer.pidfd === null) return t.diagnostic("this kernel has no SO_PEERPIDFD");
  assert.equal(readlinkSync(`/proc/self/fd/${peer.pidfd}`).includes("pidfd"), true);
});

test("what the other side does not read waits, up to a bound, and arrives whole once it reads", async (t) => {
  const { dial } = listen(t, 2_000_000);
  const { client, connection } = await dial();
  connection.start({ onBytes: () => {}, onEnd: () => {} });
  client.pause();
  const chunk = Buffer.alloc(100_000);
  let sent = 0;
  for (; connection.send(chunk.fill(sent % 251)); sent += 1) assert.ok(sent < 100, "there is a bound");
  assert.ok(sent * chunk.length >= 2_000_000, `${sent} chunks`);
  let received = 0;
  let wrong = 0;
  client.on("data", (bytes) => {
    for (const byte of bytes) {
      if (byte !== Math.floor(received / chunk.length) % 251) wrong += 1;
      received += 1;
    }
  });
  client.resume();
  await until(() => received === sent * chunk.length);
  assert.deepEqual([wrong, connection.send(chunk)], [0, true]);
});

test("what was sent before an end is told before the end", async (t) => {
  const { dial } = listen(t);
  const { client, connection } = await dial();
  const told: string[] = [];
  client.write("last words");
  // With something unread at its own end, which makes the kernel reset the connection.
  connection.send(Buffer.from("unread"));
  client.destroy();
  await until(() => client.closed);
  connection.start({
    onBytes: (bytes) => told.push(Buffer.from(bytes).toString()),
    onEnd: () => told.push("end"),
  });
  await until(() => told.includes("end"));
  assert.deepEqual(told, ["last words", "end"]);
  assert.equal(connection.send(Buffer.from("x")), false);
});

test("drain tells at once what has arrived", async (t) => {
  const { dial } = listen(t);
  const { client, connection } = await dial();
  const told: string[] = [];
  connection.start({ onBytes: (bytes) => told.push(Buffer.from(bytes).toString()), onEnd: () => told.push("end") });
  client.write("all of it");
  connection.drain();
  assert.deepEqual(told, ["all of it"]);
});

test("without a descriptor left nobody is taken, nothing spins, and whoever waited is taken afterwards", async (t) => {
  const { socket, taken } = listen(t);
  const client = connect({ path: socket.path });
  t.after(() => client.destroy());
  const hoard: number[] = [];
  try {
    for (;;) hoard.push(openSync("/dev/null", "r"));
  } catch (thrown) {
    assert.equal((thrown as NodeJS.ErrnoException).code, "EMFILE");
  }
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 250));
  const usedUs = process.cpuUsage(before).user;
  assert.equal(taken.length, 0);
  for (const fd of hoard) closeSync(fd);
  await until(() => taken.length === 1);
  assert.ok(usedUs < 150_000, `${usedUs} us of CPU time while it waited`);
});

test("datagrams come with their sender and the time of their sending, and are told when they were too long", async (t) => {
  const socket = bind(t, socketTypes.datagram);
  const got: unknown[] = [];
  const beforeNs = process.hrtime.bigint();
  for (const text of ["one", "a longer one"]) requireAddon().sendDatagram(socket.path, text);
  const afterNs = process.hrtime.bigint();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const receiver = receiveDatagrams(socket, 5, (bytes, length, { pid, uid, gid, sentNs }) => {
    // The clock that the kernel stamps with and ours may be a millisecond apart.
    const inTime = sentNs > beforeNs - 1_000_000n && sentNs < afterNs + 1_000_000n;
    got.push([bytes.toString(), length, pid, uid, gid, inTime]);
  });
  t.after(() => receiver.close());
  receiver.drain();
  const us = [process.pid, process.getuid?.(), process.getgid?.()];
  assert.deepEqual(got, [
    ["one", 3, ...us, true],
    ["a lon", 12, ...us, true],
  ]);
});

test("a thread that ends while it serves leaves nothing open, and its process alive", async (t) => {
  const { path: addon } = addonStatus();
  const before = openDescriptors().length;
  const place = path.join(folder, "worker.sock");
  const program = `
    const { workerData, parentPort } = require("node:worker_threads");
    const module = { exports: {} };
    process.dlopen(module, workerData.addon);
    const { unixBind, unixListen, watchFd } = module.exports;
    const fd = unixBind(1, workerData.place, 0o600);
    unixListen(fd, 5);
    const watcher = watchFd(fd, 1, () => {});
    watcher.setEvents(3);
    watcher.setEvents(1);
    parentPort.postMessage(fd);`;
  const worker = new Worker(program, { eval: true, workerData: { addon, place } });
  const [fd] = (await once(worker, "message")) as [number];
  await worker.terminate();
  requireAddon().close(fd);
  assert.deepEqual([existsSync(place), openDescriptors().length], [true, before]);
  t.diagnostic("the file stays: its owner in the product is OwnedSocket");
});
