import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { SpawnRequest } from "../../src/kernel/index.ts";
import { launch, launcherPath, spawnProcess } from "../../src/kernel/index.ts";
import {
  blocking,
  launchRequest,
  openDescriptors,
  plainEnv,
  run,
  spawnMode,
  until,
  v2Root,
  whyNoGroup,
  withGroup,
  zombies,
} from "./support.ts";

const noV2 = whyNoGroup(v2Root);
const pidsRoot = "/sys/fs/cgroup/pids";
const addonPath = launcherPath()?.replace(/corral-launch$/, "corral.node") ?? "";
// What the scripts below start: raw calls, which nobody watches unless the script does.
const prelude = `
  const addon = require(${JSON.stringify(addonPath)});
  const start = (seconds, name = "sleep") =>
    addon.spawnAsync("/bin/sleep", ["2", name, seconds].join("\\0"), "0", null, [-1, -1, -1], null, 0);
`;
const inNode = (script: string) => run(process.execPath, ["-e", prelude + script]);

const request = (change: Partial<SpawnRequest>): SpawnRequest => ({
  file: "/bin/true",
  argv: ["true"],
  env: plainEnv,
  cwd: null,
  fds: [-1, -1, -1],
  cgroup: null,
  mode: spawnMode(),
  ...change,
});

const modes = [
  ["pool", <T>(body: () => Promise<T>) => body()],
  ["blocking", blocking],
] as const;

for (const [mode, by] of modes) {
  test(`hundreds of spawns at once, in a group and failing ones among them, all come back (${mode})`, {
    skip: noV2,
  }, async () => {
    await by(() => spawnProcess(request({})).then(({ exit }) => exit));
    const before = openDescriptors().length;
    await withGroup(v2Root, (cgroup) =>
      by(async () => {
        const codes = Array.from({ length: 400 }, async (_item, code) => {
          const argv = ["sh", "-c", `exit ${code % 200}`];
          const child = await spawnProcess(request({ file: "/bin/sh", argv, cgroup: code % 2 === 0 ? cgroup : null }));
          assert.equal((await child.exit).code, code % 200);
        });
        const failures = Array.from({ length: 100 }, () => assert.rejects(spawnProcess(request({ file: "/gone" }))));
        await Promise.all([...codes, ...failures]);
      }),
    );
    assert.equal(openDescriptors().length, before);
    assert.deepEqual(zombies(), []);
  });

  for (const [what, change, errno, syscall] of [
    ["a program that does not exist", { file: "/nonexistent" }, "ENOENT", "execve"],
    ["a program that may not be executed", { file: "/proc/version" }, "EACCES", "execve"],
    ["arguments that are too long", { argv: ["true", "x".repeat(3_000_000)] }, "E2BIG", "execve"],
    ["a working directory that does not exist", { cwd: "/nonexistent" }, "ENOENT", "chdir"],
    ["a descriptor that is not open", { fds: [999] }, "EBADF", "dup3"],
    ["a group that does not exist", { cgroup: "/sys/fs/cgroup/nonexistent" }, "ENOENT", "open"],
    ["a directory that is no group", { cgroup: "/proc" }, "EBADF", "clone3"],
  ] as const)
    test(`${what} is ${errno} of ${syscall} and leaves nothing behind (${mode})`, async () => {
      const before = openDescriptors().length;
      await assert.rejects(
        by(() => spawnProcess(request(change))),
        (thrown: Error & { code: string; found: string }) => {
          const cause = thrown.cause as NodeJS.ErrnoException;
          assert.deepEqual(
            [thrown.code, thrown.found, cause.code, cause.syscall],
            ["NATIVE_CALL", errno, errno, syscall],
          );
          assert.ok((cause.errno ?? 0) < 0);
          return true;
        },
      );
      assert.equal(openDescriptors().length, before);
      assert.deepEqual(zombies(), []);
    });

  test(`nothing is started in a frozen group (${mode})`, { skip: noV2 }, async () => {
    await withGroup(v2Root, async (cgroup) => {
      writeFileSync(`${cgroup}/cgroup.freeze`, "1");
      await until(() => readFileSync(`${cgroup}/cgroup.events`, "utf8").includes("frozen 1"));
      await assert.rejects(
        by(() => spawnProcess(request({ cgroup }))),
        { code: "NATIVE_CALL", found: "EBUSY", message: "cgroup.events failed: EBUSY" },
      );
      writeFileSync(`${cgroup}/cgroup.freeze`, "0");
    });
  });
}

test("a launch that is aborted while its spawn is under way is killed when the process arrives", async () => {
  const controller = new AbortController();
  const launching = launch(launchRequest("sleep", ["60"], { signal: controller.signal }));
  controller.abort();
  const { child } = await launching;
  assert.equal((await child.exit).signal, 9);
});

test("a spawn that cannot have a process because its group is full is EAGAIN", {
  skip: whyNoGroup(pidsRoot),
}, async () => {
  const group = `${pidsRoot}/corral-native-test-full-${process.pid}`;
  const { stdout } = await inNode(`
    const fs = require("fs");
    const group = ${JSON.stringify(group)};
    fs.mkdirSync(group);
    start("0").then(({ pidfd }) => {
      addon.close(pidfd);
      fs.writeFileSync(group + "/cgroup.procs", String(process.pid));
      fs.writeFileSync(group + "/pids.max", "1");
      const parameters = ["/bin/true", "1\\0true", "0", null, [], null, 0];
      try { addon.spawn(...parameters); } catch ({ errno, syscall }) { console.log(errno, syscall); }
      return addon.spawnAsync(...parameters).catch(({ errno, syscall }) => console.log(errno, syscall));
    }).finally(() => fs.writeFileSync("${pidsRoot}/cgroup.procs", String(process.pid)));
  `);
  rmdirSync(group);
  assert.equal(stdout, "-11 clone3\n-11 clone3\n");
});

test("a wrong argument is thrown at once", async () => {
  const { stdout } = await inNode(`
    for (const parameters of [[], ["/bin/true", 1, "", null, [], null, 0], ["/bin/true", "0", "0", null, ["x"], null, 0], ["/bin/true", "1\\0a\\0b", "0", null, [], null, 0]])
      try { addon.spawnAsync(...parameters); console.log("accepted"); } catch { console.log("refused"); }
  `);
  assert.equal(stdout, "refused\nrefused\nrefused\nrefused\n");
});

test("a worker that is terminated with spawns under way leaves no process, no zombie and no descriptor", async () => {
  const mark = `corral-orphan-${process.pid}`;
  const { stdout, exit } = await inNode(`
    const { Worker } = require("worker_threads");
    const { readFileSync, readdirSync } = require("fs");
    const fds = () => readdirSync("/proc/self/fd").length;
    const children = () =>
      readdirSync("/proc/self/task").map((task) => readFileSync("/proc/self/task/" + task + "/children", "utf8").trim()).join("");
    const code = ${JSON.stringify(prelude)} + \`
      const { parentPort } = require("worker_threads");
      for (let i = 0; i < 100; i += 1)
        addon.spawnAsync("/bin/sleep", "2\\\\0${mark}\\\\0" + "60", "0", null, [-1, -2, -3], null, 0);
      parentPort.postMessage("up");\`;
    const round = async (delayMs) => {
      const worker = new Worker(code, { eval: true });
      await new Promise((resolve) => worker.once("message", resolve));
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await worker.terminate();
    };
    (async () => {
      await round(0);
      const before = fds();
      for (const delayMs of [0, 1, 3, 10, 100]) await round(delayMs);
      console.log(JSON.stringify(children()), fds() - before);
    })();
  `);
  assert.deepEqual([stdout, exit.code, exit.signal], ['"" 0\n', 0, null]);
  assert.equal((await run("/bin/sh", ["-c", `pgrep -fc '^${mark}' || true`])).stdout, "0\n");
});

test("a process that exits with spawns under way does so with its own status", async () => {
  for (const end of ["process.exit(7)", "setTimeout(() => process.exit(7), 1)", "process.exitCode = 7"]) {
    const { exit } = await inNode(`for (let i = 0; i < 40; i += 1) start("0.01"); ${end}`);
    assert.deepEqual([exit.code, exit.signal], [7, null], end);
  }
});

test("the event loop goes on while a spawn waits for a thread of the pool", async () => {
  // All threads of the pool wait for a writer of a pipe, and the spawn for one of them.
  const folder = mkdtempSync(path.join(tmpdir(), "corral-native-"));
  const { stdout } = await inNode(`
    const { execFileSync } = require("child_process");
    const fs = require("fs");
    const file = ${JSON.stringify(folder)} + "/output";
    execFileSync("mkfifo", [file]);
    for (let i = 0; i < 4; i += 1) fs.open(file, "r", () => {});
    const began = performance.now();
    const started = start("0").then(({ pidfd }) => { addon.close(pidfd); console.log("started"); });
    const heldMs = performance.now() - began;
    setTimeout(() => {
      console.log(heldMs < 200 ? "went on" : "held");
      const writer = fs.openSync(file, "r+");
      started.then(() => fs.closeSync(writer));
    }, 50);
  `);
  await run("/bin/rm", ["-r", folder]);
  assert.equal(stdout, "went on\nstarted\n");
});
