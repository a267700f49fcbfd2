import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../shared/timing.ts";
import {
  assertApplied,
  assertNear,
  below,
  fixture,
  groupOf,
  isBusy,
  outcomeOf,
  run,
  sampleCpu,
  startJob,
  withParent,
  write,
} from "../support.ts";

// Long enough for so many periods that one more or less is within the tolerance.
for (const { flags, effective, percent, budgetUs, seconds } of [
  { flags: ["--cpu-quota", "20"], effective: "20000 100000", percent: 20, budgetUs: 20_000, seconds: 4 },
  { flags: ["--cpu-max", "120000 400000"], effective: "120000 400000", percent: 30, budgetUs: 120_000, seconds: 6 },
]) {
  test(`${flags.join(" ")} holds the workload to ${percent} % of a CPU`, async (t) => {
    await withParent(async (parent) => {
      const job = startJob([...below(parent), ...flags], [fixture("burn-cpu"), "60"]);
      const group = groupOf(parent, job);
      await until("the workload to compute", () => isBusy(group));
      const { usageUs, wallUs, periods } = await sampleCpu([group], seconds);
      write(`${group}/cgroup.kill`, "1");
      const { report } = await job.ended;
      const used = usageUs[0] ?? 0;
      t.diagnostic(
        `${((100 * used) / wallUs).toFixed(2)} % of wall time; ${((100 * used) / (periods * budgetUs)).toFixed(1)} % of the budget of ${periods} periods`,
      );
      assertApplied(report, "cpu-quota");
      assert.equal(outcomeOf(report, "cpu-quota").effective, effective);
      assertNear((100 * used) / wallUs, percent, 3, "percent of a CPU");
      assert.ok((report.usage.nr_throttled ?? 0) > periods / 2, `throttled in ${report.usage.nr_throttled} periods`);
      assert.ok((report.usage.throttled_us ?? 0) > 0);
    });
  });
}

test("--cpu-burst lets short spikes pass that the quota alone throttles", async (t) => {
  // Not in step with the period of 100 ms: a spike that a period's end cuts in half is no burst.
  // 30 ms less than quota and burst together: a thread that changes its CPU leaves slices of the quota behind (kernel/sched/fair.c).
  const spikes = [fixture("burn-cpu"), "spikes", "12", "70", "247"];
  const statistics = "cat /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/cpu.stat";
  const command = ["sh", "-c", `${spikes.join(" ")}; ${statistics}`];
  const quota = ["--cpu-quota", "50"];
  const without = await run(quota, command);
  const withBurst = await run([...quota, "--cpu-burst", "50ms"], command);
  const bursts = Number(/^nr_bursts (\d+)$/m.exec(withBurst.stdout)?.[1]);
  const throttled = [without, withBurst].map(({ report }) => report.usage.nr_throttled ?? -1);
  t.diagnostic(`throttled in ${throttled.join(" and ")} periods without and with burst; ${bursts} bursts`);
  assertApplied(withBurst.report, "cpu-quota", "cpu-burst");
  assert.equal(outcomeOf(withBurst.report, "cpu-burst").effective, "50000");
  assert.match(without.stdout, /^nr_bursts 0$/m);
  assert.ok(bursts >= 5, `${bursts} bursts`);
  assert.ok((throttled[1] ?? 0) < (throttled[0] ?? 0) / 2, `throttled in ${throttled.join(" and ")} periods`);
});
