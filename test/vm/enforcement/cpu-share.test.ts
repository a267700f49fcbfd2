import assert from "node:assert/strict";
import { test } from "node:test";
import { sleep, until } from "../../shared/timing.ts";
import {
  assertApplied,
  assertNear,
  below,
  fixture,
  groupOf,
  isBusy,
  isStarted,
  type Job,
  outcomeOf,
  type Ran,
  read,
  sampleCpu,
  startJob,
  withParent,
  write,
} from "../support.ts";

interface Contest {
  /** Percent of the one CPU that the second workload got while both wanted all of it. */
  readonly secondPercent: number;
  readonly first: Ran;
  readonly second: Ran;
  /** cpu.weight of the second group while it ran. */
  readonly secondWeight: string;
}

/** Two workloads on one CPU, each with flags of its own, measured from one process that sleeps meanwhile. */
function contest(firstFlags: readonly string[], secondFlags: readonly string[]): Promise<Contest> {
  return withParent(async (parent) => {
    const [first, second] = [firstFlags, secondFlags].map((flags) =>
      startJob([...below(parent), "--cpuset", "0", ...flags], [fixture("burn-cpu"), "60"]),
    );
    assert.ok(first && second);
    const groups = [groupOf(parent, first), groupOf(parent, second)];
    await until("both workloads", () => isBusy(groups[0] ?? "") && isStarted(groups[1] ?? ""));
    await sleep(1500);
    const { usageUs, wallUs } = await sampleCpu(groups, 4);
    const secondWeight = read(`${groups[1]}/cpu.weight`);
    const [one, two] = [usageUs[0] ?? 0, usageUs[1] ?? 0];
    assert.ok(one + two > 0.85 * wallUs, `the two used ${Math.round((100 * (one + two)) / wallUs)} % of the CPU`);
    const [firstRan, secondRan] = await endAll([first, second], groups);
    assert.ok(firstRan && secondRan);
    return { secondPercent: (100 * two) / (one + two), secondWeight, first: firstRan, second: secondRan };
  });
}

/** Kills what is in the groups until the jobs have ended: one that had no CPU yet may only now begin. */
async function endAll(jobs: readonly Job[], groups: readonly string[]): Promise<readonly Ran[]> {
  const ended = Promise.all(jobs.map((job) => job.ended));
  let isOver = false;
  void ended.finally(() => {
    isOver = true;
  });
  await until("the jobs to end", () => {
    for (const group of groups) killGroup(group);
    return isOver;
  });
  return ended;
}

function killGroup(group: string): void {
  try {
    write(`${group}/cgroup.kill`, "1");
  } catch {
    // Its job has ended and removed it.
  }
}

test("--cpu-weight 100 and 300 share one CPU as 1 to 3", async (t) => {
  const { secondPercent, first, second } = await contest(["--cpu-weight", "100"], ["--cpu-weight", "300"]);
  t.diagnostic(`${secondPercent.toFixed(1)} % for the weight of 300`);
  assertApplied(first.report, "cpu-weight", "cpuset");
  assertApplied(second.report, "cpu-weight", "cpuset");
  assertNear(secondPercent, 75, 5, "percent for the weight of 300");
});

test("--cpu-idle leaves the CPU to a workload that wants all of it", async (t) => {
  const { secondPercent, second } = await contest(["--cpu-weight", "100"], ["--cpu-idle"]);
  t.diagnostic(`${secondPercent.toFixed(2)} % for the idle workload`);
  assertApplied(second.report, "cpu-idle");
  assert.ok(secondPercent < 3, `${secondPercent.toFixed(2)} %`);
});

test("--nice beside a quota becomes the weight of the group and decides against other groups", async (t) => {
  const { secondPercent, second, secondWeight } = await contest(
    ["--cpu-weight", "100"],
    ["--nice", "5", "--cpu-quota", "100"],
  );
  const wanted = (100 * Number(secondWeight)) / (100 + Number(secondWeight));
  t.diagnostic(`${secondPercent.toFixed(1)} % for nice 5 (cpu.weight ${secondWeight})`);
  const nice = outcomeOf(second.report, "nice");
  assert.deepEqual(
    [nice.status, nice.mechanism, nice.effective, nice.reason],
    ["applied", "cpu.weight.nice", "5", "inside a cpu group nice acts as the group's weight"],
  );
  assertNear(secondPercent, wanted, 5, "percent for nice 5");
});
