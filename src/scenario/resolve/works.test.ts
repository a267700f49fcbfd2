import { describe, expect, test } from "vitest";
import { groupsStep, opsStep, planOf, problemsOf, workOf, workProblems } from "../../../test/shared/scenario-plan.ts";
import { settleType } from "./work-type.ts";
import { workersPerCpu } from "./works.ts";

describe("the number of workers", () => {
  test("is workers, else the scenario's, else 1", () => {
    expect(workOf("{ workers: 3 }").workers).toBe(3);
    expect(workOf("{}").workers).toBe(1);
    const plan = planOf(`workers_per_cgroup: 4\n${groupsStep("{ name: g }")}`);
    expect(plan.steps[0]?.setup[0]?.works[0]?.workers).toBe(4);
  });

  test.each([
    [4, 0.5, 2],
    [4, 0.6, 3],
    [3, 1.5, 5],
    [1, 0.01, 1],
    // What rounding adds to a product does not add a worker.
    [100, 0.07, 7],
  ])("of %d CPUs at %d per CPU is %d", (cpus, rate, workers) => {
    expect(workersPerCpu(cpus, rate)).toBe(workers);
  });

  test("counts the CPUs of the group's cpuset, or the usable ones without one", () => {
    expect(workOf("{ workers_per_cpu: 1.5 }", { group: "name: g, cpuset: { exact: 0-2 }" })).toMatchObject({
      workers: 5,
      perCpu: 1.5,
    });
    expect(workOf("{ workers_per_cpu: 1 }").workers).toBe(7);
  });

  test("is never 0, for that would pass every check", () => {
    const zero = "0 workers would pass every check without work; use at least 1";
    expect(workProblems("{ workers: 0 }")).toEqual([zero]);
    expect(problemsOf(`workers_per_cgroup: 0\n${groupsStep("{ name: g }")}`)).toEqual([
      `workers_per_cgroup: ${zero}, or leave it out`,
    ]);
  });

  test("is said in one way", () => {
    expect(workProblems("{ workers: 1, workers_per_cpu: 1 }")).toEqual([
      "workers and workers_per_cpu exclude each other; give one of them",
    ]);
  });

  test("has a bound", () => {
    expect(workProblems("{ workers_per_cpu: 10000 }")).toEqual([
      "10000 workers for each of 7 CPUs are 70000, more than 65535; use fewer",
    ]);
  });

  test.each([
    ["PipeIo", 2],
    ["{ FutexFanOut: {} }", 5],
    ["{ FanOutCompute: { fan_out: 2 } }", 3],
    ["MutexContention", 4],
    ["ThunderingHerd", 8],
    ["PriorityInversion", 3],
    ["ProducerConsumerImbalance", 3],
    ["RtStarvation", 2],
    ["AsymmetricWaker", 2],
    ["WakeChain", 4],
    ["SignalStorm", 2],
    ["PreemptStorm", 3],
    ["EpollStorm", 3],
    ["SmtSiblingSpin", 2],
  ])("of %s is a multiple of %d", (type, size) => {
    expect(workOf(`{ work_type: ${type}, workers: ${2 * size} }`)).toMatchObject({
      workers: 2 * size,
      groupSize: size,
    });
    const [line = ""] = workProblems(`{ work_type: ${type}, workers: ${size + 1} }`);
    expect(line).toContain(`works in groups of ${size}, and ${size + 1} workers make no whole number of them`);
    expect(line).toContain(`use ${2 * size} workers, or other parameters`);
  });
});

test("what a work leaves out has its default, and no call is made", () => {
  expect(workOf("{}")).toEqual({
    index: 0,
    workType: "SpinWait",
    parameters: {},
    phases: [],
    custom: null,
    groupSize: 1,
    workers: 1,
    perCpu: null,
    resources: { kind: "none" },
    intent: "inherit",
    affinity: { kind: "inherit" },
    scheduling: null,
    memoryPolicy: null,
    nice: null,
    comm: null,
    pcomm: null,
    uid: null,
    gid: null,
    numaNode: null,
  });
});

test("what a group says is for works that say nothing themselves; 0 is said", () => {
  const group = "name: g, nice: 5, comm: c, uid: 7, gid: 8, numa_node: 1";
  expect(workOf("{}", { group })).toMatchObject({ nice: 5, comm: "c", uid: 7, gid: 8, numaNode: 1 });
  expect(workOf("{ nice: 0, comm: d, uid: 0, gid: 0, numa_node: 0 }", { group })).toMatchObject({
    nice: 0,
    comm: "d",
    uid: 0,
    gid: 0,
    numaNode: 0,
    affinity: { kind: "fixed", cpus: [0, 1, 2, 3] },
  });
});

test.each([
  ["normal", null],
  ["batch", { policy: 3, priority: 0, deadline: null }],
  ["idle", { policy: 5, priority: 0, deadline: null }],
  ["ext", { policy: 7, priority: 0, deadline: null }],
  ["{ fifo: 99 }", { policy: 1, priority: 99, deadline: null }],
  ["{ round_robin: 1 }", { policy: 2, priority: 1, deadline: null }],
  [
    "{ deadline: { runtime: 1024ns, deadline: 1ms } }",
    { policy: 6, priority: 0, deadline: { runtimeNs: 1024n, deadlineNs: 1_000_000n, periodNs: 1_000_000n } },
  ],
  [
    "{ deadline: { runtime: 1ms, deadline: 2ms, period: 4ms } }",
    { policy: 6, priority: 0, deadline: { runtimeNs: 1_000_000n, deadlineNs: 2_000_000n, periodNs: 4_000_000n } },
  ],
])("scheduling %s is what the kernel takes", (policy, scheduling) => {
  expect(workOf(`{ sched_policy: ${policy} }`).scheduling).toEqual(scheduling);
});

test.each(["Schbench", "Taobench", "NetTraffic", "IrqWake"])("%s is refused as not supported yet", (type) => {
  expect(workProblems(`{ work_type: ${type}, workers: 2 }`)).toEqual([
    `work type ${type} is not supported yet; run the program as a payload, or use another work type`,
  ]);
});

describe("threads of one process", () => {
  const works = (...list: readonly string[]): readonly string[] =>
    problemsOf(groupsStep(`{ name: g, uid: 1, works: [${list.join(", ")}] }`)).map((line) =>
      line.replace('step 0, group "g", ', ""),
    );

  test("have its name, and one user", () => {
    expect(workOf("{ pcomm: p }").pcomm).toBe("p");
    expect(works("{ pcomm: p }", "{ pcomm: q, uid: 2 }", "{ pcomm: p, work_type: PipeIo, workers: 2 }")).toEqual([]);
    expect(works("{ pcomm: p }", "{ pcomm: p, uid: 2 }")).toEqual([
      'work 1: workers of one process "p" have one uid and one gid; give all of them the same',
    ]);
  });

  test("are of 16 kinds at most", () => {
    expect(works(...Array.from({ length: 16 }, () => "{ pcomm: p }"))).toEqual([]);
    expect(works(...Array.from({ length: 17 }, () => "{ pcomm: p }"))).toEqual([
      "work 16: a process has workers of 16 kinds at most; use another pcomm",
    ]);
  });

  test("do no work of a whole process, and come with their group", () => {
    expect(workProblems("{ work_type: ForkExit, pcomm: p }")).toEqual([
      "ForkExit is the work of a whole process, and not of threads; use comm instead",
    ]);
    expect(problemsOf(opsStep(["{ name: g }"], ["spawn: { placement: { cgroup: g }, work: { pcomm: p } }"]))).toEqual([
      "step 0, op 0 (spawn): pcomm is for the works of a group, which are started together; use comm instead",
    ]);
  });
});

describe("the scenario's own kind of work", () => {
  const swapped = (override: string, work: string, swappable = true) =>
    planOf(`work_type_override: ${override}\n${groupsStep(`{ name: g, swappable: ${swappable}, works: [${work}] }`)}`);

  test("is for swappable groups only", () => {
    expect(swapped("YieldHeavy", "{ workers: 2 }").steps[0]?.setup[0]?.works[0]?.workType).toBe("YieldHeavy");
    expect(swapped("YieldHeavy", "{ workers: 2 }", false).steps[0]?.setup[0]?.works[0]?.workType).toBe("SpinWait");
  });

  test("is for workers that make whole groups of it; else theirs stays, and that is told", () => {
    expect(swapped("PipeIo", "{ workers: 4 }").steps[0]?.setup[0]?.works[0]?.workType).toBe("PipeIo");
    const plan = swapped("PipeIo", "{ workers: 3 }");
    expect(plan.steps[0]?.setup[0]?.works[0]?.workType).toBe("SpinWait");
    expect(plan.warnings).toEqual([
      {
        where: 'step 0, group "g", work 0',
        message: "keeps SpinWait: of 3 workers PipeIo makes no whole groups of 2",
      },
    ]);
  });
});

describe("what a kind of work works on", () => {
  test.each([
    ["IoSyncWrite", { kind: "storage" }],
    ["{ Sequence: [{ spin: 1ms }, { io: 2ms }] }", { kind: "storage" }],
    ["{ Sequence: [{ spin: 1ms }] }", { kind: "none" }],
    ["NumaWorkingSetSweep", { kind: "texts", texts: ["0", "1"] }],
    ["{ NumaWorkingSetSweep: { target_nodes: 1 } }", { kind: "texts", texts: ["1"] }],
    ["NumaMigrationChurn", { kind: "texts", texts: ["0-3", "4-7"] }],
  ])("of %s is settled", (type, resources) => {
    expect(workOf(`{ work_type: ${type} }`).resources).toEqual(resources);
  });

  test("are nodes with CPUs of the group, and groups that are there", () => {
    expect(
      workOf("{ work_type: NumaMigrationChurn }", { group: "name: g, cpuset: { exact: [2, 3, 5] }" }).resources,
    ).toEqual({ kind: "texts", texts: ["2-3", "5"] });
    expect(workProblems("{ work_type: { CgroupAttachStorm: { dest: x } } }")).toEqual([
      "the work needs the group x, which is not there by then; make it before",
    ]);
    expect(workProblems("{ work_type: { NumaWorkingSetSweep: { target_nodes: 0-2 } } }")).toEqual([
      "memory node 2 is not there: there is 0-1; change target_nodes",
    ]);
    const beside = groupsStep(
      "{ name: p, works: [] }",
      "{ name: p/wt-cgroup-churn-0 }",
      "{ name: p/wt-cgroup-churn-1 }",
      "{ name: p/g, works: [{ work_type: CgroupChurn }] }",
    );
    expect(planOf(beside).steps[0]?.setup[3]?.works[0]?.resources).toEqual({
      kind: "groups",
      groups: ["p/wt-cgroup-churn-0", "p/wt-cgroup-churn-1"],
    });
  });
});

test("phases are told in microseconds, parameters with their defaults", () => {
  expect(workOf("{ work_type: { Sequence: [{ spin: 10ms }, { sleep: 1.5ms }, { yield: 10ns }] } }").phases).toEqual([
    { kind: "spin", us: 10_000 },
    { kind: "sleep", us: 1500 },
    { kind: "yield", us: 1 },
  ]);
  expect(workOf("{ work_type: { Bursty: { burst_us: 1 } } }").parameters).toEqual({ burst_us: 1, sleep_us: 100_000 });
});

test("a function of the user's is called by its export unless it has a name", () => {
  expect(settleType({ Custom: { module: "w.mjs", export: "mine" } }).custom).toEqual({
    module: "w.mjs",
    export: "mine",
    name: "mine",
    config: null,
    samples: "none",
  });
  expect(settleType({ Custom: { module: "w.mjs", name: "n", config: { a: 1 } } }).custom).toEqual({
    module: "w.mjs",
    export: "default",
    name: "n",
    config: { a: 1 },
    samples: "none",
  });
});
