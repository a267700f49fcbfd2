import { expect, test } from "vitest";
import { groupOf, groupsStep, planOf, problemsOf } from "../../../test/shared/scenario-plan.ts";

const limitsOf = (limits: string) => groupOf(`{ name: g, limits: { ${limits} } }`).limits;
const wrongLimits = (limits: string): readonly string[] => problemsOf(groupsStep(`{ name: g, limits: { ${limits} } }`));

test.each([
  // 1000 µs per percent of a period of 100 ms: 100 is one CPU.
  ["cpu-quota: 100", { cpuMax: { quotaUs: 100_000, periodUs: 100_000 } }],
  ["cpu-quota: 50", { cpuMax: { quotaUs: 50_000, periodUs: 100_000 } }],
  ['cpu-max: "20000 10000"', { cpuMax: { quotaUs: 20_000, periodUs: 10_000 } }],
  ["cpu-max: max", { cpuMax: { quotaUs: "max", periodUs: 100_000 } }],
  ["cpu-weight: 1", { cpuWeight: 1 }],
  ["cpu-weight: 10000", { cpuWeight: 10_000 }],
  ["cpu-idle: true", { cpuIdle: true }],
  [
    "memory-max: 64M, memory-high: max, memory-low: 1M, memory-min: 0, swap-max: 0",
    { memoryMax: 67_108_864, memoryHigh: "max", memoryLow: 1_048_576, memoryMin: 0, swapMax: 0 },
  ],
  ["io-weight-raw: 10000", { ioWeight: 10_000 }],
  ["pids-max: max", { pidsMax: "max" }],
  ["pids-max: 1", { pidsMax: 1 }],
])("a group's %s is written, and nothing that is absent", (limits, written) => {
  expect(limitsOf(limits)).toEqual(written);
});

test.each([
  ["cpu-weight: 0", "expects a whole number from 1 to 10000"],
  ["cpu-weight: 10001", "expects a whole number from 1 to 10000"],
  ['cpu-max: "10000 0"', "expects a whole number from 1000 to 1000000"],
  ['cpu-max: "0 10000"', "expects a whole number from 1000 to"],
  ["io-weight-raw: 0", "expects a whole number from 1 to 10000"],
  ["io-weight-raw: 10001", "expects a whole number from 1 to 10000"],
  ["pids-max: 0", "expects a whole number from 1 to 4194304"],
])("a group's %s is refused", (limits, rule) => {
  expect(() => wrongLimits(limits)).toThrow(rule);
});

test("limits that do not go together are told with the group and the fix", () => {
  expect(wrongLimits("cpu-burst: 1ms")).toEqual(['step 0, group "g": cpu-burst needs a quota; add cpu-quota']);
  expect(wrongLimits("memory-max: 1M, memory-high: 2M")).toEqual([
    'step 0, group "g": memory-high is above the memory limit; lower it or raise memory-max',
  ]);
  expect(wrongLimits("cpuset-partition: root")).toEqual([
    'step 0, group "g": cpuset-partition needs CPUs of its own; add cpuset',
  ]);
  expect(wrongLimits("cpu-idle: true, cpu-weight: 5")).toEqual([
    'step 0, group "g": cpu-idle and cpu-weight set the same thing; give one of them',
  ]);
});

test("cpusets are limits too, sorted and each CPU once, and need their controller", () => {
  const group = groupOf(
    "{ name: g, cpuset: { exact: [5, 1, 0, 1] }, cpuset_mems: 1, limits: { pids-max: 5, io-weight: 50 } }",
  );
  expect(group).toMatchObject({
    cpuset: { cpus: [0, 1, 5] },
    cpusetMems: [1],
    effectiveCpus: [0, 1, 5],
    limits: { cpusetCpus: "0-1,5", cpusetMems: "1", pidsMax: 5, ioWeight: 50 },
    controllers: ["cpuset", "io", "pids"],
  });
});

test("without a cpuset a group inherits, and needs no controller", () => {
  expect(groupOf("{ name: g }")).toMatchObject({
    cpuset: null,
    cpusetMems: null,
    effectiveCpus: null,
    limits: {},
    controllers: [],
  });
});

test("without works a group has one that spins; with none in its list, or beside a payload, none", () => {
  expect(groupOf("{ name: g }").works).toMatchObject([{ workType: "SpinWait", workers: 1, parameters: {} }]);
  expect(groupOf("{ name: g, works: [] }").works).toEqual([]);
  const withPayload = `payloads: [{ name: p, command: [sleep, "1"] }]\n${groupsStep("{ name: g, payload: p }", "{ name: h, payload: p, works: [{ workers: 2 }] }")}`;
  expect(planOf(withPayload).steps[0]?.setup).toMatchObject([
    { works: [], payload: { payload: "p", argv: ["sleep", "1"], cgroup: "g", source: "group" } },
    { works: [{ workers: 2 }], payload: { cgroup: "h" } },
  ]);
});

test("a group below one with a cpuset has what both have", () => {
  const nested = groupsStep(
    "{ name: a, cpuset: { exact: 0-3 } }",
    "{ name: a/b }",
    "{ name: a/b/c, cpuset: { exact: 2-5 } }",
  );
  expect(planOf(nested).steps[0]?.setup.map(({ effectiveCpus }) => effectiveCpus)).toEqual([
    [0, 1, 2, 3],
    [0, 1, 2, 3],
    [2, 3],
  ]);
  expect(
    problemsOf(groupsStep("{ name: a, cpuset: { exact: 0-3 } }", "{ name: a/b, cpuset: { exact: 4-5 } }")),
  ).toEqual([
    'step 0, group "a/b": CPUs 4-5 are none of those 0-3 that the group above has; use some of those, or widen that cpuset',
  ]);
});

test("what the path of a group passes through must be there", () => {
  expect(problemsOf(groupsStep("{ name: a/b }"))).toEqual([
    'step 0, group "a/b": group "a", which "a/b" is below, is not there at this point; there are: none; make it before',
  ]);
});

test("a group is declared in exactly one place", () => {
  const twice = `backdrop: { cgroups: [{ name: g }] }\n${groupsStep("{ name: g }", "{ name: h }", "{ name: h }")}`;
  expect(problemsOf(twice)).toEqual([
    'step 0, group "g": group "g" was made in the backdrop already: a group is declared in exactly one place; leave one out, or remove it before',
    'step 0, group "h": group "h" was made in this step already: a group is declared in exactly one place; leave one out, or remove it before',
  ]);
});

test("memory nodes must exist", () => {
  expect(problemsOf(groupsStep("{ name: g, cpuset_mems: 0-4 }"))).toEqual([
    'step 0, group "g": memory node 2-4 is not there: there is 0-1; name nodes that are',
  ]);
});

test.each(["", "/a", "a/../b", "./a", '"a\\0b"'])("%j is no name of a group", (name) => {
  expect(() => problemsOf(groupsStep(`{ name: ${name === "" ? '""' : name} }`))).toThrow("steps[0].setup[0].name");
});

test("the kernel's rule about groups with processes above others is judged before anything is made", () => {
  const above = (limits: string): string =>
    groupsStep("{ name: a, works: [{ workers: 1 }] }", `{ name: a/b, limits: { ${limits} } }`);
  expect(problemsOf(above("memory-max: 1M, io-weight: 50"))).toEqual([
    'step 0, group "a/b": group "a" has processes, and the kernel hands no memory or io controller down from it to "a/b"; run them in a group of their own beside that one',
  ]);
  // Controllers of threads may be handed down all the same.
  expect(problemsOf(above("cpu-weight: 5, pids-max: 3"))).toEqual([]);
});
