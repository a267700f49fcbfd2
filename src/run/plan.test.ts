import { expect, test } from "vitest";
import { specOf } from "../../test/shared/made-spec.ts";
import type { Controller, Disk, Hierarchy, HostCgroups, Limits } from "../cgroup/index.ts";
import type { ConstraintOutcome } from "../report/index.ts";
import type { HostFacts } from "./plan.ts";
import { judgeIoWeight, planFallbacks, planRun, weightToIoPriority } from "./plan.ts";
import type { ProcessAttributes, RunSpec } from "./spec.ts";
import { noAttributes } from "./spec.ts";

const hierarchy = (version: 1 | 2, name: string, controllers: readonly Controller[]): Hierarchy => ({
  version,
  mountPoint: `/cg${name}`,
  controllers,
  ownDirectory: `/cg${name}`,
  readOnly: false,
});

function hostOf(kind: HostCgroups["kind"], hierarchies: readonly Hierarchy[]): HostFacts {
  const owner = Object.fromEntries(hierarchies.flatMap((one) => one.controllers.map((name) => [name, one])));
  const unified = hierarchies.find(({ version }) => version === 2) ?? null;
  return { cgroups: { kind, hierarchies, unified, owner }, weightedDisks: [], autogroup: false };
}

const v2 = hostOf("v2", [hierarchy(2, "", ["cpuset", "cpu", "io", "memory", "pids"])]);
const v1 = hostOf("v1", [
  hierarchy(1, "/cpu", ["cpu"]),
  hierarchy(1, "/memory", ["memory"]),
  hierarchy(1, "/pids", ["pids"]),
]);

const shape = (spec: RunSpec, facts: HostFacts) => {
  const { group, needed, wanted } = planRun(spec, facts);
  return { group, needed, wanted };
};

test("without limits and without a report no group is made", () => {
  expect(shape(specOf({}), v2)).toEqual({ group: false, needed: [], wanted: [] });
});

test("a report wants every controller that counts; v1's cpu counts nothing without a quota", () => {
  expect(shape(specOf({}, {}, true), v2)).toEqual({ group: true, needed: [], wanted: ["cpu", "memory", "io", "pids"] });
  expect(shape(specOf({}, {}, true), v1)).toEqual({ group: true, needed: [], wanted: ["memory", "pids"] });
});

test("a limit needs its controller, and the group counts the rest", () => {
  expect(shape(specOf({ memoryMax: 4096 }), v2)).toEqual({
    group: true,
    needed: ["memory"],
    wanted: ["cpu", "io", "pids"],
  });
});

test("limits that nothing here enforces make no group", () => {
  const plan = planRun(specOf({ oomGroup: true }), v1);
  expect([plan.group, plan.settled.map(({ status }) => status)]).toEqual([false, ["not_enforceable"]]);
});

/** [limits, nice becomes a weight] */
test.each<[Limits, boolean]>([
  [{}, false],
  [{ memoryMax: 4096 }, false],
  [{ cpuMax: { quotaUs: 1000, periodUs: 100_000 } }, true],
  [{ cpuMax: { quotaUs: 1000, periodUs: 100_000 }, cpuWeight: 10 }, false],
  [{ cpuMax: { quotaUs: 1000, periodUs: 100_000 }, cpuIdle: true }, false],
  [{ cpuWeight: 10 }, false],
])("beside %j nice becomes the group's weight: %s", (limits, becomes) => {
  const plan = planRun(specOf(limits, { nice: 5 }), v2);
  expect(plan.niceBecameWeight).toBe(becomes);
  expect(plan.limits.planned.some(({ key }) => key === "cpuWeightNice")).toBe(becomes);
});

const fallbacks = (limits: Limits, attributes: Partial<ProcessAttributes> = {}, standIns = true) => {
  const spec = specOf(limits, attributes);
  const reasons = new Map<Controller, string>(
    (["cpu", "cpuset", "io", "memory"] as const).map((one) => [one, "no group"]),
  );
  return planFallbacks(planRun(spec, v2), spec, reasons, standIns);
};

const outcome = (part: Partial<ConstraintOutcome>): ConstraintOutcome => ({
  name: "",
  requested: "",
  status: "degraded",
  mechanism: null,
  effective: null,
  reason: "no group",
  ...part,
});

test("without a cpu group a weight becomes a nice value", () => {
  expect(fallbacks({ cpuWeight: 50 })).toEqual({
    attributes: { ...noAttributes, nice: 3 },
    outcomes: [outcome({ name: "cpu-weight", requested: "50", mechanism: "nice", effective: "3" })],
  });
});

test("without a cpuset group the CPUs become an affinity, which the workload can undo", () => {
  expect(fallbacks({ cpusetCpus: "0-1" })).toEqual({
    attributes: { ...noAttributes, affinity: "0-1" },
    outcomes: [
      outcome({
        name: "cpuset",
        requested: "0-1",
        mechanism: "sched_setaffinity",
        effective: "0-1",
        reason: "no group; an affinity can be widened again by the workload",
      }),
    ],
  });
});

test("without an io group a weight becomes an IO priority", () => {
  expect(fallbacks({ ioWeight: 50 })).toEqual({
    attributes: { ...noAttributes, ioPriority: { class: "best-effort", level: 3 } },
    outcomes: [outcome({ name: "io-weight", requested: "50", mechanism: "ionice", effective: "best-effort:3" })],
  });
});

test("nothing stands in for a memory limit or a quota", () => {
  const { attributes, outcomes } = fallbacks({ memoryMax: 4096, cpuMax: { quotaUs: 50_000, periodUs: 100_000 } });
  expect(attributes).toEqual(noAttributes);
  expect(outcomes).toEqual([
    outcome({ name: "cpu-quota", requested: "50% (50000 us per 100000 us)", status: "not_enforceable" }),
    outcome({ name: "memory-limit", requested: "4 KiB", status: "not_enforceable" }),
  ]);
});

test("a value that the user gave himself is never replaced", () => {
  const own = { nice: 7, affinity: "0", ioPriority: { class: "idle", level: 0 } } as const;
  const { attributes, outcomes } = fallbacks({ cpuWeight: 50, cpusetCpus: "0-1", ioWeight: 50 }, own);
  expect(attributes).toEqual({ ...noAttributes, ...own });
  expect(outcomes.map(({ status }) => status)).toEqual(["not_enforceable", "not_enforceable", "not_enforceable"]);
});

test("nice that cannot become a weight stays nice, without an outcome for the weight", () => {
  const { outcomes } = fallbacks({ cpuMax: { quotaUs: 50_000, periodUs: 100_000 } }, { nice: 5 });
  expect(outcomes.map(({ name }) => name)).toEqual(["cpu-quota"]);
});

test("nothing stands in once the process has its attributes, and each limit still has one outcome", () => {
  const limits: Limits = { cpuMax: { quotaUs: 50_000, periodUs: 100_000 }, cpusetCpus: "0", ioWeight: 50 };
  const { attributes, outcomes } = fallbacks(limits, { nice: 5 }, false);
  expect(attributes).toEqual({ ...noAttributes, nice: 5 });
  expect(outcomes.map(({ name, status }) => [name, status])).toEqual([
    ["cpuset", "not_enforceable"],
    ["cpu-quota", "not_enforceable"],
    ["io-weight", "not_enforceable"],
  ]);
});

test.each([
  [1, 7],
  [50, 3],
  [100, 0],
  [10_000, 0],
])("an io weight of %i is best-effort level %i", (weight, level) => {
  expect(weightToIoPriority(weight)).toEqual({ class: "best-effort", level });
});

const ioWeight = outcome({
  name: "io-weight",
  requested: "50",
  status: "applied",
  mechanism: "io.weight",
  effective: "default 50",
  reason: null,
});
const disk: Disk = { name: "sda", device: "8:0", scheduler: "bfq", iocost: false };

test("an io weight counts only on the disks that have BFQ or iocost", () => {
  expect(judgeIoWeight(ioWeight, specOf({ ioWeight: 50 }), { ...v2, weightedDisks: [disk] }, true)).toEqual({
    outcome: { ...ioWeight, reason: "weights count on sda only" },
    ioPriority: null,
  });
});

test("an io weight that the kernel stores and ignores is not enforceable, and an IO priority stands in", () => {
  expect(judgeIoWeight(ioWeight, specOf({ ioWeight: 50 }), v2, true)).toEqual({
    outcome: {
      ...ioWeight,
      status: "not_enforceable",
      mechanism: "ionice",
      effective: "best-effort:3",
      reason: "no disk uses BFQ or iocost, so the kernel ignores the weight; an IO priority stands in",
    },
    ioPriority: { class: "best-effort", level: 3 },
  });
});

test("other outcomes are not judged as io weights", () => {
  const other = outcome({ name: "pids-max", status: "applied" });
  expect(judgeIoWeight(other, specOf({}), v2, true)).toEqual({ outcome: other, ioPriority: null });
});

test("with --ionice given, an io weight that the kernel ignores is still not called applied", () => {
  const own = specOf({ ioWeight: 50 }, { ioPriority: { class: "idle", level: 0 } });
  expect(judgeIoWeight(ioWeight, own, v2, true)).toEqual({
    outcome: {
      ...ioWeight,
      status: "not_enforceable",
      reason: "no disk uses BFQ or iocost, so the kernel ignores the weight",
    },
    ioPriority: null,
  });
});
