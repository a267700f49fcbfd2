import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { test } from "node:test";
import { until } from "../../shared/timing.ts";
import { ownCorral, placeOf, startStranger } from "../attached.ts";
import { assertNear, childrenOf, fixture, isBusy, sampleCpu, v2, withParent } from "../support.ts";

/** Two threads that compute, beside those of Node. */
const threaded = [
  process.execPath,
  "-e",
  `const { Worker } = require("node:worker_threads");
   for (let i = 0; i < 2; i++) new Worker("for (;;);", { eval: true });`,
];

/** Puts a quota on a process that computes, measures it, gives it back. */
async function assertQuotaHolds(pid: number, jobId: string, group: string, t: { diagnostic(text: string): void }) {
  using corral = ownCorral();
  const from = placeOf(pid);
  const attached = corral.run(
    "attach",
    "--pid",
    String(pid),
    "--job-id",
    jobId,
    "--cpu-quota",
    "20",
    "--strict",
    "--once",
  );
  assert.equal(attached.status, 0, attached.err);
  assert.equal(placeOf(pid), group.slice(v2.length));
  await until("it to compute in its group", () => isBusy(group));
  const { usageUs, wallUs } = await sampleCpu([group], 5);
  const percent = (100 * (usageUs[0] ?? 0)) / wallUs;
  t.diagnostic(`${percent.toFixed(2)} % of a CPU`);
  assertNear(percent, 20, 3, "percent of a CPU");
  const detached = corral.run("detach", jobId);
  assert.equal(detached.status, 0, detached.err);
  assert.deepEqual([placeOf(pid), existsSync(group)], [from, false]);
}

test("a process of the root group is put under a quota that holds, and goes back to the root", async (t) => {
  await using stranger = await startStranger(v2, [fixture("burn-cpu"), "200"]);
  await assertQuotaHolds(stranger.pid, "from-root", `${v2}/corral-from-root`, t);
  assert.equal(placeOf(stranger.pid), "/");
});

test("a process of a nested group is limited beside that group, and goes back into it", async (t) => {
  await withParent(async (parent) => {
    const nested = `${parent}/nested`;
    mkdirSync(nested);
    await using stranger = await startStranger(nested, [fixture("burn-cpu"), "200"]);
    await assertQuotaHolds(stranger.pid, "from-nested", `${parent}/corral-from-nested`, t);
    assert.deepEqual(childrenOf(parent), ["nested"]);
  });
});

test("all threads of a process are under the quota together", async (t) => {
  await withParent(async (parent) => {
    const nested = `${parent}/threads`;
    mkdirSync(nested);
    await using stranger = await startStranger(nested, threaded);
    await assertQuotaHolds(stranger.pid, "threads", `${parent}/corral-threads`, t);
  });
});
