import assert from "node:assert/strict";
import { type FSWatcher, statSync, watch } from "node:fs";
import { test } from "node:test";
import { GroupHandle } from "../../../src/cgroup/index.ts";
import { until } from "../../shared/timing.ts";
import {
  below,
  fixture,
  groupOf,
  isBusy,
  type Job,
  type Ran,
  read,
  sampleCpu,
  startJob,
  withParent,
} from "../support.ts";

/** The group of a running job, as the job's own Corral holds it. */
function openGroup(path: string): GroupHandle {
  const { dev, ino } = statSync(path);
  return new GroupHandle([{ path, version: 2, controllers: ["cpu", "pids"], device: dev, inode: ino }]);
}

/** Runs five processes under a cpu and a pids limit and hands their group over while they compute. */
function withBusyGroup(body: (group: GroupHandle, path: string, job: Job) => Promise<void>): Promise<void> {
  return withParent(async (parent) => {
    const flags = [...below(parent), "--cpu-weight", "100", "--pids-max", "50"];
    const job = startJob(flags, [fixture("burn-cpu"), "60", "5"]);
    const path = groupOf(parent, job);
    await until("the workload to compute", () => isBusy(path));
    const group = openGroup(path);
    await until("all of it to run", () => group.processes().length === 5);
    await body(group, path, job);
  });
}

test("a frozen group makes no progress, goes on when thawed, and can be killed while frozen", async (t) => {
  await withBusyGroup(async (group, path, job) => {
    group.setFrozen(true);
    await until("the group to be frozen", () => /^frozen 1$/m.test(read(`${path}/cgroup.events`)));
    const frozen = await sampleCpu([path], 2);
    group.setFrozen(false);
    await until("the group to be thawed", () => /^frozen 0$/m.test(read(`${path}/cgroup.events`)));
    const thawed = await sampleCpu([path], 2);
    t.diagnostic(`${frozen.usageUs[0]} us in 2 s frozen, ${thawed.usageUs[0]} us in 2 s thawed`);
    assert.equal(frozen.usageUs[0], 0);
    assert.ok((thawed.usageUs[0] ?? 0) > 1_000_000);
    group.setFrozen(true);
    group.kill();
    const { status, report } = await job.ended;
    assertKilled({ status, report });
  });
});

test("kill ends every process of the group, and cgroup.events tells of it", async () => {
  await withBusyGroup(async (group, path, job) => {
    let changes = 0;
    const watcher: FSWatcher = watch(`${path}/cgroup.events`, () => {
      changes += 1;
    });
    group.kill();
    const { status, report } = await job.ended;
    watcher.close();
    assertKilled({ status, report });
    assert.deepEqual([group.processes(), group.isPopulated(), report.survivors], [[], false, []]);
    assert.ok(changes >= 1);
  });
});

test("a signal to the group reaches every process of it", async () => {
  await withBusyGroup(async (group, _path, job) => {
    group.signal("SIGTERM");
    const { status, report } = await job.ended;
    assert.deepEqual([status, report.exit_reason, report.exit_signal], [143, "signal", "SIGTERM"]);
    await until("the group to be empty", () => !group.isPopulated());
  });
});

function assertKilled({ status, report }: Pick<Ran, "status" | "report">): void {
  assert.deepEqual([status, report.exit_reason, report.exit_signal], [137, "signal", "SIGKILL"]);
}
