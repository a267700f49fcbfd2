import assert from "node:assert/strict";
import { chownSync, mkdirSync } from "node:fs";
import { test } from "node:test";
import {
  assertApplied,
  assertNear,
  assertRefused,
  childrenOf,
  fixture,
  inside,
  outcomeOf,
  read,
  run,
  v2,
  withParent,
} from "../support.ts";

const mib = 2 ** 20;
const user = 1000;
const asUser = ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"];
const groupPath = (directory: string): string => directory.slice(v2.length);

/** Hands a group over as cgroup-v2.rst says, "Model of Delegation": the limits of the group itself stay root's. */
function delegate(group: string): void {
  for (const file of ["", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"]) {
    chownSync(`${group}/${file}`, user, user);
  }
}

/** A delegated group with a session in it: what a user who logs in has. */
function withSession(body: (session: string, delegated: string) => Promise<void>): Promise<void> {
  return withParent(async (parent) => {
    const session = `${parent}/session`;
    mkdirSync(session);
    for (const group of [parent, session]) delegate(group);
    await body(session, parent);
  });
}

test("a user limits memory below a delegated group", async (t) => {
  await withSession(async (session, delegated) => {
    const script = ["sh", "-c", `id -u; cat /proc/self/cgroup; exec ${fixture("touch-memory")} 200`];
    const { status, stdout, report } = await run(["--memory-limit", "64"], script, inside(session, asUser));
    t.diagnostic(`${stdout.split("\n")[1]}: peak ${report.usage.memory_peak_bytes}`);
    assertApplied(report, "memory-limit");
    assert.match(stdout, new RegExp(`^${user}\n0::${groupPath(delegated)}/(session/)?corral-`));
    assert.deepEqual(
      [status, report.exit_reason, report.uid, report.usage.memory_peak_bytes],
      [137, "oom", user, 64 * mib],
    );
    assert.deepEqual([childrenOf(delegated), childrenOf(session)], [["session"], []]);
  });
});

test("a user limits CPU and processes below a delegated group", async (t) => {
  await withSession(async (session) => {
    const script = ["sh", "-c", `${fixture("fork-many")} 20; exec ${fixture("burn-cpu")} 6`];
    const { stdout, report } = await run(["--cpu-quota", "20", "--pids-max", "5"], script, inside(session, asUser));
    const { cpu_user_us: user_, cpu_sys_us: sys } = report.usage;
    const percent = ((user_ ?? 0) + (sys ?? 0)) / (report.duration_sec ?? 0) / 1e4;
    t.diagnostic(`${percent.toFixed(1)} % of a CPU`);
    assertApplied(report, "cpu-quota", "pids-max");
    assert.match(stdout, /^\d children: EAGAIN$/m);
    assertNear(percent, 20, 4, "percent of a CPU");
  });
});

test("a delegated group that holds only Corral is put back as it was", async () => {
  await withParent(async (parent) => {
    delegate(parent);
    const { stdout, report } = await run(["--pids-max", "9"], ["cat", "/proc/self/cgroup"], inside(parent, asUser));
    assertApplied(report, "pids-max");
    assert.match(stdout, new RegExp(`^0::${groupPath(parent)}/corral-`));
    assert.deepEqual([childrenOf(parent), read(`${parent}/cgroup.subtree_control`)], [[], ""]);
  });
});

test("what delegation leaves with root stays out of a user's reach", async () => {
  await withParent(
    async (parent) => {
      delegate(parent);
      const flags = ["--memory-limit", "512"];
      const { status, report } = await run(flags, [fixture("touch-memory"), "400"], inside(parent, asUser));
      assertApplied(report, "memory-limit");
      assert.deepEqual([status, report.exit_reason], [137, "oom"]);
      assert.equal(read(`${parent}/memory.max`), String(256 * mib));
    },
    { "memory.max": String(256 * mib), "memory.swap.max": "0" },
  );
});

test("a controller that a delegated group has not been given costs its own limits only", async () => {
  await withParent(
    async (parent) => {
      const delegated = `${parent}/delegated`;
      mkdirSync(delegated);
      delegate(delegated);
      const flags = ["--memory-limit", "64", "--cpu-weight", "50"];
      const { report } = await run(flags, ["true"], inside(delegated, asUser));
      const [memory, weight] = [outcomeOf(report, "memory-limit"), outcomeOf(report, "cpu-weight")];
      assert.deepEqual([memory.status, weight.status, weight.mechanism], ["applied", "degraded", "nice"]);
      assert.match(weight.reason ?? "", /has not been given the controllers? cpu$/);
    },
    { "cgroup.subtree_control": "+memory" },
  );
});

test("a user outside any delegated group is refused with the exact warning, once, and the command runs", async () => {
  const flags = ["--cpu-quota", "20", "--memory-limit", "64"];
  const { status, stdout, stderr, report } = await run(flags, ["sh", "-c", "echo ran; exit 7"], { through: asUser });
  assert.deepEqual([status, stdout], [7, "ran\n"]);
  const lines = stderr.split("\n");
  assert.equal(lines.filter((line) => line === "[corral] WARNING: Cannot create cgroup (permission denied)").length, 1);
  assert.equal(lines[0], "[corral] WARNING: Cannot create cgroup (permission denied)");
  for (const name of ["cpu-quota", "memory-limit"]) {
    const { status: outcome, mechanism, reason } = outcomeOf(report, name);
    assert.deepEqual([outcome, mechanism], ["not_enforceable", null]);
    assert.match(reason ?? "", /permission/);
  }
});

test("--strict refuses a user outside any delegated group and starts nothing", async () => {
  const flags = ["--strict", "--memory-limit", "64"];
  const ran = await run(flags, ["sh", "-c", "echo ran"], { through: asUser });
  assertRefused(ran, /^not started, because of --strict: memory-limit /);
});
