import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { schedulerLacks } from "../../src/cgroup/cpu/index.ts";
import { openPackageRoot } from "../shared/readable-copy.ts";
import { requires } from "../shared/requires.ts";

const withoutExt = existsSync("/sys/kernel/sched_ext") ? "this kernel has sched_ext: test/vm/scheduler loads it" : null;
const corral = join(openPackageRoot(), "dist/corral.cjs");

test("corral scheduler refuses a kernel without sched_ext and names what it lacks", (t) => {
  if (!requires(t, withoutExt)) return;
  const lacks = schedulerLacks();
  assert.equal(lacks.length, 1);
  const { status, stdout, stderr } = spawnSync(process.execPath, [corral, "scheduler"], { encoding: "utf8" });
  assert.equal(status, 125, stderr);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    new RegExp(`this kernel lacks what the scx scheduler needs: ${lacks[0]?.replace(/[()]/g, "\\$&")}; `),
  );
});

test("corral scheduler refuses a group that is not there before it asks the kernel", () => {
  const { status, stderr } = spawnSync(process.execPath, [corral, "scheduler", "--group", "no/such/group"], {
    encoding: "utf8",
  });
  assert.equal(status, 2, stderr);
  assert.match(stderr, /--group names no cgroup v2 group: "\/sys\/fs\/cgroup\/no\/such\/group"/);
});
