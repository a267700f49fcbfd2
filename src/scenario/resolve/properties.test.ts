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
  string,
} from "fast-check";
import { describe, expect, test } from "vitest";
import type { Topology } from "../topology/index.ts";
import { parseTopology } from "../topology/index.ts";
import type { ExpandedScenario, ResolvedGroup, ResolvedOp, ResolvedScenario } from "./index.ts";
import { problemLine, resolveScenario } from "./index.ts";

const names = constantFrom("a", "b", "a/b", "c", "x");
const small = integer({ min: -1, max: 9 });
const lists = oneof(constantFrom("0-3", "1", "6-7", "0,2", "9", ""), array(integer({ min: 0, max: 9 }), { maxLength: 3 }));
const fractions = double({ min: -0.5, max: 1.5, noNaN: false });
const durations = constantFrom("0s", "1ms", "500ms", "2s", "99h", "soon", "5");
const some = <T>(values: Arbitrary<T>) => array(values, { maxLength: 3 });
const maybe = <T extends Record<string, Arbitrary<unknown>>>(fields: T) => record(fields, { requiredKeys: [] });

const cpusets = oneof(
  record({ llc: small }),
  record({ numa: small }),
  record({ range: record({ start: fractions, end: fractions }) }),
  record({ disjoint: record({ index: small, of: small }) }),
  record({ overlap: record({ index: small, of: small, frac: fractions }) }),
  record({ exact: lists }),
);
const affinities = oneof(
  constantFrom("inherit", "llc_aligned", "cross_cgroup", "single_cpu", "smt_sibling_pair"),
  record({ exact: lists }),
  record({ randomSubset: record({ from: lists, count: small }) }),
);
const works = maybe({
  workType: oneof(
    constantFrom("SpinWait", "PipeIo", "CgroupChurn", "Schbench", "NumaMigrationChurn", "nothing"),
    record({ FutexFanOut: record({ fan_out: small }) }),
    record({ Sequence: some(record({ spin: durations })) }),
    record({ Custom: record({ module: string() }) }),
    record({ NumaWorkingSetSweep: record({ target_nodes: lists }) }),
  ),
  workers: small,
  workersPerCpu: fractions,
  affinity: affinities,
  schedPolicy: oneof(constantFrom("normal", "ext"), record({ fifo: small }), record({ deadline: record({ runtime: durations, deadline: durations }) })),
  memPolicy: oneof(constantFrom("default", "local"), record({ bind: lists }), record({ preferred: small })),
  mpolFlags: some(constantFrom("static_nodes", "relative_nodes", "numa_balancing")),
  numaNode: small,
  pcomm: string(),
});
const limits = maybe({
  "cpu-quota": oneof(small, constantFrom("max")),
  "cpu-burst": durations,
  "memory-max": constantFrom("1M", "4K", "max", "lots"),
  "memory-high": constantFrom("2M", "1K"),
  "pids-max": small,
  "cpuset-partition": constantFrom("member", "root"),
});
const groups = record(
  { name: names, cpuset: cpusets, cpusetMems: lists, limits, works: some(works), payload: names, numaNode: small },
  { requiredKeys: ["name"] },
);
const ops = oneof(
  constantFrom("detach_scheduler", "restart_scheduler", "unheard_of"),
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
  record({ runPayload: record({ payload: names, cgroup: names }, { requiredKeys: ["payload"] }) }),
  record({ waitPayload: record({ payload: names, timeout: durations }, { requiredKeys: ["payload"] }) }),
  record({ reclaim: record({ cgroup: names, amount: constantFrom("1M", "0%", "25%", "x") }) }),
  record({ wait: record({ for: record({ metric: record({ cgroup: names, metric: constantFrom("iterations", "pids_current"), atLeast: small }) }) }) }),
  record({ attachScheduler: record({ scheduler: maybe({ groups: some(names), sliceUs: small }) }) }),
  record({ steerIrq: record({ irq: string(), cpu: small }) }),
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
    name: constantFrom("s", "a name"),
    duration: durations,
    settle: durations,
    workersPerCgroup: small,
    needs: maybe({ cpus: small, numaNodes: small }),
    payloads: some(record({ name: names, command: some(string()) })),
    backdrop: maybe({ cgroups: some(groups), ops: some(ops), payloads: some(names) }),
    steps: array(maybe({ setup: some(groups), ops: some(ops), hold: holds }), { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ["version", "name", "steps"] },
);
const topologies = constantFrom("cpus=1", "cpus=2", "cpus=3", "cpus=8,numa=2,llc=4", "cpus=8,numa=4,threads=2").map(parseTopology);

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

function judge(scenario: unknown, topology: Topology): void {
  const resolution = resolveScenario(scenario as ExpandedScenario, topology);
  if (resolution.kind === "problems") {
    expect(resolution.problems.length).toBeGreaterThan(0);
    for (const problem of resolution.problems) expect(problemLine(problem)).toMatch(/^[^\n]+: [^\n]+$/);
    return;
  }
  if (resolution.kind === "skip") return;
  for (const cpus of cpuLists(resolution.plan)) {
    expect(cpus.length).toBeGreaterThan(0);
    expect(cpus.filter((cpu) => !topology.cpus.includes(cpu))).toEqual([]);
  }
}

describe("resolving", () => {
  test("never throws, whatever it is given", () => {
    assert(property(anything({ maxDepth: 4 }), topologies, (value, topology) => judge(value, topology)));
    const own: { self?: unknown } = {};
    own.self = own;
    judge(own, parseTopology("cpus=2"));
  });

  test("never throws for what looks like a scenario, and its plans have no CPU that is not there", () => {
    assert(property(scenarios, topologies, judge), { numRuns: 500 });
  });

  test("never throws for parts of one that are something else", () => {
    const broken = option(anything({ maxDepth: 2 }), { freq: 2 });
    assert(
      property(scenarios, broken, constantFrom("steps", "backdrop", "payloads", "needs", "scheduler"), (scenario, value, key) =>
        judge({ ...scenario, [key]: value }, parseTopology("cpus=8")),
      ),
    );
  });
});
