import assert from "node:assert/strict";
import { closeSync, existsSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { test } from "node:test";
import type { TetherRequest } from "../../src/kernel/index.ts";
import { inheritAll, launch, launcherPath, requireAddon, spawnProcess, startTether } from "../../src/kernel/index.ts";
import { end, launchRequest, sleep, until, v1Root, v2Root, whyNoGroup, withGroup, withoutAddon } from "./support.ts";

const noV1 = whyNoGroup(v1Root);
const noV2 = whyNoGroup(v2Root);
const request = (change: Partial<TetherRequest>): TetherRequest => ({
  graceMs: 2000,
  procs: [],
  kill: null,
  rmdir: [],
  pgid: null,
  ...change,
});

/** A tether on a pipe of ours, whose write end stands for the life of Corral. */
async function tether(args: readonly string[]) {
  const [readEnd, life] = requireAddon().pipe();
  const argv = ["corral-launch", "tether", ...args];
  const child = await spawnProcess({
    file: launcherPath() ?? "",
    argv,
    env: [],
    cwd: null,
    fds: [readEnd, -1, 2],
    cgroup: null,
    mode: "blocking",
  });
  closeSync(readEnd);
  return { child, life };
}

const workload = (script: string, change = {}) => launch(launchRequest("sh", ["-c", script], change));
/** Whether a process has a signal ignored (proc_pid_status(5), SigIgn). */
const ignores = (pid: number, signal: number): boolean => {
  const mask = /^SigIgn:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
};
const population = (file: string) => readFileSync(file, "utf8").split("\n").filter(Boolean).length;

for (const [way, by] of [
  ["the addon", <T>(body: () => Promise<T>) => body()],
  ["node:child_process", withoutAddon],
] as const)
  test(`a goodbye dismisses the tether and touches nothing (${way})`, async () => {
    const { child } = await workload("exec sleep 60", { launcherOptions: { ...inheritAll, pgroup: true } });
    const tied = await by(() => startTether(request({ pgid: child.pid })));
    await sleep(50);
    tied.goodbye();
    tied.goodbye();
    assert.equal((await tied.child.exit).code, 0);
    await sleep(50);
    assert.equal((await end(child)).signal, 9);
  });

test("end of file without a goodbye ends a process group with SIGTERM", async () => {
  const { child } = await workload("sleep 60 & exec sleep 60", { launcherOptions: { ...inheritAll, pgroup: true } });
  const { child: tied, life } = await tether(["--grace-ms", "5000", "--pgid", String(child.pid)]);
  await sleep(50);
  closeSync(life);
  assert.equal((await child.exit).signal, 15);
  assert.equal((await tied.exit).code, 0);
});

test("a process group that ignores SIGTERM is killed after the grace", async () => {
  const { child } = await workload("trap '' TERM; while :; do sleep 1; done", {
    launcherOptions: { ...inheritAll, pgroup: true },
    fds: [-1, -1, 2],
  });
  const { child: tied, life } = await tether(["--grace-ms", "300", "--pgid", String(child.pid)]);
  await until(() => ignores(child.pid, 15));
  const started = performance.now();
  closeSync(life);
  assert.equal((await child.exit).signal, 9);
  assert.ok(performance.now() - started >= 250);
  assert.equal((await tied.exit).code, 0);
});

test("a v1 group is emptied process by process and removed", { skip: noV1 }, async () => {
  await withGroup(v1Root, async (group) => {
    const procs = `${group}/cgroup.procs`;
    const script = "trap '' TERM; for i in 1 2 3 4 5 6; do setsid sleep 60 & done; while :; do sleep 1; done";
    const { child } = await workload(script, {
      launcherOptions: { ...inheritAll, joins: [`${group}/tasks`] },
      fds: [-1, -1, 2],
    });
    await until(() => population(procs) >= 7);
    const { child: tied, life } = await tether(["--grace-ms", "200", "--procs", procs, "--rmdir", group]);
    closeSync(life);
    assert.equal((await tied.exit).code, 0);
    assert.equal((await child.exit).signal, 9);
    assert.equal(existsSync(group), false);
  });
});

test("a v2 group is killed through its kill file, child groups included, and removed", { skip: noV2 }, async () => {
  await withGroup(v2Root, async (group) => {
    const script = `trap '' TERM; mkdir ${group}/inner; sh -c 'echo 0 > ${group}/inner/cgroup.procs; exec sleep 60' & while :; do sleep 1; done`;
    const { child } = await workload(script, { cgroup: group });
    await until(() => existsSync(`${group}/inner`) && population(`${group}/inner/cgroup.procs`) === 1);
    const args = ["--grace-ms", "100", "--procs", `${group}/cgroup.procs`, "--kill", `${group}/cgroup.kill`];
    const { child: tied, life } = await tether([...args, "--rmdir", `${group}/inner`, "--rmdir", group]);
    closeSync(life);
    assert.equal((await child.exit).signal, 9);
    assert.equal((await tied.exit).code, 0);
    assert.equal(existsSync(group), false);
  });
});

test("a tether survives the signals that end its Corral and is a session of its own", async () => {
  const { child: tied, life } = await tether(["--grace-ms", "0"]);
  await until(() => readFileSync(`/proc/${tied.pid}/stat`, "utf8").split(") ")[1]?.split(" ")[3] === String(tied.pid));
  for (const signal of [1, 2, 3, 13, 15]) tied.kill(signal);
  await sleep(50);
  writeSync(life, "xyq");
  assert.equal((await tied.exit).code, 0);
  closeSync(life);
});

test("the death of a process by SIGKILL is noticed by its tether", async () => {
  const { child } = await workload("exec sleep 60", { launcherOptions: { ...inheritAll, pgroup: true } });
  const { child: tied, life } = await tether(["--grace-ms", "1000", "--pgid", String(child.pid)]);
  // Stands for Corral: it alone keeps the write end open.
  const corral = await spawnProcess({
    file: "/bin/sleep",
    argv: ["sleep", "60"],
    env: [],
    cwd: null,
    fds: [-1, -1, 2, life],
    cgroup: null,
    mode: "blocking",
  });
  closeSync(life);
  corral.kill(9);
  assert.equal((await child.exit).signal, 15);
  assert.equal((await tied.exit).code, 0);
  assert.equal((await corral.exit).signal, 9);
});

test("a tether without a usable stdin or with bad options ends nothing and exits 125", async () => {
  const argv = ["corral-launch", "tether", "--grace-ms", "0"];
  const spawn = {
    file: launcherPath() ?? "",
    env: [],
    cwd: null,
    fds: [-1, -1, -1],
    cgroup: null,
    mode: "blocking" as const,
  };
  const without = await spawnProcess({ ...spawn, argv });
  assert.equal((await without.exit).code, 125);
  for (const bad of [["--grace-ms", "x"], ["--grace-ms", "1", "--pgid", "1"], ["--pgid", "9"], ["--grace-ms"]]) {
    const child = await spawnProcess({ ...spawn, argv: ["corral-launch", "tether", ...bad] });
    assert.equal((await child.exit).code, 125, bad.join(" "));
  }
  writeFileSync("/dev/null", "");
});
