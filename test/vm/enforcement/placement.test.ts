import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { until } from "../../shared/timing.ts";
import {
  assertApplied,
  below,
  childrenOf,
  fixture,
  inside,
  outcomeOf,
  type RunOptions,
  read,
  run,
  startJob,
  v2,
  withParent,
  write,
} from "../support.ts";

const mib = 2 ** 20;
const whereAmI = ["sh", "-c", "cat /proc/self/cgroup"];
const groupPath = (directory: string): string => directory.slice(v2.length);

test("from the root group a job gets its group directly below the root, and it is gone afterwards", async () => {
  const job = startJob(["--memory-limit", "64"], whereAmI);
  const { stdout, report } = await job.ended;
  assertApplied(report, "memory-limit");
  assert.equal(stdout, `0::/corral-${job.id}\n`);
  assert.equal(report.cgroups["memory"], `${v2}/corral-${job.id}`);
  assert.ok(!childrenOf(v2).includes(`corral-${job.id}`));
});

test("controllers are enabled from the top down below a parent that has none", async () => {
  await withParent(async (parent) => {
    mkdirSync(`${parent}/inner`);
    const { stdout, report } = await run([...below(`${parent}/inner`), "--memory-limit", "64"], whereAmI);
    assertApplied(report, "memory-limit");
    assert.match(stdout, new RegExp(`^0::${groupPath(parent)}/inner/corral-`));
    for (const level of [parent, `${parent}/inner`])
      assert.match(read(`${level}/cgroup.subtree_control`), /\bmemory\b/);
    assert.deepEqual(childrenOf(`${parent}/inner`), []);
  });
});

test("a Corral alone in its group steps aside, governs below it, and puts everything back", async () => {
  await withParent(async (parent) => {
    const script = [...whereAmI.slice(0, 2), `${whereAmI[2]}; exec ${fixture("touch-memory")} 200`];
    const job = startJob(["--memory-limit", "64"], script, inside(parent));
    await until("the two groups", () => childrenOf(parent).length === 2);
    assert.deepEqual(childrenOf(parent).toSorted(), [`corral-${job.id}`, `corral-${job.id}-supervisor`]);
    const { status, stdout, report } = await job.ended;
    assertApplied(report, "memory-limit");
    assert.equal(stdout, `0::${groupPath(parent)}/corral-${job.id}\n`);
    assert.deepEqual([status, report.exit_reason, report.usage.memory_peak_bytes], [137, "oom", 64 * mib]);
    assert.deepEqual([childrenOf(parent), read(`${parent}/cgroup.subtree_control`)], [[], ""]);
  });
});

test("a job stays below the limit of the group Corral was started in", async () => {
  const limit = { "memory.max": String(128 * mib), "memory.swap.max": "0" };
  await withParent(async (parent) => {
    const { status, report } = await run(["--memory-limit", "512"], [fixture("touch-memory"), "400"], inside(parent));
    assertApplied(report, "memory-limit");
    assert.deepEqual([status, report.exit_reason], [137, "oom"]);
    assert.ok((report.usage.memory_peak_bytes ?? 0) < 128 * mib, `${report.usage.memory_peak_bytes}`);
    assert.deepEqual([childrenOf(parent), read(`${parent}/cgroup.subtree_control`)], [[], ""]);
  }, limit);
});

/** Corral in `parent` beside another process, so that it can neither step aside nor make groups there. */
const besideOthers = (parent: string): RunOptions => ({
  through: ["sh", "-c", `echo $$ >${parent}/cgroup.procs; sleep 60 >/dev/null 2>&1 & "$@"`, "sh"],
});

test("a job does not escape the limit of a group that Corral shares with others", async () => {
  const limit = { "memory.max": String(256 * mib), "memory.swap.max": "0" };
  await withParent(async (parent) => {
    const script = ["sh", "-c", `${whereAmI[2]}; exec ${fixture("touch-memory")} 400`];
    const { status, stdout, report, stderr } = await run(["--memory-limit", "512"], script, besideOthers(parent));
    const { status: outcome, mechanism, reason } = outcomeOf(report, "memory-limit");
    assert.equal(stdout, `0::${groupPath(parent)}\n`);
    assert.deepEqual([outcome, mechanism], ["not_enforceable", null]);
    assert.equal(reason, `${parent} limits this process, and a job beside it would escape that limit`);
    assert.match(stderr, /^\[corral\] WARNING: memory-limit .*: not enforceable/m);
    assert.deepEqual([status, report.exit_signal], [137, "SIGKILL"]);
    assert.deepEqual(childrenOf(parent), []);
  }, limit);
});

test("weights and CPU lists fall back to the process where no group can be had", async () => {
  await withParent(
    async (parent) => {
      const flags = ["--cpu-weight", "50", "--cpuset", "1", "--io-weight", "50"];
      const script = ["sh", "-c", "nice; grep Cpus_allowed_list /proc/self/status; ionice"];
      const { status, stdout, report } = await run(flags, script, besideOthers(parent));
      assert.equal(status, 0);
      assert.equal(stdout, "3\nCpus_allowed_list:\t1\nbest-effort: prio 3\n");
      const standIns = ["cpu-weight", "cpuset", "io-weight"].map((name) => {
        const { status: outcome, mechanism, effective } = outcomeOf(report, name);
        return [outcome, mechanism, effective];
      });
      assert.deepEqual(standIns, [
        ["degraded", "nice", "3"],
        ["degraded", "sched_setaffinity", "1"],
        ["degraded", "ionice", "best-effort:3"],
      ]);
    },
    { "memory.max": String(256 * mib) },
  );
});

test("beside others in a group without limits a job's group is made beside that group", async () => {
  await withParent(async (parent) => {
    mkdirSync(`${parent}/shell`);
    const job = startJob(["--memory-limit", "64"], whereAmI, besideOthers(`${parent}/shell`));
    const { stdout, report } = await job.ended;
    assertApplied(report, "memory-limit");
    assert.equal(stdout, `0::${groupPath(parent)}/corral-${job.id}\n`);
    assert.deepEqual(childrenOf(parent), ["shell"]);
  });
});

test("a job whose processes live on keeps its group, and the report names them", async () => {
  await withParent(async (parent) => {
    const job = startJob([...below(parent), "--pids-max", "9"], ["sh", "-c", "sleep 100 >/dev/null 2>&1 & echo $!"]);
    const { stdout, report } = await job.ended;
    assert.deepEqual(report.survivors, [Number(stdout)]);
    assert.deepEqual(childrenOf(parent), [`corral-${job.id}`]);
    assert.equal(read(`${parent}/corral-${job.id}/pids.max`), "9");
    write(`${parent}/cgroup.kill`, "1");
  });
});
