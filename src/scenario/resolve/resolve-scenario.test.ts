import { describe, expect, test } from "vitest";
import { groupsStep, opsStep, planOf, problemsOf, unmetOf } from "../../../test/shared/scenario-plan.ts";
import type { ResolvedScenario } from "./index.ts";

const webGroup = "{ name: web, works: [{ workers: 2 }] }";

describe("holds", () => {
  const times = ({ steps }: ResolvedScenario) =>
    steps.map(({ startMs, deadlineMs, hold, settleMs }) => [startMs, deadlineMs, settleMs, hold.plannedMs]);

  test("are full unless they say less, and never go beyond the duration, which is told", () => {
    const plan = planOf(
      "duration: 2s\nsteps: [{ hold: { frac: 0.25 } }, { hold: { fixed: 0s } }, {}, { hold: full }]\n",
    );
    expect(times(plan)).toEqual([
      [0, 2000, 0, 500],
      [500, 2000, 0, 0],
      [500, 2000, 0, 1500],
      [2000, 2000, 0, 0],
    ]);
    expect(plan.plannedMs).toBe(2000);
    expect(plan.warnings).toEqual([
      { where: "step 2, hold", message: "is to hold 2.00 s, and only 1.50 s is left of the scenario's duration" },
      { where: "step 3, hold", message: "is to hold 2.00 s, and nothing is left of the scenario's duration" },
    ]);
  });

  test("leave the time out in which new groups settle", () => {
    const plan = planOf(
      `duration: 1s\nsettle: 100ms\nbackdrop: { cgroups: [${webGroup}] }\nsteps:\n  - { hold: { frac: 0.5 } }\n  - { setup: [{ name: g }], hold: { frac: 0.5 } }\n`,
    );
    expect(plan.backdrop.settleMs).toBe(100);
    expect(times(plan)).toEqual([
      [100, 1100, 0, 500],
      [600, 1200, 100, 500],
    ]);
    expect([plan.plannedMs, plan.warnings]).toEqual([1200, []]);
  });

  test("of a loop last until the end of the duration", () => {
    const plan = planOf(opsStep([webGroup], ["freeze_cgroup: { cgroup: web }"], "{ loop: { interval: 100ms } }"));
    expect(plan.steps[0]?.hold).toMatchObject({ kind: "loop", intervalMs: 100, plannedMs: 1000 });
  });

  test.each([
    ["{ frac: 0 }", "step 0, hold: a hold needs a frac above 0, not 0; use fixed: 0s for a step of ops only"],
    ["{ frac: -1 }", "step 0, hold: a hold needs a frac above 0, not -1; use fixed: 0s for a step of ops only"],
    [
      "{ loop: { interval: 0s } }",
      "step 0, hold: a loop without a pause would do nothing but ops; give an interval above 0s",
    ],
  ])("%s is refused", (hold, line) => {
    expect(problemsOf(`steps: [{ hold: ${hold} }]\n`)).toEqual([line]);
  });
});

describe("controllers", () => {
  const controllers = (group: string, ops: readonly string[]): readonly string[] =>
    planOf(opsStep([`{ name: g, works: [{ workers: 1 }]${group} }`], ops)).controllers;

  test.each([
    ["", [], []],
    [", cpuset: { llc: 0 }", [], ["cpuset"]],
    [", cpuset_mems: 0", [], ["cpuset"]],
    [", limits: { cpu-weight: 5 }", [], ["cpu"]],
    [", limits: { memory-max: 1G }", [], ["memory"]],
    [", limits: { io-weight: 5 }", [], ["io"]],
    [", limits: { pids-max: 5 }", [], ["pids"]],
    [", limits: { pids-max: 5, cpu-idle: true }", [], ["cpu", "pids"]],
    ["", ["set_cpuset: { cgroup: g, cpus: { llc: 0 } }"], ["cpuset"]],
    ["", ["clear_cpuset: { cgroup: g }"], ["cpuset"]],
    ["", ["set_affinity: { cgroup: g, affinity: inherit }"], ["cpuset"]],
    ["", ["set_limits: { cgroup: g, limits: { memory-high: 1G } }"], ["memory"]],
    ["", ["add_cgroup_def: { name: h, limits: { pids-max: 5 } }"], ["pids"]],
    ["", ["reclaim: { cgroup: g, amount: 1M }"], ["memory"]],
    ["", ["wait: { for: { events: { cgroup: g, counter: pids.max } }, timeout: 1s }"], ["pids"]],
    ["", ["wait: { for: { metric: { cgroup: g, metric: memory_current_bytes, at_least: 1 } } }"], ["memory"]],
    ["", ["freeze_cgroup: { cgroup: g }", "kill_cgroup: { cgroup: g }", "stop_cgroup: { cgroup: g }"], []],
    ["", ["spawn: { placement: { cgroup: g }, work: {} }", 'move_all_tasks: { from: "", to: g }'], []],
  ])("of a group%s with ops %j are %j and no other", (group, ops, expected) => {
    expect(controllers(group, ops)).toEqual(expected);
  });

  test("of swap_cpusets is cpuset", () => {
    const plan = planOf(opsStep(["{ name: a }", "{ name: b }"], ["swap_cpusets: { a: a, b: b }"]));
    expect(plan.controllers).toEqual(["cpuset"]);
  });

  test("of each group are those of its limits and of what later ops need of it", () => {
    const plan = planOf(
      opsStep(["{ name: a, limits: { pids-max: 5 } }", "{ name: b }"], ["reclaim: { cgroup: a, amount: 1M }"]),
    );
    expect(plan.backdrop.groups.map(({ controllers: own }) => own)).toEqual([["memory", "pids"], []]);
  });
});

test("phases are counted from 1, and each step tells its kinds of ops by their bits", () => {
  const plan = planOf(opsStep([webGroup], ["freeze_cgroup: { cgroup: web }", "unfreeze_cgroup: { cgroup: web }"]));
  expect(plan.steps[0]).toMatchObject({ index: 0, phase: 1, label: "Step[0]", opMask: (1 << 13) | (1 << 14) });
});

test("a scenario has a duration of 1 s and no settling unless it says more", () => {
  expect(planOf(groupsStep("{ name: g }"))).toMatchObject({ durationMs: 1000, backdrop: { settleMs: 0 } });
});

describe("the second round of a loop", () => {
  test("is judged beforehand", () => {
    const body = opsStep([], ["add_cgroup: { name: own }"], "{ loop: { interval: 1ms } }");
    expect(problemsOf(body)).toEqual([
      'step 0, op 0 (add_cgroup): in the second round of the loop group "own" was made in this step already: a group is declared in exactly one place; leave one out, or remove it before',
    ]);
    expect(
      problemsOf(
        opsStep([], ["add_cgroup: { name: own }", "remove_cgroup: { cgroup: own }"], "{ loop: { interval: 1ms } }"),
      ),
    ).toEqual([]);
  });

  test("says nothing again that the first says", () => {
    expect(problemsOf(opsStep([], ["freeze_cgroup: { cgroup: x }"], "{ loop: { interval: 1ms } }"))).toHaveLength(1);
  });

  test("of swaps resolves affinities with what the groups have then", () => {
    const group = (name: string, cpus: string): string => `{ name: ${name}, cpuset: { exact: ${cpus} } }`;
    const body = opsStep(
      [group("a", "0-1"), group("b", "2-3")],
      ["swap_cpusets: { a: a, b: b }", "set_affinity: { cgroup: a, affinity: { exact: 2-3 } }"],
      "{ loop: { interval: 1ms } }",
    );
    expect(problemsOf(body)).toEqual([
      "step 0, op 1 (set_affinity): in the second round of the loop none of the CPUs 2-3 is the group's, which has 0-1; name CPUs of the group, or widen its cpuset",
    ]);
  });
});

describe("what a topology has too little of", () => {
  const needy = "needs: { cpus: 8, numa_nodes: 2, llcs: 4, threads_per_core: 2 }\n";
  const group = groupsStep("{ name: g, cpuset: { numa: 1 } }");

  test("skips a scenario that says what it needs", () => {
    expect(unmetOf(`${needy}${group}`, "cpus=2")).toEqual([
      { need: "cpus", wanted: 8, found: 2 },
      { need: "llcs", wanted: 4, found: 1 },
      { need: "numaNodes", wanted: 2, found: 1 },
      { need: "threadsPerCore", wanted: 2, found: 1 },
    ]);
    expect(planOf(`${needy}${group}`, "cpus=16,numa=2,llc=4,threads=2").name).toBe("made");
  });

  test("is a mistake of one that does not", () => {
    expect(problemsOf(group, "cpus=2")).toEqual([
      'step 0, group "g": there is no memory node 1: those with CPUs are 0; name one of those',
    ]);
  });

  test("does not hide what is wrong everywhere", () => {
    expect(problemsOf(`${needy}${groupsStep("{ name: g, cpuset: { numa: 1 }, payload: p }")}`, "cpus=2")).toEqual([
      'step 0, group "g": there is no payload "p"; there are: none; add it to payloads, or correct the name',
    ]);
  });
});

test("everything that is wrong is told at once", () => {
  const body = `backdrop: { payloads: [p] }\n${opsStep([], ["freeze_cgroup: { cgroup: x }"]).replace("full", "{ frac: 0 }")}  - setup: [{ name: a/b }]\n`;
  expect(problemsOf(body).map((line) => line.split(":", 1)[0])).toEqual([
    'backdrop, payload "p"',
    "step 0, op 0 (freeze_cgroup)",
    "step 0, hold",
    'step 1, group "a/b"',
  ]);
});

describe("expectations", () => {
  const expecting = (expectation: string): readonly string[] =>
    problemsOf(`expect: [${expectation}]\n${groupsStep("{ name: g }")}`);

  test("are about groups and steps that there will be", () => {
    expect(expecting("{ series: { cgroup: x, metric: pids_current, step: 1, holds: nondecreasing } }")).toEqual([
      'expectation 0: the scenario makes no group "x"; it makes: "g"; correct the name',
      "expectation 0: there is no step 1: the last of 1 is 0; correct the number",
    ]);
  });

  test("have bounds that something can be between", () => {
    expect(
      expecting("{ series: { cgroup: g, metric: pids_current, holds: { each: { at_least: 2, at_most: 1 } } } }"),
    ).toEqual(["expectation 0: nothing is at least 2 and at most 1; swap them"]);
  });
});
