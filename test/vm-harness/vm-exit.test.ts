import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { test } from "node:test";
import { buildGuestProgram } from "../../vm/index.ts";

test("the program that ends a guest is compiled once and refuses to run by accident", async () => {
  const path = await buildGuestProgram("vmexit");
  assert.match(path, /\/prebuilds\/linux-x64\/corral-vmexit$/);
  const { mtimeMs } = statSync(path);
  assert.equal(await buildGuestProgram("vmexit"), path);
  assert.equal(statSync(path).mtimeMs, mtimeMs);
  const { status, stderr } = spawnSync(path, { encoding: "utf8" });
  assert.deepEqual([status, stderr], [2, "usage: corral-vmexit NONCE STATUS\n"]);
});
