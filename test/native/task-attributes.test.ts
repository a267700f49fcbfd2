import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import {
  ioprioClasses,
  launcherPath,
  listTasks,
  nativeErrno,
  readAffinity,
  readIoPriority,
  readNice,
  readOomScore,
  readRlimit,
  readScheduling,
  rlimits,
  schedPolicies,
  setAffinity,
  setIoPriority,
  setNice,
  setOomScore,
  setRlimit,
  setScheduling,
} from "../../src/kernel/index.ts";
import { capability, requires, root } from "../shared/requires.ts";
import { run } from "./support.ts";

const addonPath = launcherPath()?.replace(/corral-launch$/, "corral.node") ?? "";

/** A child with several threads that waits for its end; the test ends it. */
async function withThreads(body: (pid: number, tids: readonly number[]) => void): Promise<void> {
  const child = spawn(process.execPath, ["-e", "console.log('up'); setInterval(() => {}, 1e6)"], { stdio: "pipe" });
  try {
    await once(child.stdout, "data");
    const tids = listTasks(child.pid ?? 0);
    assert.ok(tids.length > 4, `${tids.length} threads`);
    body(child.pid ?? 0, tids);
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}

const errnoOf = (run: () => unknown): string | null => {
  try {
    run();
    return null;
  } catch (thrown) {
    return nativeErrno(thrown);
  }
};

const fair = { policy: schedPolicies.other, priority: 0, resetOnFork: false, deadline: null };

test("the attributes of every thread are set, read back and restored", async (t) => {
  if (!requires(t, capability("CAP_SYS_NICE"))) return;
  await withThreads((_pid, tids) => {
    for (const tid of tids) {
      const before = [readNice(tid), readIoPriority(tid), readScheduling(tid), readAffinity(tid)] as const;
      setNice(tid, 7);
      setIoPriority(tid, { class: ioprioClasses.bestEffort, level: 6 });
      setScheduling(tid, { ...fair, policy: schedPolicies.batch });
      setAffinity(tid, "0");
      assert.deepEqual(
        [readNice(tid), readIoPriority(tid), readScheduling(tid), readAffinity(tid)],
        [7, { class: 2, level: 6 }, { ...fair, policy: 3 }, "0"],
      );
      const [nice, ioPriority, scheduling, affinity] = before;
      setNice(tid, nice);
      setIoPriority(tid, ioPriority);
      setScheduling(tid, scheduling);
      setAffinity(tid, affinity);
      assert.deepEqual([readNice(tid), readIoPriority(tid), readScheduling(tid), readAffinity(tid)], before);
    }
  });
});

test("a thread's attribute leaves the other threads alone", async () => {
  await withThreads((pid, tids) => {
    setNice(pid, 3);
    const nices = tids.map((tid) => [tid, readNice(tid)]);
    assert.deepEqual(
      nices,
      tids.map((tid) => [tid, tid === pid ? 3 : 0]),
    );
  });
});

test("a policy keeps the nice value and the reset on fork", async () => {
  await withThreads((pid) => {
    setNice(pid, 5);
    setScheduling(pid, { ...fair, policy: schedPolicies.batch, resetOnFork: true });
    assert.deepEqual(readScheduling(pid), { ...fair, policy: 3, resetOnFork: true });
    assert.equal(readNice(pid), 5);
  });
});

test("the resource limits of another process are set and read back, without a limit as null", async () => {
  await withThreads((pid) => {
    const before = readRlimit(pid, rlimits.nofile);
    assert.match(readFileSync(`/proc/${pid}/limits`, "latin1"), new RegExp(`Max open files +${before.soft} `));
    setRlimit(pid, { resource: rlimits.nofile, soft: 100n, hard: before.hard });
    assert.deepEqual(readRlimit(pid, rlimits.nofile), { resource: 7, soft: 100n, hard: before.hard });
    setRlimit(pid, before);
    assert.deepEqual(readRlimit(pid, rlimits.nofile), before);
    assert.deepEqual(readRlimit(pid, rlimits.cpu), { resource: 0, soft: null, hard: null });
    const large = { resource: rlimits.fsize, soft: 2n ** 63n + 1n, hard: null };
    setRlimit(pid, large);
    assert.deepEqual(readRlimit(pid, rlimits.fsize), large);
  });
});

test("the OOM score of another process is set and read back", async () => {
  await withThreads((pid) => {
    assert.equal(readOomScore(pid), readOomScore(process.pid));
    setOomScore(pid, 900);
    assert.equal(readOomScore(pid), 900);
  });
});

test("a deadline task is read with its times and restored", async (t) => {
  if (!requires(t, root(), capability("CAP_SYS_NICE"))) return;
  await withThreads((pid) => {
    const times = { runtimeNs: 1_000_000n, deadlineNs: 100_000_000n, periodNs: 100_000_000n };
    const deadline = { policy: 6, priority: 0, resetOnFork: false, deadline: { flags: 0, ...times } };
    const errno = errnoOf(() => setScheduling(pid, deadline));
    if (errno !== null) return t.skip(`this kernel or group refuses deadline scheduling: ${errno}`);
    assert.deepEqual(readScheduling(pid), deadline);
    setScheduling(pid, fair);
    assert.deepEqual(readScheduling(pid), fair);
    setScheduling(pid, deadline);
    assert.deepEqual(readScheduling(pid), deadline);
  });
});

test("a process that is gone is ESRCH, its tasks are none", async () => {
  let gone = 0;
  await withThreads((pid) => {
    gone = pid;
  });
  const calls = [
    () => readNice(gone),
    () => setNice(gone, 1),
    () => readIoPriority(gone),
    () => setIoPriority(gone, { class: 2, level: 1 }),
    () => readScheduling(gone),
    () => setScheduling(gone, fair),
    () => readAffinity(gone),
    () => setAffinity(gone, "0"),
    () => readRlimit(gone, rlimits.cpu),
    () => setRlimit(gone, { resource: rlimits.cpu, soft: null, hard: null }),
  ];
  assert.deepEqual(calls.map(errnoOf), Array(10).fill("ESRCH"));
  assert.deepEqual([errnoOf(() => readOomScore(gone)), errnoOf(() => setOomScore(gone, 1))], ["ENOENT", "ENOENT"]);
  assert.deepEqual(listTasks(gone), []);
  assert.throws(() => setNice(gone, 1), { code: "NATIVE_CALL", object: `task ${gone}`, found: "ESRCH" });
});

test("values that the kernel does not take are EINVAL, ids that no thread has are refused before the call", async () => {
  await withThreads((pid) => {
    const calls = [
      () => setIoPriority(pid, { class: 7, level: 0 }),
      () => setScheduling(pid, { ...fair, priority: 5 }),
      () => setAffinity(pid, "60000"),
      () => setAffinity(pid, ""),
      () => readRlimit(pid, 99),
      () => setRlimit(pid, { resource: rlimits.nofile, soft: 10n, hard: 5n }),
      () => setOomScore(pid, 1001),
    ];
    assert.deepEqual(calls.map(errnoOf), Array(7).fill("EINVAL"));
    assert.throws(() => setAffinity(pid, "0-"), { code: "USAGE" });
    for (const bad of [0, -1, 1.5]) assert.throws(() => readNice(bad), { code: "USAGE" });
  });
});

test("a worker thread has the same door", async () => {
  const code = `
    const addon = require(${JSON.stringify(addonPath)});
    require("worker_threads").parentPort.postMessage([addon.getPriority(process.pid), addon.prlimitGet(process.pid, 0)]);`;
  const worker = new Worker(code, { eval: true });
  const [message] = await once(worker, "message");
  assert.deepEqual(message, [readNice(process.pid), [null, null]]);
  await worker.terminate();
});

test("without privilege a foreign process is refused with EPERM or EACCES", async (t) => {
  if (!requires(t, root())) return;
  const script = `
    const addon = require(${JSON.stringify(addonPath)});
    process.setgid(65534); process.setuid(65534);
    const errno = (run) => { try { run(); return 0; } catch (error) { return -error.errno; } };
    const pid = process.ppid;
    console.log(JSON.stringify([
      errno(() => addon.setPriority(pid, 1)), errno(() => addon.setPriority(process.pid, -5)),
      errno(() => addon.ioprioSet(pid, 2 << 13)), errno(() => addon.schedSetscheduler(pid, 3, 0)),
      errno(() => addon.schedSetaffinity(pid, [0])), errno(() => addon.prlimitSet(pid, 7, 9n, 9n)),
    ]));`;
  // EPERM 1, EACCES 13
  assert.deepEqual((await run(process.execPath, ["-e", script])).stdout, "[1,13,1,1,1,1]\n");
});
