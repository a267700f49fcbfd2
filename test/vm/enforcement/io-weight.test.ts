import assert from "node:assert/strict";
import { test } from "node:test";
import { sleep, until } from "../../shared/timing.ts";
import {
  assertNear,
  below,
  fixture,
  groupOf,
  outcomeOf,
  read,
  run,
  startJob,
  v2,
  withParent,
  write,
} from "../support.ts";

const disk = "/dev/nvme1n1";
const device = read("/sys/block/nvme1n1/dev");
const reader = (seconds: number): string[] => [fixture("direct-io"), "read", disk, "4096", String(seconds)];

test("--io-weight is not enforceable where no disk has BFQ or io.cost, and an IO priority stands in", async () => {
  const { status, report, stderr } = await run(["--io-weight", "50"], ["ionice"]);
  assert.equal(status, 0);
  const { status: outcome, mechanism, effective, reason } = outcomeOf(report, "io-weight");
  assert.deepEqual([outcome, mechanism, effective], ["not_enforceable", "ionice", "best-effort:3"]);
  assert.equal(reason, "no disk uses BFQ or iocost, so the kernel ignores the weight; an IO priority stands in");
  assert.match(stderr, /^\[corral\] WARNING: io-weight 50: not enforceable/m);
});

test("--io-weight 25 and 75 share a disk with io.cost as 1 to 3", async (t) => {
  await withIoCost(() =>
    withParent(async (parent) => {
      const jobs = ["25", "75"].map((weight) => startJob([...below(parent), "--io-weight", weight], reader(60)));
      const bytesRead = (): number[] => jobs.map((job) => readBytes(groupOf(parent, job)));
      await until("both workloads to read", () => bytesRead().every((bytes) => bytes > 100_000));
      const before = bytesRead();
      await sleep(6000);
      const moved = bytesRead().map((bytes, index) => bytes - (before[index] ?? 0));
      const [first = 0, second = 0] = moved;
      for (const job of jobs) write(`${groupOf(parent, job)}/cgroup.kill`, "1");
      t.diagnostic(
        `${moved.map((bytes) => Math.round(bytes / 6 / 4096)).join(" and ")} blocks/s: ratio ${(second / first).toFixed(2)}`,
      );
      for (const { ended } of jobs) {
        const outcome = outcomeOf((await ended).report, "io-weight");
        assert.deepEqual([outcome.status, outcome.reason], ["applied", "weights count on nvme1n1 only"]);
      }
      assertNear(second / first, 3, 0.3, "ratio of the two");
    }),
  );
});

/** Bytes a group has read from the disk so far; 0 before it has any. */
function readBytes(group: string): number {
  try {
    return Number(new RegExp(`^${device} rbytes=(\\d+)`, "m").exec(read(`${group}/io.stat`))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Switches io.cost on for the disk, with a model so slow that two readers are enough to saturate it. */
async function withIoCost(body: () => Promise<void>): Promise<void> {
  const speeds = "rbps=20000000 rseqiops=300 rrandiops=300 wbps=20000000 wseqiops=300 wrandiops=300";
  write(`${v2}/io.cost.model`, `${device} ctrl=user model=linear ${speeds}`);
  write(`${v2}/io.cost.qos`, `${device} enable=1 ctrl=user min=50.00 max=100.00`);
  try {
    await body();
  } finally {
    write(`${v2}/io.cost.qos`, `${device} enable=0`);
  }
}
