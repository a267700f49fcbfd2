import assert from "node:assert/strict";
import { closeSync, writeSync } from "node:fs";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { launcherPath, requireAddon } from "../../src/kernel/index.ts";
import { until } from "../shared/timing.ts";
import { openDescriptors, run, sleep } from "./support.ts";

const addonPath = launcherPath()?.replace(/corral-launch$/, "corral.node") ?? "";

test("a watcher calls back while the descriptor is ready and never after close", async () => {
  const addon = requireAddon();
  const [readEnd, writeEnd] = addon.pipe();
  const calls: number[] = [];
  const watcher = addon.watchFd(readEnd, 1, (events, status) => {
    calls.push(events, status);
    watcher.close();
    watcher.close();
  });
  writeSync(writeEnd, "x");
  await until("it is called", () => calls.length > 0);
  // Time for a second call.
  await sleep(30);
  assert.deepEqual(calls, [1, 0]);
  closeSync(readEnd);
  closeSync(writeEnd);
});

test("a closed watcher ignores ref, unref and close, and its descriptor can be watched again", async () => {
  const addon = requireAddon();
  const [readEnd, writeEnd] = addon.pipe();
  const first = addon.watchFd(readEnd, 1, () => {});
  first.close();
  first.ref();
  first.unref();
  await sleep(5);
  first.close();
  const again = addon.watchFd(readEnd, 1, () => {});
  again.close();
  closeSync(readEnd);
  closeSync(writeEnd);
});

test("hang-up alone can be watched", async () => {
  const addon = requireAddon();
  const [readEnd, writeEnd] = addon.pipe();
  const events = new Promise<number>((resolve) => {
    const watcher = addon.watchFd(readEnd, 4, (seen) => {
      watcher.close();
      closeSync(readEnd);
      resolve(seen);
    });
  });
  writeSync(writeEnd, "data is not what is waited for");
  await sleep(10);
  closeSync(writeEnd);
  assert.equal(await events, 4);
});

test("what cannot be watched is refused with its errno and leaves nothing behind", () => {
  const addon = requireAddon();
  const before = openDescriptors().length;
  const [readEnd, writeEnd] = addon.pipe();
  const watcher = addon.watchFd(readEnd, 1, () => {});
  assert.throws(() => addon.watchFd(readEnd, 1, () => {}), { code: "NATIVE_CALL", found: "EEXIST" });
  assert.throws(() => addon.watchFd(4000, 1, () => {}), { code: "NATIVE_CALL", found: "EBADF" });
  assert.throws(() => addon.watchFd(writeEnd, 16, () => {}), { code: "NATIVE_CALL", found: "EINVAL" });
  watcher.close();
  closeSync(readEnd);
  closeSync(writeEnd);
  assert.equal(openDescriptors().length, before);
});

test("thousands of watchers are freed", async () => {
  const addon = requireAddon();
  const [readEnd, writeEnd] = addon.pipe();
  const before = process.memoryUsage().rss;
  for (let round = 0; round < 20_000; round += 1) {
    addon.watchFd(readEnd, 1, () => {}).close();
    if (round % 500 === 0) await sleep(0);
  }
  const grownMib = (process.memoryUsage().rss - before) / 1024 / 1024;
  assert.ok(grownMib < 60, `the process grew by ${grownMib} MiB`);
  closeSync(readEnd);
  closeSync(writeEnd);
});

const inChild = (script: string) =>
  run(process.execPath, ["-e", `const addon = require(${JSON.stringify(addonPath)});\n${script}`]);

test("an exception in the callback reaches uncaughtException", async () => {
  const { stdout, exit } = await inChild(`
    process.on("uncaughtException", (error) => { console.log("caught", error.message); process.exit(3); });
    const [r, w] = addon.pipe();
    addon.watchFd(r, 1, () => { throw new Error("boom"); });
    require("fs").writeSync(w, "x");`);
  assert.deepEqual([stdout, exit.code, exit.signal], ["caught boom\n", 3, null]);
});

test("promises made ready by the callback run before the next callback", async () => {
  const { stdout } = await inChild(`
    const [r, w] = addon.pipe(); let n = 0;
    const watcher = addon.watchFd(r, 1, () => {
      n += 1; console.log("event", n);
      Promise.resolve().then(() => console.log("then", n));
      if (n === 2) watcher.close();
    });
    require("fs").writeSync(w, "x");`);
  assert.equal(stdout, "event 1\nthen 1\nevent 2\nthen 2\n");
});

test("an active watcher keeps a process alive, an unreferenced one does not", async () => {
  const { exit } = await inChild("const [r] = addon.pipe(); addon.watchFd(r, 1, () => {}).unref();");
  assert.equal(exit.code, 0);
  const kept = await inChild(`
    const [r, w] = addon.pipe(); const watcher = addon.watchFd(r, 1, () => { console.log("alive"); watcher.close(); });
    watcher.unref(); watcher.ref();
    setTimeout(() => require("fs").writeSync(w, "x"), 50).unref();
    addon.spawn("/bin/true", "1\\0true", "0", null, [], null, 0);
    setTimeout(() => {}, 60);`);
  assert.equal(kept.stdout, "alive\n");
});

test("process.exit with active watchers ends cleanly", async () => {
  const { exit } = await inChild(`
    for (let i = 0; i < 50; i += 1) { const [r, w] = addon.pipe(); require("fs").writeSync(w, "x"); addon.watchFd(r, 1, () => {}); }
    setTimeout(() => process.exit(5), 20);`);
  assert.deepEqual([exit.code, exit.signal], [5, null]);
});

test("terminating a worker with active, busy and just closed watchers does not crash", async () => {
  const { stdout, exit } = await inChild(`
    const { Worker } = require("worker_threads");
    const code = \`
      const addon = require(\${JSON.stringify(${JSON.stringify(addonPath)})});
      const fs = require("fs");
      for (let i = 0; i < 20; i += 1) {
        const [r, w] = addon.pipe();
        if (i % 2) fs.writeSync(w, "x");
        const watcher = addon.watchFd(r, 1, () => {});
        if (i % 5 === 0) watcher.close();
      }
      require("worker_threads").parentPort.postMessage("up");\`;
    (async () => {
      for (let round = 0; round < 15; round += 1) {
        const worker = new Worker(code, { eval: true });
        await new Promise((resolve) => worker.once("message", resolve));
        await worker.terminate();
      }
      console.log("survived");
    })();`);
  assert.deepEqual([stdout, exit.code, exit.signal], ["survived\n", 0, null]);
});

test("the addon works in several threads at once", async () => {
  const code = `
    const addon = require(${JSON.stringify(addonPath)});
    (async () => {
      for (let i = 0; i < 300; i += 1) {
        const { pidfd } = addon.spawn("/bin/sh", ["3", "sh", "-c", "exit " + (i % 100)].join("\\0"), "0", null, [-1, -1, -1], null, 0);
        const exit = await new Promise((resolve) => {
          const watcher = addon.watchFd(pidfd, 1, () => { watcher.close(); resolve(addon.waitPidfd(pidfd)); });
        });
        addon.close(pidfd);
        if (exit.code !== i % 100) throw new Error("exit " + exit.code);
      }
    })();`;
  const codes = await Promise.all(
    [1, 2, 3, 4].map(
      () =>
        new Promise((resolve, reject) => {
          new Worker(code, { eval: true }).once("exit", resolve).once("error", reject);
        }),
    ),
  );
  assert.deepEqual(codes, [0, 0, 0, 0]);
});
