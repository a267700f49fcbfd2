import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../../shared/timing.ts";
import {
  assertApplied,
  assertRefused,
  below,
  childrenOf,
  fixture,
  groupOf,
  isBusy,
  outcomeOf,
  read,
  run,
  startJob,
  v2,
  withParent,
} from "../support.ts";

test("--cpuset keeps every process of the workload on its CPUs, and the workload cannot widen it", async () => {
  const burn = `${fixture("burn-cpu")} 3 2`;
  const script = `${burn}; grep Cpus_allowed_list /proc/self/status; taskset -c 0 true 2>/dev/null; echo taskset $?`;
  const { status, stdout, report } = await run(["--cpuset", "1"], ["sh", "-c", script]);
  assertApplied(report, "cpuset");
  assert.deepEqual([status, outcomeOf(report, "cpuset").effective], [0, "1"]);
  assert.equal(stdout, "cpus 1\nCpus_allowed_list:\t1\ntaskset 1\n");
});

test("without --cpuset two processes spread over both CPUs", async () => {
  const { stdout } = await run(["--cpu-weight", "100"], [fixture("burn-cpu"), "3", "2"]);
  assert.equal(stdout, "cpus 0 1\n");
});

test("--affinity binds the workload too, but the workload may widen it", async () => {
  const script = "grep Cpus_allowed_list /proc/self/status; taskset -c 0 grep Cpus_allowed_list /proc/self/status";
  const { stdout, report } = await run(["--affinity", "1"], ["sh", "-c", script]);
  assertApplied(report, "affinity");
  assert.equal(stdout, "Cpus_allowed_list:\t1\nCpus_allowed_list:\t0\n");
});

test("--cpuset with a CPU that is not there says so and starts the workload without it", async () => {
  const { status, report } = await run(["--cpuset", "0,7"], ["grep", "Cpus_allowed_list", "/proc/self/status"]);
  const { status: outcome, reason } = outcomeOf(report, "cpuset");
  assert.deepEqual([status, outcome, reason], [0, "failed", "the value is out of range for this host (ERANGE)"]);
});

for (const kind of ["root", "isolated"] as const) {
  test(`--cpuset-partition ${kind} takes the CPU away from everybody else`, async () => {
    const end = join(mkdtempSync(join(tmpdir(), "corral-vmtest-")), "end");
    const script = `while [ ! -e ${end} ]; do ${fixture("burn-cpu")} 0.5; done`;
    const job = startJob(["--cpuset", "1", "--cpuset-partition", kind], ["sh", "-c", script]);
    const group = groupOf(v2, job);
    await until("the workload to compute", () => isBusy(group));
    const [partition, others, isolated] = [
      read(`${group}/cpuset.cpus.partition`),
      read(`${v2}/cpuset.cpus.effective`),
      read(`${v2}/cpuset.cpus.isolated`),
    ];
    const own = await run([], ["grep", "Cpus_allowed_list", "/proc/self/status"]);
    writeFileSync(end, "");
    const { stdout, report } = await job.ended;
    assertApplied(report, "cpuset", "cpuset-partition");
    assert.deepEqual([partition, others, isolated], [kind, "0", kind === "isolated" ? "1" : ""]);
    assert.equal(own.stdout, "Cpus_allowed_list:\t0\n");
    assert.match(stdout, /^(cpus 1\n)+$/);
    await until("the CPU to come back", () => read(`${v2}/cpuset.cpus.effective`) === "0-1", 5000);
  });
}

test("--cpuset-partition below a group that is no partition is reported with the kernel's own reason", async () => {
  await withParent(async (parent) => {
    const flags = [...below(parent), "--cpuset", "1", "--cpuset-partition", "root"];
    const { status, report } = await run(flags, ["true"]);
    const outcome = outcomeOf(report, "cpuset-partition");
    assert.deepEqual([status, outcome.status], [0, "failed"]);
    assert.match(outcome.effective ?? "", /^root invalid \(.+\)$/);
  });
});

test("a strict run is refused rather than started outside the partition that was asked for", async () => {
  await withParent(async (parent) => {
    const flags = [...below(parent), "--strict", "--cpuset", "1", "--cpuset-partition", "root"];
    assertRefused(
      await run(flags, ["echo", "ran"]),
      /^not started, because of --strict: cpuset-partition root: failed/,
    );
    assert.deepEqual(childrenOf(parent), []);
  });
});
