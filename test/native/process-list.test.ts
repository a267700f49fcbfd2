import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { listPids, processFacts } from "../../src/kernel/index.ts";
import { requires, root } from "../shared/requires.ts";
import { sleep } from "./support.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "corral-process-list-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the facts of a process are those of /proc", async () => {
  await inFolder(async (folder) => {
    const child = spawn("/bin/sleep", ["60"], { cwd: folder, argv0: "not sleep" });
    await once(child, "spawn");
    const pid = child.pid ?? 0;
    assert.ok(listPids().includes(pid));
    const facts = processFacts(pid);
    assert.deepEqual(
      {
        comm: facts.stat?.comm,
        ppid: facts.stat?.ppid,
        argv: facts.argv,
        cwd: facts.cwd,
        exe: facts.exe,
        uids: facts.uids,
        cgroup: facts.cgroup,
        kernelThread: facts.kernelThread,
        identity: facts.identity?.startTicks,
      },
      {
        comm: "sleep",
        ppid: process.pid,
        argv: ["not sleep", "60"],
        cwd: { path: folder, deleted: false },
        exe: { path: realpathSync("/bin/sleep"), deleted: false },
        uids: { real: process.getuid?.(), effective: process.geteuid?.() },
        cgroup: readFileSync(`/proc/${pid}/cgroup`, "utf8"),
        kernelThread: false,
        identity: facts.stat?.startTicks,
      },
    );
    assert.ok((facts.ageSec ?? -1) >= 0 && (facts.ageSec ?? 99) < 30, `${facts.ageSec} s old`);
    const gone = processFacts(pid);
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.equal(facts.stat?.comm, "sleep");
    assert.deepEqual([gone.stat, gone.uids, gone.argv, gone.exe, gone.cwd], [null, null, null, null, null]);
    assert.deepEqual([gone.identity, gone.cgroup, gone.kernelThread, gone.ageSec], [null, null, null, null]);
  });
});

test("a removed program is known by its former name, and one named like a removed one is not removed", async () => {
  await inFolder(async (folder) => {
    const files = [path.join(folder, "gone"), path.join(folder, "kept (deleted)")];
    const children = files.map((file) => {
      copyFileSync("/bin/sleep", file);
      return spawn(file, ["60"]);
    });
    await Promise.all(children.map((child) => once(child, "spawn")));
    rmSync(files[0] ?? "");
    assert.deepEqual(
      children.map((child) => processFacts(child.pid ?? 0).exe),
      [
        { path: files[0], deleted: true },
        { path: files[1], deleted: false },
      ],
    );
    for (const child of children) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });
});

test("arguments that are not UTF-8 keep their bytes", async () => {
  const child = spawn("/bin/bash", ["-c", "exec -a $'\\xff\\xfe' sleep 60"], { stdio: "ignore" });
  const facts = () => processFacts(child.pid ?? 0).argv;
  while (facts()?.[1] !== "60") await sleep(5);
  assert.deepEqual(facts(), ["\udcff\udcfe", "60"]);
  child.kill("SIGKILL");
  await once(child, "exit");
});

test("a kernel thread is one, has no program and no arguments", (t) => {
  const threads = listPids().map(processFacts);
  const kernelThread = threads.find((facts) => facts.stat?.ppid === 2 || facts.pid === 2);
  if (!requires(t, kernelThread === undefined ? "no kernel threads in this pid namespace" : null)) return;
  const { kernelThread: flag, argv, exe } = kernelThread ?? processFacts(2);
  assert.deepEqual([flag, argv, exe], [true, [], null]);
});

test("what another user's process hides is null, the rest is told", async (t) => {
  if (!requires(t, root())) return;
  const child = spawn("/bin/sleep", ["60"], { uid: 65534, gid: 65534 });
  await once(child, "spawn");
  assert.deepEqual(processFacts(child.pid ?? 0).uids, { real: 65534, effective: 65534 });
  child.kill("SIGKILL");
  await once(child, "exit");
});
