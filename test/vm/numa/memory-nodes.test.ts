import assert from "node:assert/strict";
import { test } from "node:test";
import { assertApplied, fixture, outcomeOf, run } from "../support.ts";

/** 16 MiB in pages. */
const pages = 4096;
const touch = [fixture("touch-memory"), "16"];

for (const [node, stdout] of [
  ["0", `node0 ${pages} node1 0\n`],
  ["1", `node0 0 node1 ${pages}\n`],
] as const) {
  test(`--cpuset-mems ${node} places the memory of a workload on node ${node}, whichever CPU it runs on`, async () => {
    for (const cpu of ["0", "1"]) {
      const ran = await run(["--cpuset-mems", node, "--cpuset", cpu], touch);
      assertApplied(ran.report, "cpuset-mems", "cpuset");
      assert.deepEqual([ran.status, ran.stdout], [0, stdout]);
    }
  });
}

test("without --cpuset-mems memory comes from the node of the CPU", async () => {
  const { stdout } = await run(["--cpuset", "1"], touch);
  assert.equal(stdout, `node0 0 node1 ${pages}\n`);
});

test("a list of nodes reads back as the kernel prints it", async () => {
  const { report } = await run(["--cpuset-mems", "0,1"], ["true"]);
  assert.deepEqual(outcomeOf(report, "cpuset-mems"), {
    name: "cpuset-mems",
    requested: "0,1",
    status: "applied",
    mechanism: "cpuset.mems",
    effective: "0-1",
    reason: null,
  });
});

test("--cpuset-mems with a node that is not there is not taken for applied", async () => {
  const { status, report } = await run(["--cpuset-mems", "5"], ["true"]);
  const { status: outcome, reason } = outcomeOf(report, "cpuset-mems");
  assert.deepEqual([status, outcome, reason], [0, "failed", "the kernel refused the value (EINVAL)"]);
});
