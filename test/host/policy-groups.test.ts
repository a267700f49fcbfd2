import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ProcessIdentity } from "../../src/kernel/index.ts";
import { identityOf } from "../../src/kernel/index.ts";
import type { Action, ActionContext } from "../../src/policy/index.ts";
import { openActions } from "../../src/policy/index.ts";
import { host } from "../shared/group-parent.ts";
import { killQuietly } from "../shared/processes.ts";
import { controller, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const context: ActionContext = {
  requestId: "r-1",
  ackTimeoutMs: 1000,
  dryRun: false,
  othersInGroup: false,
  signal: null,
};
const freezeFor = (mostMs: number): Action => ({ do: "freeze", mostMs });
const freezeInChild = "CORRAL_TEST_FREEZE";

/** This file as a program: freezes the group it is told and waits to be killed. */
async function freezeAndWait(path: string): Promise<never> {
  const actions = openActions({ workloads: null });
  const { outcome } = await actions.performOnGroup({ do: "freeze", mostMs: 60_000 }, path, context);
  process.stdout.write(`${outcome}\n`);
  return new Promise(() => setInterval(() => {}, 1000));
}

if (process.env[freezeInChild] !== undefined) await freezeAndWait(process.env[freezeInChild]);

interface TestGroup {
  readonly directory: string;
  /** Below the mount. */
  readonly path: string;
  /** A process in it. */
  readonly identity: ProcessIdentity;
}

const pids: number[] = [];
const groups: string[] = [];

after(async () => {
  for (const pid of pids) killQuietly(pid);
  for (const group of groups.toReversed()) {
    await until(`${group} to be empty`, () => readFileSync(`${group}/cgroup.procs`, "latin1") === "");
    rmdirSync(group);
  }
});

function startSleep(): ProcessIdentity {
  const { pid = 0 } = spawn("sleep", ["600"], { stdio: "ignore" });
  pids.push(pid);
  const identity = identityOf(pid);
  assert.ok(identity);
  return identity;
}

const joinGroup = (group: string, pid: number): void => writeFileSync(`${group}/cgroup.procs`, String(pid));

/** A group of our own below the mount of a hierarchy, with a process. */
function makeGroup(mountPoint: string, name: string): TestGroup {
  const path = `/corral-policy-test-${process.pid}-${name}`;
  const directory = `${mountPoint}${path}`;
  mkdirSync(directory);
  groups.push(directory);
  const identity = startSleep();
  joinGroup(directory, identity.pid);
  return { directory, path, identity };
}

async function act(action: Action, identity: ProcessIdentity, change: Partial<ActionContext> = {}) {
  await using actions = openActions({ workloads: null });
  return actions.perform(action, { identity, enrolment: null }, { ...context, ...change });
}

const unifiedMount = host.unified?.mountPoint ?? "";
const noUnified = host.unified === null ? "no cgroup v2 mount" : null;
const frozenV2 = (directory: string): boolean =>
  readFileSync(`${directory}/cgroup.events`, "latin1").includes("frozen 1");

test("a v2 group is frozen, says how many processes it holds, and goes on when the actions are closed", async (t) => {
  if (!requires(t, root(), noUnified)) return;
  const { directory, path, identity } = makeGroup(unifiedMount, "freeze");
  {
    await using actions = openActions({ workloads: null });
    const result = await actions.perform(freezeFor(60_000), { identity, enrolment: null }, context);
    assert.deepEqual([result.outcome, result.reason], ["applied", "the group is frozen, for 1 min 0 s at most"]);
    assert.deepEqual(result.affected, { path, processes: 1 });
    assert.ok(frozenV2(directory));
  }
  await until("the group to go on", () => !frozenV2(directory));
});

test("a freeze ends after its time, and a thaw ends it before", async (t) => {
  if (!requires(t, root(), noUnified)) return;
  const { directory, identity } = makeGroup(unifiedMount, "bounded");
  await using actions = openActions({ workloads: null });
  const target = { identity, enrolment: null };
  assert.equal((await actions.perform(freezeFor(100), target, context)).outcome, "applied");
  await until("the time to be over", () => !frozenV2(directory));
  assert.equal((await actions.perform(freezeFor(60_000), target, context)).outcome, "applied");
  const thawed = await actions.perform({ do: "thaw" }, target, context);
  assert.deepEqual([thawed.outcome, frozenV2(directory)], ["applied", false]);
  const again = await actions.perform({ do: "thaw" }, target, context);
  assert.deepEqual([again.outcome, again.reason], ["applied_no_gain", "the group was not frozen"]);
});

test("a group that Corral froze goes on when Corral is killed", async (t) => {
  if (!requires(t, root(), noUnified)) return;
  const { directory, path } = makeGroup(unifiedMount, "death");
  const corral = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    env: { ...process.env, [freezeInChild]: path, NODE_TEST_CONTEXT: "" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = await new Promise((resolve) => corral.stdout.once("data", resolve));
  assert.equal(String(said), "applied\n");
  assert.ok(frozenV2(directory));
  corral.kill("SIGKILL");
  await until("somebody to thaw it", () => !frozenV2(directory));
});

test("a v1 freezer group is frozen and thawed as well", async (t) => {
  const freezer = host.owner.freezer;
  if (!requires(t, root(), controller("freezer"), freezer?.version === 1 ? null : "the freezer is not on v1")) return;
  const { directory, path, identity } = makeGroup(freezer?.mountPoint ?? "", "freezer");
  const state = (): string => readFileSync(`${directory}/freezer.state`, "latin1").trim();
  await using actions = openActions({ workloads: null });
  const frozen = await actions.perform(freezeFor(60_000), { identity, enrolment: null }, context);
  assert.deepEqual([frozen.outcome, frozen.affected?.path, state()], ["applied", path, "FROZEN"]);
  actions.close();
  assert.equal(state(), "THAWED");
});

test("a group that holds others than the target and its descendants is left alone unless the rule says so", async (t) => {
  if (!requires(t, root(), noUnified)) return;
  const { directory, path, identity } = makeGroup(unifiedMount, "shared");
  joinGroup(directory, startSleep().pid);
  const refused = await act(freezeFor(1000), identity);
  assert.equal(refused.outcome, "rejected");
  assert.match(refused.reason, new RegExp(`^${path} also holds process \\d+ that the rule did not select$`));
  assert.ok(!frozenV2(directory));
  const allowed = await act(freezeFor(1000), identity, { othersInGroup: true, dryRun: true });
  assert.deepEqual([allowed.outcome, allowed.affected], ["dry_run", { path, processes: 2 }]);
  assert.equal(allowed.reason, `would write 1 to ${directory}/cgroup.freeze, of 2 processes`);
});

test("the root group and a group that Corral is in are never touched", async (t) => {
  if (!requires(t, root(), noUnified)) return;
  await using actions = openActions({ workloads: null });
  const onRoot = await actions.performOnGroup({ do: "freeze", mostMs: 1000 }, "/", context);
  assert.equal(onRoot.outcome, "rejected");
  const directory = `${unifiedMount}/corral-policy-test-${process.pid}-ours`;
  const own = host.unified?.ownDirectory ?? unifiedMount;
  mkdirSync(directory);
  try {
    joinGroup(directory, process.pid);
    const result = await actions.performOnGroup({ do: "freeze", mostMs: 1000 }, directory.slice(unifiedMount.length), {
      ...context,
      othersInGroup: true,
    });
    assert.deepEqual([result.outcome, frozenV2(directory)], ["rejected", false]);
    assert.match(result.reason, /holds Corral itself/);
  } finally {
    joinGroup(own, process.pid);
    rmdirSync(directory);
  }
});

test("a path that is none, and a group that is not there, are told as such", async (t) => {
  if (!requires(t, noUnified)) return;
  await using actions = openActions({ workloads: null });
  const bad = await actions.performOnGroup({ do: "thaw" }, "/a/../b", context);
  assert.deepEqual([bad.outcome, bad.reason], ["error", '"/a/../b" is not the path of a control group']);
  const absent = await actions.performOnGroup({ do: "thaw" }, "/corral-policy-test-absent", context);
  assert.equal(absent.outcome, "rejected");
});

test("a weight is set and put back, unless somebody else has set it since", async (t) => {
  const cpu = host.owner.cpu;
  if (!requires(t, root(), controller("cpu"), cpu?.version === 1 ? null : "the cpu controller is not on v1")) return;
  const { directory, identity } = makeGroup(cpu?.mountPoint ?? "", "weight");
  const shares = (): string => readFileSync(`${directory}/cpu.shares`, "latin1").trim();
  const weight: Action = { do: "weight", cpuWeight: 50, ioWeight: null };
  const actions = openActions({ workloads: null });
  const result = await actions.perform(weight, { identity, enrolment: null }, context);
  assert.deepEqual([result.outcome, result.reason, shares()], ["applied", "cpu.shares is 512 now, it was 1024", "512"]);
  actions.close();
  assert.equal(shares(), "1024");
  const again = openActions({ workloads: null });
  await again.perform(weight, { identity, enrolment: null }, context);
  writeFileSync(`${directory}/cpu.shares`, "777");
  again.close();
  assert.equal(shares(), "777");
});

test("on cgroup v1 reclaim and memory.high are refused with the reason", async (t) => {
  const memory = host.owner.memory;
  if (!requires(t, root(), controller("memory"), memory?.version === 1 ? null : "the memory controller is not on v1"))
    return;
  const { identity } = makeGroup(memory?.mountPoint ?? "", "memory");
  const reclaim = await act({ do: "reclaim", bytes: 4096, fractionOfCurrent: null, swappiness: null }, identity);
  assert.deepEqual(
    [reclaim.outcome, reclaim.reason],
    ["rejected", "cgroup v1 has no memory.reclaim; advise the processes to page out instead"],
  );
  const high = await act({ do: "memory_high", percentOfCurrent: 90, leastBytes: 0, mostBytes: null }, identity);
  assert.equal(high.outcome, "rejected");
  assert.match(high.reason, /has no memory\.high/);
  assert.ok(existsSync(`/proc/${identity.pid}`));
});
