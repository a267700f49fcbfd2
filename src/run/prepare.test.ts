import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { specOf } from "../../test/shared/made-spec.ts";
import type { Controller, Hierarchy, Limits } from "../cgroup/index.ts";
import { GroupHandle } from "../cgroup/index.ts";
import type { LauncherSet } from "../kernel/index.ts";
import { lookOnly, planSites } from "./group-setup.ts";
import type { HostFacts } from "./plan.ts";
import { planRun } from "./plan.ts";
import { prepareLimits, settleOutcomes } from "./prepare.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "corral-prepare-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A v1 host whose hierarchies are folders of the temporary directory. */
function hostOf(names: readonly Controller[]): HostFacts {
  const hierarchies = names.map((name): Hierarchy => {
    const mountPoint = join(root, name);
    mkdirSync(mountPoint);
    return { version: 1, mountPoint, controllers: [name], ownDirectory: mountPoint, readOnly: false };
  });
  const owner = Object.fromEntries(hierarchies.map((one) => [one.controllers[0], one]));
  return { cgroups: { kind: "v1", hierarchies, unified: null, owner }, weightedDisks: [], autogroup: false };
}

/** A group with empty control files, as if it had just been made. */
function groupOf(files: Readonly<Partial<Record<Controller, readonly string[]>>>): GroupHandle {
  const names = Object.entries(files) as [Controller, readonly string[]][];
  return new GroupHandle(
    names.map(([controller, controlFiles]) => {
      const path = join(root, controller, "corral-j");
      mkdirSync(path, { recursive: true });
      for (const file of controlFiles) writeFileSync(join(path, file), "");
      const { dev, ino } = statSync(path);
      return { path, version: 1, controllers: [controller], device: dev, inode: ino };
    }),
  );
}

const quota: Limits = { cpuMax: { quotaUs: 50_000, periodUs: 100_000 } };
const quotaApplied = {
  name: "cpu-quota",
  requested: "50% (50000 us per 100000 us)",
  status: "applied",
  mechanism: "cpu.cfs_period_us, cpu.cfs_quota_us",
  effective: "100000 50000",
  reason: null,
};

test("beside a quota nice is written as the group's weight, and its one outcome says so", () => {
  const facts = hostOf(["cpu"]);
  const spec = specOf(quota, { nice: 5 });
  const plan = planRun(spec, facts);
  const group = groupOf({ cpu: ["cpu.cfs_period_us", "cpu.cfs_quota_us", "cpu.shares"] });
  const prepared = prepareLimits(plan, spec, facts, { group, unavailable: new Map(), denied: false }, true);
  const sets: LauncherSet[] = [{ name: "nice", errno: 0, code: null, effective: "5" }];
  expect(settleOutcomes(prepared, plan, facts, sets)).toEqual([
    quotaApplied,
    {
      name: "nice",
      requested: "5",
      status: "applied",
      mechanism: "cpu.shares",
      effective: "335",
      reason: "inside a cpu group nice acts as the group's weight",
    },
  ]);
  expect(readFileSync(join(root, "cpu/corral-j/cpu.shares"), "utf8")).toBe("335");
});

test("a weight that could not be written leaves nice to order tasks inside the group", () => {
  const facts = hostOf(["cpu"]);
  const spec = specOf(quota, { nice: 5 });
  const plan = planRun(spec, facts);
  const group = groupOf({ cpu: ["cpu.cfs_period_us", "cpu.cfs_quota_us"] });
  const prepared = prepareLimits(plan, spec, facts, { group, unavailable: new Map(), denied: false }, true);
  const sets: LauncherSet[] = [{ name: "nice", errno: 0, code: null, effective: "5" }];
  expect(settleOutcomes(prepared, plan, facts, sets)).toEqual([
    quotaApplied,
    {
      name: "nice",
      requested: "5",
      status: "applied",
      mechanism: "setpriority",
      effective: "5",
      reason: "orders tasks inside the group; against others the group's cpu weight decides",
    },
  ]);
});

test("limits of a group that the workload could not join have failed, the others stand", () => {
  const facts = hostOf(["memory", "pids"]);
  const spec = specOf({ memoryMax: 4096, pidsMax: 5 });
  const plan = planRun(spec, facts);
  const group = groupOf({ memory: ["memory.limit_in_bytes"], pids: ["pids.max"] });
  const prepared = prepareLimits(plan, spec, facts, { group, unavailable: new Map(), denied: false }, true);
  const sets: LauncherSet[] = [
    { name: "join", errno: 16, code: "EBUSY", effective: `${root}/memory/corral-j/tasks` },
    { name: "join", errno: 0, code: null, effective: `${root}/pids/corral-j/tasks` },
  ];
  expect(settleOutcomes(prepared, plan, facts, sets).map(({ name, status, reason }) => [name, status, reason])).toEqual(
    [
      ["memory-limit", "failed", "the workload could not join the group (EBUSY)"],
      ["pids-max", "applied", null],
    ],
  );
});

test("an attribute that stands in for a limit is set, and told by the limit's outcome alone", () => {
  const facts = hostOf(["cpu"]);
  const spec = specOf({ cpuWeight: 50 });
  const plan = planRun(spec, facts);
  const unavailable = new Map<Controller, string>([["cpu", "no permission"]]);
  const prepared = prepareLimits(plan, spec, facts, { group: null, unavailable, denied: true }, true);
  const sets: LauncherSet[] = [{ name: "nice", errno: 0, code: null, effective: "3" }];
  expect([prepared.attributes.nice, [...prepared.standIns], prepared.denied]).toEqual([3, ["nice"], true]);
  expect(settleOutcomes(prepared, plan, facts, sets)).toEqual([
    {
      name: "cpu-weight",
      requested: "50",
      status: "degraded",
      mechanism: "nice",
      effective: "3",
      reason: "no permission",
    },
  ]);
});

const sitesFor = (facts: HostFacts, limits: Limits, cgroupParent: string | null) =>
  planSites({
    plan: planRun(specOf(limits), facts),
    host: facts.cgroups,
    jobId: "j",
    cgroupParent,
    unifiedParent: null,
    ...lookOnly,
  });

test("a group has a directory in every hierarchy that a limit needs or that counts, and planning makes none", () => {
  const facts = hostOf(["cpu", "memory", "pids", "freezer"]);
  const { sites, refusals } = sitesFor(facts, { memoryMax: 4096 }, null);
  expect(sites.map(({ parent, controllers, optional }) => [parent.directory, controllers, optional])).toEqual([
    [join(root, "memory"), ["memory"], []],
    [join(root, "pids"), [], ["pids"]],
  ]);
  expect(refusals).toEqual([]);
  expect(readdirSync(join(root, "memory"))).toEqual([]);
});

test("a parent must exist where a limit needs it, and only there", () => {
  const facts = hostOf(["memory", "pids"]);
  mkdirSync(join(root, "memory/jobs"));
  const { sites } = sitesFor(facts, { memoryMax: 4096 }, "/jobs");
  expect(sites.map(({ parent }) => parent.directory)).toEqual([join(root, "memory/jobs")]);
  expect(() => sitesFor(facts, { pidsMax: 5 }, "/jobs")).toThrow(
    expect.objectContaining({
      code: "CGROUP_PARENT",
      message: `the parent group "${root}/pids/jobs" does not exist`,
    }),
  );
});

test("a hierarchy that may not be written is a refusal of the controllers needed there", () => {
  const facts = hostOf(["memory"]);
  const [memory] = facts.cgroups.hierarchies;
  if (memory === undefined) throw new Error("the host has one hierarchy");
  const readOnly = { ...memory, readOnly: true };
  const cgroups = { ...facts.cgroups, hierarchies: [readOnly], owner: { memory: readOnly } };
  expect(sitesFor({ ...facts, cgroups }, { memoryMax: 4096 }, null)).toEqual({
    sites: [],
    refusals: [{ controllers: ["memory"], reason: `${root}/memory is mounted read-only`, denied: true }],
  });
});
