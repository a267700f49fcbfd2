import type { Arbitrary } from "fast-check";
import {
  anything,
  array,
  assert,
  constant,
  constantFrom,
  double,
  integer,
  oneof,
  option,
  property,
  record,
  tuple,
} from "fast-check";
import { describe, expect, test } from "vitest";
import type { Topology } from "../topology/index.ts";
import { parseTopology } from "../topology/index.ts";
import type { ExpandedScenario, ResolvedGroup, ResolvedOp, ResolvedScenario } from "./index.ts";
import { problemLine, resolveScenario } from "./index.ts";

const names = constantFrom("a", "b", "a/b", "c", "d");
const plainNames = constantFrom("p", "q");
const small = integer({ min: 0, max: 9 });
const fewCpus = integer({ min: 0, max: 3 });
const lists = oneof(constantFrom("0-3", "1", "0,2", "0-7"), array(fewCpus, { minLength: 1, maxLength: 3 }));
const fractions = double({ min: -0.1, max: 1.1, noNaN: true });
const durations = constantFrom("1ms", "500ms", "2s", "99h");
const some = <T>(values: Arbitrary<T>) => array(values, { maxLength: 3 });
const maybe = (fields: Record<string, Arbitrary<unknown>>) => record(fields, { requiredKeys: [] });

const cpusets = oneof(
  record({ llc: fewCpus }),
  record({ numa: fewCpus }),
  record({ range: record({ start: fractions, end: fractions }) }),
  record({ disjoint: record({ index: fewCpus, of: small }) }),
  record({ overlap: record({ index: fewCpus, of: small, frac: fractions }) }),
  record({ exact: lists }),
);
const affinities = oneof(
  constantFrom("inherit", "llc_aligned", "cross_cgroup", "single_cpu", "smt_sibling_pair"),
  record({ exact: lists }),
  record({ randomSubset: record({ from: lists, count: small }) }),
);
const works = maybe({
  workType: oneof(
    constantFrom("SpinWait", "PipeIo", "CgroupChurn", "Schbench", "NumaMigrationChurn"),
    record({ FutexFanOut: record({ fan_out: integer({ min: 1, max: 3 }) }) }),
    record({ Sequence: array(record({ spin: durations }), { minLength: 1, maxLength: 3 }) }),
    record({ Custom: record({ module: constant("m.mjs") }) }),
    record({ NumaWorkingSetSweep: record({ target_nodes: lists }) }),
  ),
  workers: small,
  workersPerCpu: double({ min: 0.1, max: 3, noNaN: true }),
  affinity: affinities,
  schedPolicy: oneof(constantFrom("normal", "ext"), record({ fifo: integer({ min: 1, max: 99 }) })),
  memPolicy: oneof(constantFrom("default", "local"), record({ bind: lists }), record({ preferred: fewCpus })),
  mpolFlags: some(constantFrom("static_nodes", "relative_nodes", "numa_balancing")),
  numaNode: fewCpus,
});
const limits = maybe({
  "cpu-quota": oneof(integer({ min: 1, max: 300 }), constant("max")),
  "cpu-burst": durations,
  "memory-max": constantFrom("1M", "4K", "max"),
  "memory-high": constantFrom("2M", "1K"),
  "pids-max": integer({ min: 1, max: 9 }),
  "cpuset-partition": constantFrom("member", "root"),
});
const groups = record(
  {
    name: names,
    cpuset: cpusets,
    cpusetMems: lists,
    limits,
    works: some(works),
    payload: plainNames,
    numaNode: fewCpus,
  },
  { requiredKeys: ["name"] },
);
const ops = oneof(
  constantFrom("detach_scheduler", "restart_scheduler"),
  record({ addCgroup: record({ name: names }) }),
  record({ addCgroupDef: groups }),
  record({ removeCgroup: record({ cgroup: names }) }),
  record({ setCpuset: record({ cgroup: names, cpus: cpusets }) }),
  record({ clearCpuset: record({ cgroup: names }) }),
  record({ swapCpusets: record({ a: names, b: names }) }),
  record({ setLimits: record({ cgroup: names, limits }) }),
  record({ spawn: record({ placement: oneof(constant("runner"), record({ cgroup: names })), work: works }) }),
  record({ stopCgroup: record({ cgroup: names }) }),
  record({ setAffinity: record({ cgroup: names, affinity: affinities }) }),
  record({ moveAllTasks: record({ from: oneof(names, constant("")), to: names }) }),
  record({ runPayload: record({ payload: plainNames, cgroup: names }, { requiredKeys: ["payload"] }) }),
  record({ waitPayload: record({ payload: plainNames, timeout: durations }, { requiredKeys: ["payload"] }) }),
  record({ reclaim: record({ cgroup: names, amount: constantFrom("1M", "25%") }) }),
  record({
    wait: record({
      for: record({
        metric: record({ cgroup: names, metric: constantFrom("iterations", "pids_current"), atLeast: small }),
      }),
    }),
  }),
  record({
    attachScheduler: record({ scheduler: maybe({ groups: some(names), sliceUs: integer({ min: 1, max: 500 }) }) }),
  }),
  record({ steerIrq: record({ irq: constant("1"), cpu: small }) }),
);
const holds = oneof(
  constant("full"),
  record({ frac: fractions }),
  record({ fixed: durations }),
  record({ loop: record({ interval: durations }) }),
);
const scenarios = record(
  {
    version: constant(1),
    name: constant("s"),
    duration: durations,
    settle: durations,
    workersPerCgroup: small,
    needs: maybe({ cpus: integer({ min: 1, max: 9 }), numaNodes: integer({ min: 1, max: 3 }) }),
    payloads: constantFrom(
      [],
      [{ name: "p", command: ["x"] }],
      [
        { name: "p", command: ["x"] },
        { name: "q", command: ["y"] },
      ],
    ),
    backdrop: maybe({ cgroups: some(groups), ops: some(ops), payloads: some(plainNames) }),
    steps: array(maybe({ setup: some(groups), ops: some(ops), hold: holds }), { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ["version", "name", "steps"] },
);
const topologies = constantFrom("cpus=1", "cpus=2", "cpus=3", "cpus=8,numa=2,llc=4", "cpus=8,numa=4,threads=2").map(
  parseTopology,
);

const groupsIn = (list: readonly ResolvedOp[]): readonly ResolvedGroup[] =>
  list.flatMap((op) => (op.kind === "add_cgroup" || op.kind === "add_cgroup_def" ? [op.group] : []));

/** Every list of CPUs that a plan has. */
function cpuLists({ backdrop, steps }: ResolvedScenario): readonly (readonly number[])[] {
  const allOps = [...backdrop.ops, ...steps.flatMap((step) => step.ops)];
  const made = [...backdrop.groups, ...steps.flatMap((step) => step.setup), ...groupsIn(allOps)];
  const affine = [
    ...made.flatMap((group) => group.works.map(({ affinity }) => affinity)),
    ...allOps.flatMap((op) => (op.kind === "set_affinity" ? [op.affinity] : [])),
  ];
  return [
    ...made.flatMap(({ cpuset, effectiveCpus }) => [cpuset?.cpus ?? null, effectiveCpus]),
    ...allOps.flatMap((op) => (op.kind === "set_cpuset" ? [op.cpuset.cpus] : [])),
    ...affine.map((one) => (one.kind === "inherit" ? null : one.kind === "fixed" ? one.cpus : one.pool)),
  ].filter((list): list is readonly number[] => list !== null);
}

/** Judges what a scenario comes to, and says whether that is a plan. */
function judge(scenario: unknown, topology: Topology): boolean {
  const resolution = resolveScenario(scenario as ExpandedScenario, topology);
  if (resolution.kind === "problems") {
    expect(resolution.problems.length).toBeGreaterThan(0);
    for (const problem of resolution.problems) expect(problemLine(problem)).toMatch(/^[^\n]+: [^\n]+$/);
    return false;
  }
  if (resolution.kind === "skip") return false;
  for (const cpus of cpuLists(resolution.plan)) {
    expect(cpus.length).toBeGreaterThan(0);
    expect(cpus.filter((cpu) => !topology.cpus.includes(cpu))).toEqual([]);
  }
  return true;
}

const likelyCpusets = constantFrom(
  { range: { start: 0, end: 1 } },
  { disjoint: { index: 0, of: 1 } },
  { llc: 0 },
  { numa: 0 },
  { exact: "0" },
);
const likelyLimits = maybe({
  "cpu-quota": integer({ min: 1, max: 300 }),
  "memory-max": constantFrom("2M", "max"),
  "memory-high": constant("1M"),
  "pids-max": integer({ min: 1, max: 9 }),
});
const likelyWorks = maybe({
  workType: constantFrom("SpinWait", "NumaMigrationChurn", "Bursty"),
  workersPerCpu: double({ min: 0.1, max: 3, noNaN: true }),
  affinity: constantFrom("inherit", "cross_cgroup", "single_cpu", "llc_aligned"),
  schedPolicy: constantFrom("normal", { fifo: 5 }),
  memPolicy: constantFrom("default", "local"),
});
const likelyGroup = (name: string) =>
  maybe({ cpuset: likelyCpusets, limits: likelyLimits, works: some(likelyWorks) }).map((group) => ({ ...group, name }));
const ofA = { cgroup: "a" };
const likelyOps = oneof(
  likelyCpusets.map((cpus) => ({ setCpuset: { ...ofA, cpus } })),
  likelyLimits.map((given) => ({ setLimits: { ...ofA, limits: given } })),
  likelyWorks.map((work) => ({ spawn: { placement: ofA, work } })),
  constantFrom("inherit", "cross_cgroup", "single_cpu").map((affinity) => ({ setAffinity: { ...ofA, affinity } })),
  constantFrom<unknown>(
    { clearCpuset: ofA },
    { swapCpusets: { a: "a", b: "c" } },
    { stopCgroup: ofA },
    { moveAllTasks: { from: "a", to: "c" } },
    { reclaim: { ...ofA, amount: "25%" } },
    { addCgroup: { name: "a/b" } },
  ),
);
/** Several steps whose names fit together: most of what they have can be done. */
const likelyScenarios = record({
  version: constant(1),
  name: constant("s"),
  backdrop: record({ cgroups: tuple(likelyGroup("a"), likelyGroup("c")) }),
  steps: array(
    record({ setup: tuple(likelyGroup("d")), ops: some(likelyOps), hold: constantFrom("full", { frac: 0.5 }) }),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
});

/** One group with one work and one op: few enough parts that many of them are sound together. */
const smallScenarios = record({
  cpuset: cpusets,
  work: maybe({ affinity: affinities, numaNode: constantFrom(0, 1) }),
  later: oneof(cpusets, affinities),
}).map(({ cpuset, work, later }) => ({
  version: 1,
  name: "s",
  backdrop: { cgroups: [{ name: "a", cpuset, works: [work] }] },
  steps: [
    {
      ops: [
        typeof later === "string" || "randomSubset" in later
          ? { setAffinity: { cgroup: "a", affinity: later } }
          : { setCpuset: { cgroup: "a", cpus: later } },
      ],
    },
  ],
}));

describe("resolving", () => {
  test("never throws, whatever it is given", () => {
    assert(property(anything({ maxDepth: 4 }), topologies, (value, topology) => void judge(value, topology)));
    const own: { self?: unknown } = {};
    own.self = own;
    expect(judge(own, parseTopology("cpus=2"))).toBe(false);
  });

  test("never throws for what looks like a scenario, and its plans have no CPU that is not there", () => {
    let plans = 0;
    const count = (scenario: unknown, topology: Topology): void => {
      if (judge(scenario, topology)) plans += 1;
    };
    assert(
      property(scenarios, topologies, (scenario, topology) => void judge(scenario, topology)),
      { numRuns: 200 },
    );
    for (const [generator, numRuns, least] of [
      [likelyScenarios, 200, 100],
      [smallScenarios, 1000, 25],
    ] as const) {
      plans = 0;
      assert(property(generator, topologies, count), { numRuns });
      // Else nothing was looked at.
      expect(plans).toBeGreaterThan(least);
    }
  });

  test("never throws for parts of one that are something else", () => {
    const broken = option(anything({ maxDepth: 2 }), { freq: 2 });
    assert(
      property(
        scenarios,
        broken,
        constantFrom("steps", "backdrop", "payloads", "needs", "scheduler"),
        (scenario, value, key) => void judge({ ...scenario, [key]: value }, parseTopology("cpus=8")),
      ),
    );
  });
});
