import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { holdShortSlice, requireAddon } from "../../src/kernel/index.ts";

const thisThread = 0;
const { runtimeNs: plainNs, policy, nice } = requireAddon().schedGetattr(thisThread);
const skip =
  plainNs <= 100_000n || policy !== 0 || nice !== 0 ? "needs Linux 6.12 and a thread of plain scheduling" : false;

const sliceNs = (tid = thisThread): bigint => requireAddon().schedGetattr(tid).runtimeNs;

test("the slice is short until the last holder gives it back, and children have the plain one", { skip }, async () => {
  const [first, second] = [holdShortSlice(), holdShortSlice()];
  try {
    assert.equal(sliceNs(), 100_000n);
    const child = spawn("sleep", ["60"]);
    try {
      await once(child, "spawn");
      assert.equal(sliceNs(child.pid), plainNs);
    } finally {
      child.kill();
      await once(child, "exit");
    }
    first();
    first();
    assert.equal(sliceNs(), 100_000n);
  } finally {
    first();
    second();
  }
  assert.equal(sliceNs(), plainNs);
});

test("what others changed meanwhile is left as it is", { skip }, () => {
  const giveBack = holdShortSlice();
  requireAddon().schedSetDeadline(thisThread, 0, 1, 1_000_000n, 0n, 0n);
  giveBack();
  assert.equal(sliceNs(), 1_000_000n);
});
