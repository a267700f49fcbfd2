import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import type { ConnectorRecord, ProcConnector } from "../../src/kernel/index.ts";
import { launcherPath, openProcConnector, packageRoot } from "../../src/kernel/index.ts";
import { openPackageRoot } from "../shared/readable-copy.ts";
import { program, requires, root } from "../shared/requires.ts";
import { scaled } from "../shared/timing.ts";
import { openDescriptors, run, withoutAddon } from "./support.ts";

const addonPath = launcherPath()?.replace(/corral-launch$/, "corral.node") ?? "";

/** Opens a connector for the test, or skips it with the kernel's reason. */
function openOrSkip(t: TestContext, receiveBufferBytes: number): ProcConnector | null {
  try {
    const connector = openProcConnector(receiveBufferBytes);
    t.after(() => connector.close());
    return connector;
  } catch (thrown) {
    t.skip(`no proc connector here: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return null;
  }
}

/** Reads until a record fits; what was read comes with it. */
function readUntil(connector: ProcConnector, fits: (record: ConnectorRecord) => boolean): Promise<ConnectorRecord[]> {
  return new Promise((resolve, reject) => {
    const seen: ConnectorRecord[] = [];
    const watcher = connector.watch(() => {
      seen.push(...connector.receive());
      if (!seen.some(fits)) return;
      watcher.close();
      resolve(seen);
    }, reject);
  });
}

const ofProcess = (records: readonly ConnectorRecord[], tgid: number) =>
  records.filter((record) => record.kind !== "ack" && record.tgid === tgid);

for (const [script, status] of [
  ["exit 42", 42 << 8],
  ["kill -9 $$", 9],
] as const)
  test(`the fork, exec and exit of a child arrive in order, with its status: ${script}`, async (t) => {
    const connector = openOrSkip(t, 8 << 20);
    if (connector === null) return;
    const before = process.hrtime.bigint();
    const child = spawn("/bin/bash", ["-c", script], { stdio: "ignore" });
    const pid = child.pid ?? 0;
    const seen = await readUntil(connector, (record) => record.kind === "exit" && record.tgid === pid);
    const records = ofProcess(seen, pid);
    const times = records.map((record) => (record.kind === "ack" ? 0n : record.timestampNs));
    assert.deepEqual(
      records.map((record) => ({ ...record, timestampNs: 0n })),
      [
        { kind: "fork", tgid: pid, timestampNs: 0n, parentTgid: process.pid, parentTid: process.pid },
        { kind: "exec", tgid: pid, timestampNs: 0n },
        { kind: "exit", tgid: pid, timestampNs: 0n, status, exitSignal: 17, parentTgid: process.pid },
      ],
    );
    assert.ok(times.every((time, index) => time > (times[index - 1] ?? before)));
    assert.deepEqual(connector.loss(), { dropped: 0, gapsByCpu: new Map() });
  });

test("an exit arrives within milliseconds", async (t) => {
  const connector = openOrSkip(t, 8 << 20);
  if (connector === null) return;
  const lateMs: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    const child = spawn("/bin/true");
    const seen = await readUntil(connector, (record) => record.kind === "exit" && record.tgid === child.pid);
    const end = ofProcess(seen, child.pid ?? 0).find((record) => record.kind === "exit");
    lateMs.push(Number(process.hrtime.bigint() - (end?.kind === "exit" ? end.timestampNs : 0n)) / 1e6);
  }
  const median = lateMs.sort((a, b) => a - b)[4] ?? 0;
  assert.ok(median < scaled(20), `${lateMs.join(", ")} ms`);
});

test("a change of name is told, the starts and ends of threads are not", async (t) => {
  if (!requires(t, program("python3"))) return;
  const connector = openOrSkip(t, 8 << 20);
  if (connector === null) return;
  const script = `
import threading
threads = [threading.Thread(target=lambda: None) for _ in range(50)]
for thread in threads: thread.start()
for thread in threads: thread.join()
open("/proc/self/comm", "wb").write(b"n\\xffame")`;
  const child = spawn("/usr/bin/env", ["python3", "-c", script]);
  const pid = child.pid ?? 0;
  const seen = await readUntil(connector, (record) => record.kind === "exit" && record.tgid === pid);
  const records = ofProcess(seen, pid);
  assert.deepEqual(
    records.filter((record) => record.kind === "comm").map((record) => record.comm),
    ["n\udcffame"],
  );
  assert.equal(records.filter((record) => record.kind === "fork" || record.kind === "exit").length, 2);
});

test("a reader that stalls with a small buffer loses events and counts each of them", async (t) => {
  const connector = openOrSkip(t, 4096);
  if (connector === null) return;
  // A gap shows only after an event of the same CPU that was kept.
  for (const cpu of cpus().keys()) {
    await run("/usr/bin/taskset", ["-c", String(cpu), "/bin/true"]);
    while (connector.receive().length > 0);
  }
  const forks = 300;
  const script = `for ((i = 0; i < ${forks}; i += 1)); do (exit 0); done`;
  await run("/bin/bash", ["-c", script]);
  let kept = 0;
  for (let records = connector.receive(); records.length > 0; records = connector.receive()) kept += records.length;
  const { dropped } = connector.loss();
  assert.ok(kept < forks && dropped > forks, `${kept} kept, ${dropped} dropped`);
  const counts = () => {
    const { dropped: drops, gapsByCpu } = connector.loss();
    return { drops, gaps: [...gapsByCpu.values()].reduce((sum, count) => sum + count, 0) };
  };
  // The next event of each CPU shows its gap; others' processes may add to both.
  for (let round = 0; round < 500 && counts().gaps !== counts().drops; round += 1) {
    await run("/bin/true", []);
    while (connector.receive().length > 0);
  }
  const { drops, gaps } = counts();
  assert.equal(gaps, drops);
});

test("a closed connector gives back its descriptor and receives nothing", async (t) => {
  if (openOrSkip(t, 4096) === null) return;
  const before = openDescriptors().length;
  for (let round = 0; round < 100; round += 1) {
    const connector = openProcConnector(4096);
    connector.close();
    connector.close();
    assert.deepEqual(connector.receive(), []);
  }
  assert.equal(openDescriptors().length, before);
});

test("the buffer is as large as asked for with CAP_NET_ADMIN", (t) => {
  if (!requires(t, root())) return;
  const wish = 4 * Number(readFileSync("/proc/sys/net/core/rmem_max", "latin1"));
  const connector = openOrSkip(t, wish);
  // The kernel doubles it (socket(7)).
  assert.equal(connector?.receiveBufferBytes ?? 2 * wish, 2 * wish);
});

/** Tries to open one in other circumstances, in a child; prints the error. */
async function openElsewhere(program: string, args: readonly string[]): Promise<string> {
  // Not every user may enter the checkout.
  const open = path.join(openPackageRoot(), path.relative(packageRoot(), addonPath));
  const script = `
    const addon = require(${JSON.stringify(open)});
    try {
      const [fd] = addon.procConnectorOpen(4096);
      addon.procConnectorControl(fd, 1, 5);
      const records = Buffer.from(new ArrayBuffer(560));
      console.log("answers", addon.procConnectorReceive(fd, records, new Uint32Array(1)));
    } catch (error) { console.log(error.syscall, error.errno); }`;
  return (await run(program, [...args, process.execPath, "-e", script])).stdout;
}

test("in another network namespace it is refused, in another pid namespace it does not answer", async (t) => {
  if (!requires(t, root(), program("unshare")) || openOrSkip(t, 4096) === null) return;
  // ECONNREFUSED
  assert.equal(await openElsewhere("/usr/bin/unshare", ["--net"]), "sendto(NETLINK_CONNECTOR) -111\n");
  assert.equal(await openElsewhere("/usr/bin/unshare", ["--pid", "--fork"]), "answers 0\n");
});

test("worker threads that end with an open and busy connector do not crash", async (t) => {
  if (openOrSkip(t, 4096) === null) return;
  const { stdout, exit } = await run(process.execPath, [
    "-e",
    `
    const { Worker } = require("worker_threads");
    const { spawn } = require("child_process");
    const code = \`
      const addon = require(\${JSON.stringify(${JSON.stringify(addonPath)})});
      const [fd] = addon.procConnectorOpen(1 << 20);
      addon.procConnectorControl(fd, 1, 5);
      const records = Buffer.from(new ArrayBuffer(5600));
      const state = new Uint32Array(25);
      addon.watchFd(fd, 1, () => addon.procConnectorReceive(fd, records, state));
      require("worker_threads").parentPort.postMessage("up");\`;
    (async () => {
      for (let round = 0; round < 10; round += 1) {
        const worker = new Worker(code, { eval: true });
        await new Promise((resolve) => worker.once("message", resolve));
        spawn("/bin/true");
        await worker.terminate();
      }
      console.log("survived");
    })();`,
  ]);
  assert.deepEqual([stdout, exit.code, exit.signal], ["survived\n", 0, null]);
});

test("an unprivileged user is served since Linux 6.6 and refused with EPERM before", async (t) => {
  if (!requires(t, root()) || openOrSkip(t, 4096) === null) return;
  const [major = 0, minor = 0] = release().split(".").map(Number);
  const served = major > 6 || (major === 6 && minor >= 6);
  const answer = await openElsewhere("/usr/bin/setpriv", ["--reuid", "65534", "--clear-groups", "--no-new-privs"]);
  assert.equal(answer, served ? "answers 1\n" : "bind(NETLINK_CONNECTOR) -1\n");
});

test("without the addon there is none", async () => {
  await withoutAddon(async () => {
    assert.throws(() => openProcConnector(4096), { code: "NATIVE_MISSING" });
  });
});
