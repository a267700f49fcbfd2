import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { launcherPath, requireAddon, spawnProcess, startRestorer } from "../../src/kernel/index.ts";
import { run, until, withoutAddon } from "./support.ts";

/** Files with a first value each. */
function files<T>(body: (paths: readonly string[]) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "corral-restorer-"));
  const paths = ["a", "b"].map((name) => join(folder, name));
  for (const path of paths) writeFileSync(path, "changed");
  return body(paths).finally(() => rmSync(folder, { recursive: true }));
}

const texts = (paths: readonly string[]): string[] => paths.map((path) => readFileSync(path, "utf8"));

for (const [way, by] of [
  ["the addon", <T>(body: () => Promise<T>) => body()],
  ["node:child_process", withoutAddon],
] as const)
  test(`a goodbye leaves everything as it is (${way})`, () =>
    files(async (paths) => {
      const writes = paths.map((path) => ({ path, value: "restore" }));
      const helper = await by(() => startRestorer({ afterMs: null, writes }));
      helper.child.ref();
      helper.goodbye();
      helper.goodbye();
      assert.equal((await helper.child.exit).code, 0);
      assert.deepEqual(texts(paths), ["changed", "changed"]);
    }));

test("a helper that is not ready when its spawn is over is waited for by the event loop", () =>
  files(async ([path = ""]) => {
    // It is not waited for by the spawn at all, as one is that takes too long.
    const helper = await startRestorer({ afterMs: null, writes: [{ path, value: "x" }], heldUpMs: 0 });
    helper.child.ref();
    helper.goodbye();
    assert.equal((await helper.child.exit).code, 0);
    assert.equal(readFileSync(path, "utf8"), "changed");
  }));

test("when its Corral dies every file is written, in order, and also what took a file's place is not", () =>
  files(async (paths) => {
    const addon = requireAddon();
    const [readEnd, life] = addon.pipe();
    const argv = [
      "corral-launch",
      "restore",
      "--after-ms",
      "-1",
      ...paths.flatMap((path) => ["--write", path, "restore"]),
    ];
    const [said, saidEnd] = addon.pipe();
    const request = { file: launcherPath() ?? "", argv, env: [], cwd: null, cgroup: null, mode: "blocking" } as const;
    const child = await spawnProcess({ ...request, fds: [readEnd, saidEnd, 2] });
    addon.close(readEnd);
    addon.close(saidEnd);
    await new Promise<void>((resolve) => {
      const watcher = addon.watchFd(said, 1, () => {
        watcher.close();
        resolve();
      });
    });
    addon.close(said);
    // Another file under the first one's name.
    rmSync(paths[0] ?? "");
    writeFileSync(paths[0] ?? "", "another");
    addon.close(life);
    assert.equal((await child.exit).code, 0);
    assert.deepEqual(texts(paths), ["another", "restore"]);
  }));

test("when the time is over every file is written although its Corral lives", () =>
  files(async (paths) => {
    const helper = await startRestorer({ afterMs: 50, writes: paths.map((path) => ({ path, value: "restore" })) });
    helper.child.ref();
    await until(() => texts(paths).every((text) => text === "restore"));
    assert.equal((await helper.child.exit).code, 0);
    helper.goodbye();
  }));

test("a file that cannot be opened is told at the start", async () => {
  const writes = [{ path: "/nowhere/at/all", value: "1" }];
  await assert.rejects(startRestorer({ afterMs: null, writes }), /no helper could be started that would restore/);
});

test("a file that may lack is passed over, and the others are written", () =>
  files(async (paths) => {
    const writes = ["/nowhere/at/all", ...paths].map((path) => ({ path, value: "restore" }));
    const helper = await startRestorer({ afterMs: 50, writes, mayLack: true });
    helper.child.ref();
    assert.equal((await helper.child.exit).code, 0);
    assert.deepEqual(texts(paths), ["restore", "restore"]);
  }));

test("bad options touch nothing", async () => {
  const launcher = launcherPath() ?? "";
  for (const args of [[], ["--after-ms"], ["--after-ms", "x"], ["--after-ms", "1", "--write", "/tmp"]]) {
    const { exit } = await run(launcher, ["restore", ...args]);
    assert.equal(exit.code, 125, args.join(" "));
  }
});
