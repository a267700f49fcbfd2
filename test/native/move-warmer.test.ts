import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import type { ChildHandle } from "../../src/kernel/index.ts";
import { launcherPath, requireAddon, spawnProcess, startMoveWarmer } from "../../src/kernel/index.ts";
import { cgroupOf } from "../shared/processes.ts";
import { run, until, v2Root, whyNoGroup, withGroup, withoutAddon } from "./support.ts";

const skip = whyNoGroup(v2Root);

/** The file that a helper born in the group of this process writes. */
const ownProcs = (): string => `${v2Root}${cgroupOf(process.pid)}/cgroup.procs`;

for (const [way, by] of [
  ["the addon", <T>(body: () => Promise<T>) => body()],
  ["node:child_process", withoutAddon],
] as const)
  test(
    `the helper touches the lock until the goodbye: moved away, it moves itself back, and nobody else (${way})`,
    {
      skip,
    },
    () =>
      withGroup(v2Root, async (elsewhere) => {
        const home = cgroupOf(process.pid);
        const { helper, cpuMs } = await by(() => startMoveWarmer(1, ownProcs()));
        const { child } = helper;
        child.ref();
        const other = await sleeper(elsewhere);
        for (let round = 0; round < 3; round += 1) {
          writeFileSync(`${elsewhere}/cgroup.procs`, String(child.pid));
          await until(() => cgroupOf(child.pid) === home);
        }
        assert.ok(cgroupOf(other.pid).endsWith("/leaf"));
        await until(() => cpuMs() > 0);
        helper.goodbye();
        helper.goodbye();
        assert.equal((await child.exit).code, 0);
        other.kill(9);
        await other.exit;
      }),
  );

async function sleeper(group: string): Promise<ChildHandle> {
  const request = { file: "/bin/sleep", argv: ["sleep", "600"], env: [], cwd: null, fds: [], mode: "pool" } as const;
  return await spawnProcess({ ...request, cgroup: group });
}

test("it ends with its Corral, and when its group is gone", { skip }, async () => {
  const addon = requireAddon();
  const start = async (procs: string, cgroup: string | null) => {
    const [readEnd, life] = addon.pipe();
    const argv = ["corral-launch", "warm", "--period-ms", "1", "--procs", procs];
    const request = { file: launcherPath() ?? "", argv, env: [], cwd: null, mode: "blocking" } as const;
    const child = await spawnProcess({ ...request, cgroup, fds: [readEnd, -1, 2] });
    addon.close(readEnd);
    return { child, life };
  };
  const { child, life } = await start(ownProcs(), null);
  addon.close(life);
  assert.equal((await child.exit).code, 0);
  const left = await withGroup(v2Root, async (group) => {
    // Its file is of a group that it does not stand in: it leaves its own for that one.
    const orphan = await start(`${group}/cgroup.procs`, null);
    const { pid } = orphan.child;
    await until(() => cgroupOf(pid).endsWith("/leaf"));
    orphan.child.kill(19);
    await until(() => readFileSync(`/proc/${pid}/stat`, "latin1").includes(") T "));
    writeFileSync(ownProcs(), String(pid));
    return orphan;
  });
  left.child.kill(18);
  assert.equal((await left.child.exit).code, 125);
  addon.close(left.life);
});

test("bad options and a file that cannot be opened are refused", async () => {
  const attempts = [
    [],
    ["--period-ms", "0", "--procs", "/dev/null"],
    ["--period-ms", "x", "--procs", "/dev/null"],
    ["--period-ms", "5", "--procs", "/nonexistent/cgroup.procs"],
    ["--procs", "/dev/null", "--period-ms", "5"],
  ];
  for (const options of attempts)
    assert.equal((await run(launcherPath() ?? "", ["warm", ...options])).exit.code, 125, options.join(" "));
});
