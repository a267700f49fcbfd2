import { describe, expect, test } from "vitest";
import { opsOf, opsStep, planOf, problemsOf } from "../../../test/shared/scenario-plan.ts";
import { unsupportedOps } from "../model/index.ts";

const web = "{ name: web, cpuset: { exact: 0-3 }, works: [{ workers: 2 }] }";
const db = "{ name: db, cpuset: { exact: 4-5 }, works: [{ workers: 1 }] }";
const noGroup = 'there is no group "x" at this point; there are: "web"; correct the name, or make the group before';

test.each([
  ["clear_cpuset: { cgroup: x }", "clear_cpuset"],
  ["set_cpuset: { cgroup: x, cpus: { llc: 0 } }", "set_cpuset"],
  ["swap_cpusets: { a: web, b: x }", "swap_cpusets"],
  ["set_limits: { cgroup: x, limits: { pids-max: 5 } }", "set_limits"],
  ["spawn: { placement: { cgroup: x }, work: {} }", "spawn"],
  ["stop_cgroup: { cgroup: x }", "stop_cgroup"],
  ["set_affinity: { cgroup: x, affinity: single_cpu }", "set_affinity"],
  ["move_all_tasks: { from: x, to: web }", "move_all_tasks"],
  ["move_all_tasks: { from: web, to: x }", "move_all_tasks"],
  ["freeze_cgroup: { cgroup: x }", "freeze_cgroup"],
  ["unfreeze_cgroup: { cgroup: x }", "unfreeze_cgroup"],
  ["kill_cgroup: { cgroup: x }", "kill_cgroup"],
  ["reclaim: { cgroup: x, amount: 1M }", "reclaim"],
  ["wait: { for: { state: { cgroup: x, is: empty } } }", "wait"],
  ["wait: { for: { events: { cgroup: x, counter: pids.max } } }", "wait"],
  ["wait: { for: { metric: { cgroup: x, metric: pids_current, at_least: 1 } } }", "wait"],
  ["wait: { for: { pressure: { cgroup: x, resource: cpu, stall: 1ms } } }", "wait"],
  ["capture_cgroup_procs: { tag: t, cgroup: x }", "capture_cgroup_procs"],
])("%s needs its group", (op, kind) => {
  expect(problemsOf(opsStep([web], [op]))).toEqual([`step 0, op 0 (${kind}): ${noGroup}`]);
});

test("an op that touches a group of the same step's setup is found, with the way out", () => {
  const step = "steps:\n  - setup: [{ name: late }]\n    ops: [{ move_all_tasks: { from: web, to: late } }]\n";
  const line =
    'step 0, op 0 (move_all_tasks): group "late" is made by the setup of this step, which comes after its ops; make it before: in the backdrop, or by add_cgroup_def ahead of this op';
  expect(problemsOf(`backdrop: { cgroups: [${web}] }\n${step}`)).toEqual([line]);
  // In a loop the setup comes first, and the group of a step may have the processes of another of it.
  expect(problemsOf(`${step.replace("from: web", 'from: ""')}    hold: { loop: { interval: 1ms } }\n`)).toEqual([]);
});

test("what comes to a group after all of it moved away says nothing of another scenario", () => {
  const ops = ["move_all_tasks: { from: web, to: db }", "spawn: { placement: { cgroup: web }, work: {} }"];
  const groups = "backdrop: { cgroups: [{ name: web }, { name: db }] }\n";
  const steps = (all: readonly string[]): string =>
    `${groups}steps:\n  - ops:\n${all.map((op) => `      - ${op}\n`).join("")}`;
  expect(problemsOf(steps(ops))).toEqual([]);
  const iterations = "wait: { for: { metric: { cgroup: web, metric: iterations, at_least: 1 } } }";
  expect(problemsOf(steps([ops[0] ?? "", iterations]))).toEqual([
    "step 0, op 1 (wait): iterations are of the group's workers, and it has none; start some before",
  ]);
});

test("a group that ended with an earlier step is told as that", () => {
  const steps = "steps:\n  - setup: [{ name: one }]\n  - ops: [{ freeze_cgroup: { cgroup: one } }]\n";
  expect(problemsOf(steps)).toEqual([
    'step 1, op 0 (freeze_cgroup): group "one" ended with step 0, which made it; make it in the backdrop',
  ]);
});

test("a group that cannot be removed because it is not there is a warning only", () => {
  const plan = planOf(opsStep([web], ["remove_cgroup: { cgroup: x }", "remove_cgroup: { cgroup: web }"]));
  expect(plan.steps[0]?.ops).toEqual([
    { kind: "remove_cgroup", index: 0, cgroup: "x", isKnown: false },
    { kind: "remove_cgroup", index: 1, cgroup: "web", isKnown: true },
  ]);
  expect(plan.warnings.map(({ where, message }) => `${where}: ${message}`)).toEqual([
    'step 0, op 0 (remove_cgroup): there is no group "x" at this point: nothing is removed',
    'step 0, op 1 (remove_cgroup): group "web" is the backdrop\'s, and is not there for later steps',
  ]);
});

test("a removed group may be made again", () => {
  expect(problemsOf(opsStep([web], ["remove_cgroup: { cgroup: web }", "add_cgroup: { name: web }"]))).toEqual([]);
  expect(problemsOf(opsStep([web], ["add_cgroup: { name: web }"]))[0]).toContain("was made in the backdrop already");
  expect(problemsOf(opsStep(["{ name: a }", "{ name: a/b }"], ["remove_cgroup: { cgroup: a }"]))[0]).toContain(
    'group "a" has "a/b" below it, and cannot be removed',
  );
});

describe("cpusets", () => {
  test("swap, and affinities follow", () => {
    const ops = opsOf(
      opsStep([web, db], ["swap_cpusets: { a: web, b: db }", "set_affinity: { cgroup: web, affinity: single_cpu }"]),
    );
    expect(ops[1]).toMatchObject({ intent: "single_cpu", affinity: { kind: "fixed", cpus: [4] } });
  });

  test("set and cleared, and affinities follow", () => {
    const ops = opsOf(
      opsStep(
        [web],
        [
          "set_cpuset: { cgroup: web, cpus: { disjoint: { index: 1, of: 2 } } }",
          "set_affinity: { cgroup: web, affinity: single_cpu }",
          "clear_cpuset: { cgroup: web }",
          "set_affinity: { cgroup: web, affinity: single_cpu }",
        ],
      ),
    );
    expect(ops[0]).toMatchObject({ cpuset: { cpus: [3, 4, 5, 6] } });
    expect(ops[1]).toMatchObject({ affinity: { cpus: [3] } });
    expect(ops[3]).toMatchObject({ affinity: { cpus: [0] } });
  });

  test("are not swapped with themselves", () => {
    expect(problemsOf(opsStep([web], ["swap_cpusets: { a: web, b: web }"]))).toEqual([
      "step 0, op 0 (swap_cpusets): a group's cpuset cannot be swapped with itself; name two groups",
    ]);
  });
});

test("limits change beside those that a group has, and are judged with them", () => {
  const group = "{ name: g, limits: { cpu-quota: 50, memory-max: 64M } }";
  expect(opsOf(opsStep([group], ["set_limits: { cgroup: g, limits: { cpu-burst: 10ms } }"]))[0]).toMatchObject({
    limits: { cpuBurstUs: 10_000 },
  });
  expect(
    problemsOf(
      opsStep(
        [group],
        ["set_limits: { cgroup: g, limits: { memory-high: 65M } }", "set_limits: { cgroup: g, limits: {} }"],
      ),
    ),
  ).toEqual([
    "step 0, op 0 (set_limits): memory-high is above the memory limit; lower it or raise memory-max",
    "step 0, op 1 (set_limits): no limit is named, so nothing would change; name one",
  ]);
});

describe("tasks that move", () => {
  const step = (ops: readonly string[]): string =>
    `backdrop: { cgroups: [${web}] }\nsteps:\n  - ops:\n${ops.map((op) => `      - ${op}\n`).join("")}`;

  test("go to another group, never to themselves", () => {
    expect(problemsOf(step(["move_all_tasks: { from: web, to: web }"]))).toEqual([
      "step 0, op 0 (move_all_tasks): a group's tasks cannot be moved to itself; name another destination",
    ]);
  });

  test("never from the backdrop to what ends with a step", () => {
    expect(problemsOf(step(["add_cgroup: { name: own }", "move_all_tasks: { from: web, to: own }"]))).toEqual([
      'step 0, op 1 (move_all_tasks): group "web" is the backdrop\'s; what is in it would be stranded in "own", which is removed with this step; make the destination in the backdrop too',
    ]);
  });

  test("become the backdrop's when they go there, and stay", () => {
    const plan = planOf(
      `backdrop: { cgroups: [${web}, { name: rest }] }
steps:
  - ops:
      - add_cgroup: { name: own }
      - spawn: { placement: { cgroup: own }, work: {} }
      - move_all_tasks: { from: own, to: rest }
    hold: { frac: 0.5 }
  - ops: [{ move_all_tasks: { from: rest, to: web } }]
    hold: { frac: 0.5 }
`,
    );
    expect(plan.warnings).toEqual([]);
  });

  test("are workers alone where none has a group: a payload stays where Corral is", () => {
    const ops = [
      "run_payload: { payload: p }",
      "spawn: { placement: runner, work: {} }",
      'move_all_tasks: { from: "", to: web }',
      "wait_payload: { payload: p, cgroup: '' }",
    ];
    const plan = planOf(`payloads: [{ name: p, command: [sleep, '1'] }]\n${step(ops)}`);
    expect(plan.steps[0]?.ops.at(-1)).toMatchObject({ kind: "wait_payload", payload: "p", cgroup: "" });
    expect(plan.warnings).toEqual([]);
    const alone = planOf(`payloads: [{ name: p, command: [sleep, '1'] }]\n${step([ops[0] ?? "", ops[2] ?? ""])}`);
    expect(alone.warnings.map(({ message }) => message)).toEqual(["there are no workers without a group to move"]);
  });

  test("may be none, which is told", () => {
    expect(planOf(step(['move_all_tasks: { from: "", to: web }'])).warnings).toEqual([
      { where: "step 0, op 0 (move_all_tasks)", message: "there are no workers without a group to move" },
    ]);
  });

  test("are workers without a group too", () => {
    const ops = ["spawn: { placement: runner, work: { workers: 2 } }", 'move_all_tasks: { from: "", to: web }'];
    expect(planOf(step(ops)).warnings).toEqual([]);
  });
});

describe("workers that are started by an op", () => {
  const spawn = (placement: string, work: string): readonly string[] =>
    problemsOf(opsStep([web], [`spawn: { placement: ${placement}, work: ${work} }`]));

  test("need a group for a number per CPU", () => {
    expect(spawn("runner", "{ workers_per_cpu: 1 }")).toEqual([
      "step 0, op 0 (spawn): workers_per_cpu counts the CPUs of a group, and there is none; give workers instead",
    ]);
    expect(spawn("runner", "{ work_type: CgroupChurn }")).toEqual([
      "step 0, op 0 (spawn): CgroupChurn moves through groups beside its own; place it in a group",
    ]);
  });

  test("keep their kind of work", () => {
    const plan = planOf(
      `work_type_override: YieldHeavy\n${opsStep([web], ["spawn: { placement: { cgroup: web }, work: {} }"])}`,
    );
    expect(plan.steps[0]?.ops[0]).toMatchObject({ cgroup: "web", work: { workType: "SpinWait" } });
  });
});

describe("what is waited for", () => {
  const wait = (condition: string): string => opsStep([web], [`wait: { for: ${condition} }`]);

  test("has its defaults: 10 s, a window of 1 s", () => {
    expect(opsOf(wait("{ pressure: { resource: memory, stall: 100ms } }"))[0]).toEqual({
      kind: "wait",
      index: 0,
      timeoutMs: 10_000,
      condition: {
        kind: "pressure",
        cgroup: null,
        resource: "memory",
        share: "some",
        stallUs: 100_000,
        windowUs: 1_000_000,
      },
    });
  });

  test.each([
    ["{ pressure: { resource: io, stall: 1ms, window: 499ms } }", "a window is 500ms to 10s, not 499ms; change it"],
    ["{ pressure: { resource: io, stall: 1ms, window: 11s } }", "a window is 500ms to 10s, not 11s; change it"],
    ["{ pressure: { resource: io, stall: 2s } }", "a stall of 2s must fit into its window of 1s; make it shorter"],
    [
      "{ pressure: { resource: cpu, kind: full, stall: 1ms } }",
      "of the whole host the CPU never stalls all tasks: the kernel counts none; name a cgroup",
    ],
  ])("%s is refused", (condition, line) => {
    expect(problemsOf(wait(condition))).toEqual([`step 0, op 0 (wait): ${line}`]);
  });

  test("iterations need workers", () => {
    const body = opsStep(
      [],
      ["add_cgroup: { name: g }", "wait: { for: { metric: { cgroup: g, metric: iterations, at_least: 1 } } }"],
    );
    expect(problemsOf(body)).toEqual([
      "step 0, op 1 (wait): iterations are of the group's workers, and it has none; start some before",
    ]);
  });
});

test("how much is reclaimed is bytes or a share", () => {
  const ops = opsOf(
    opsStep([web], ["reclaim: { cgroup: web, amount: 64M, swappiness: 0 }", "reclaim: { cgroup: web, amount: 25% }"]),
  );
  expect(ops).toMatchObject([
    { amount: { bytes: 67_108_864 }, swappiness: 0 },
    { amount: { fraction: 0.25 }, swappiness: null },
  ]);
});

test("ops on the kernel itself are refused, whatever stands in them", () => {
  for (const kind of unsupportedOps)
    for (const given of ["{}", "{ name: a }", "x"])
      expect(() => problemsOf(opsStep([], [`${kind}: ${given}`]))).toThrow(
        `ops[0].${kind} is not supported yet; leave it out: nothing here reaches into the kernel`,
      );
});
