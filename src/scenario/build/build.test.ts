import { expect, test } from "vitest";
import { parseScenario } from "../file/index.ts";
import type { Op } from "../model/index.ts";
import { opKinds, unsupportedOps } from "../model/index.ts";
import {
  affinity,
  backdrop,
  cgroup,
  cpus,
  hold,
  holdStep,
  memory,
  ops,
  payload,
  scenario,
  sched,
  step,
  stepWithDefs,
  stepWithOp,
  stepWithPayload,
} from "./index.ts";

/** What a file says. */
const fromFile = (body: string) => parseScenario(body, "s.yaml").scenario;

test("a program and a file make the same scenario", () => {
  const built = scenario("noisy", {
    about: "a quiet group beside a noisy one",
    duration: "4s",
    settle: "100ms",
    workersPerCgroup: 2,
    needs: { cpus: 4 },
    payloads: [payload("probe", ["sleep", "1"], { output: "json", checks: [{ exitCodeEq: 0 }] })],
    backdrop: {
      cgroups: [
        cgroup("quiet")
          .cpuset(cpus.disjoint(0, 2))
          .cpusetMems("0")
          .cpuQuotaPct(50)
          .memoryMax("64M")
          .memoryLow(1024)
          .workers(3)
          .workType({ Bursty: { burst_us: 1000 } })
          .affinity(affinity.randomSubset("0-3", 1))
          .memPolicy(memory.bind("0"))
          .mpolFlags("static_nodes")
          .work({ workType: "PipeIo", workersPerCpu: 1 })
          .nice(5),
      ],
      payloads: ["probe"],
    },
    steps: [
      step({
        setup: [cgroup("noisy").cpuset(cpus.overlap(1, 2, 0.5)).pidsMax(50).swappable(), { name: "plain" }],
        ops: [ops.setAffinity("quiet", "single_cpu"), ops.detachScheduler()],
        hold: hold.frac(0.5),
      }),
      { setup: { module: "groups.mjs" }, hold: hold.loop("100ms") },
    ],
    checks: { notStuck: true },
  });
  expect(built).toEqual(
    fromFile(`version: 1
name: noisy
about: a quiet group beside a noisy one
duration: 4s
settle: 100ms
workers_per_cgroup: 2
needs: { cpus: 4 }
payloads:
  - { name: probe, command: [sleep, "1"], output: json, checks: [{ exit_code_eq: 0 }] }
backdrop:
  cgroups:
    - name: quiet
      cpuset: { disjoint: { index: 0, of: 2 } }
      cpuset_mems: "0"
      limits: { cpu-quota: 50, memory-max: 64M, memory-low: 1024B }
      works:
        - workers: 3
          work_type: { Bursty: { burst_us: 1000 } }
          affinity: { random_subset: { from: 0-3, count: 1 } }
          mem_policy: { bind: "0" }
          mpol_flags: [static_nodes]
        - { work_type: PipeIo, workers_per_cpu: 1 }
      nice: 5
  payloads: [probe]
steps:
  - setup:
      - { name: noisy, cpuset: { overlap: { index: 1, of: 2, frac: 0.5 } }, limits: { pids-max: 50 }, swappable: true }
      - { name: plain }
    ops:
      - set_affinity: { cgroup: quiet, affinity: single_cpu }
      - detach_scheduler
    hold: { frac: 0.5 }
  - setup: { module: groups.mjs }
    hold: { loop: { interval: 100ms } }
checks: { not_stuck: true }
`),
  );
});

const web = { cgroup: "web" };
const everyOp: readonly [Op, string][] = [
  [ops.addCgroup("web"), "add_cgroup: { name: web }"],
  [ops.addCgroupDef(cgroup("web").workers(1)), "add_cgroup_def: { name: web, works: [{ workers: 1 }] }"],
  [ops.removeCgroup("web"), "remove_cgroup: { cgroup: web }"],
  [ops.setCpuset("web", cpus.llc(1)), "set_cpuset: { cgroup: web, cpus: { llc: 1 } }"],
  [ops.clearCpuset("web"), "clear_cpuset: { cgroup: web }"],
  [ops.swapCpusets("a", "b"), "swap_cpusets: { a: a, b: b }"],
  [ops.setLimits("web", { "pids-max": 5 }), "set_limits: { cgroup: web, limits: { pids-max: 5 } }"],
  [ops.spawn("web", { workers: 1 }), "spawn: { placement: { cgroup: web }, work: { workers: 1 } }"],
  [ops.spawnHere({}), "spawn: { placement: runner, work: {} }"],
  [ops.stopCgroup("web"), "stop_cgroup: { cgroup: web }"],
  [ops.setAffinity("web", affinity.exact("1-2")), "set_affinity: { cgroup: web, affinity: { exact: 1-2 } }"],
  [ops.moveAllTasks("", "web"), 'move_all_tasks: { from: "", to: web }'],
  [ops.runPayload("p", ["-x"], "web"), "run_payload: { payload: p, args: [-x], cgroup: web }"],
  [ops.runPayload("p"), "run_payload: { payload: p }"],
  [ops.waitPayload("p", undefined, "2s"), "wait_payload: { payload: p, timeout: 2s }"],
  [ops.killPayload("p", ""), 'kill_payload: { payload: p, cgroup: "" }'],
  [ops.freezeCgroup("web"), "freeze_cgroup: { cgroup: web }"],
  [ops.unfreezeCgroup("web"), "unfreeze_cgroup: { cgroup: web }"],
  [ops.killCgroup("web"), "kill_cgroup: { cgroup: web }"],
  [ops.reclaim("web", "25%", 0), "reclaim: { cgroup: web, amount: 25%, swappiness: 0 }"],
  [
    ops.wait({ state: { ...web, is: "empty" } }, "1s"),
    "wait: { for: { state: { cgroup: web, is: empty } }, timeout: 1s }",
  ],
  [ops.captureCgroupProcs("t", "web"), "capture_cgroup_procs: { tag: t, cgroup: web }"],
  [ops.attachScheduler({ full: true }), "attach_scheduler: { scheduler: { full: true } }"],
  [ops.replaceScheduler({}), "replace_scheduler: { scheduler: {} }"],
  [ops.detachScheduler(), "detach_scheduler"],
  [ops.restartScheduler(), "restart_scheduler"],
];

test.each(everyOp)("%j is `%s`", (op, text) => {
  expect([op]).toEqual(fromFile(`version: 1\nname: s\nsteps:\n  - ops:\n      - ${text}\n`).steps[0]?.ops);
});

test("every op that is supported can be built", () => {
  const built = new Set(everyOp.map(([, text]) => text.split(":", 1)[0]));
  expect([...built].sort()).toEqual(opKinds.filter((kind) => !unsupportedOps.includes(kind)).toSorted());
});

test("a hundred percent is one CPU: 1000 us per percent of a period of 100 ms", () => {
  expect(cgroup("g").cpuQuotaPct(50).build().limits).toEqual({ "cpu-quota": 50 });
  expect(cgroup("g").cpuQuotaPct(50).cpuQuota(20_000).build().limits).toEqual({ "cpu-max": "20000 100000" });
  expect(cgroup("g").cpuUnlimited().build().limits).toEqual({ "cpu-max": "max 100000" });
});

test("what lifts limits writes that there are none", () => {
  expect(cgroup("g").memoryUnlimited().pidsUnlimited().swapMax("max").build().limits).toEqual({
    "memory-max": "max",
    "memory-high": "max",
    "memory-low": "0",
    "pids-max": "max",
    "swap-max": "max",
  });
});

test("every limit that has a call of its own is written by its flag's name", () => {
  const group = cgroup("g").cpuWeight(5).cpuIdle().memoryHigh("2M").memoryMin("1M").ioWeight(50).ioMax("8:0 rbps=1M");
  expect(group.build().limits).toEqual({
    "cpu-weight": 5,
    "cpu-idle": true,
    "memory-high": "2M",
    "memory-min": "1M",
    "io-weight-raw": 50,
    "io-max": ["8:0 rbps=1M"],
  });
});

test("calls about the first work make it, in whatever order", () => {
  const first = cgroup("g").workersPerCpu(1).schedPolicy(sched.fifo(5)).build();
  expect(first.works).toEqual([{ workersPerCpu: 1, schedPolicy: { fifo: 5 } }]);
  const later = cgroup("g").work({ workType: "Mixed" }).work({}).workers(3).build();
  expect(later.works).toEqual([{ workType: "Mixed", workers: 3 }, {}]);
});

test("a builder is not changed by its calls", () => {
  const base = cgroup("g").comm("c").uid(1).gid(2).numaNode(0).payload("p");
  base.workers(9);
  expect(base.build()).toEqual({ name: "g", comm: "c", uid: 1, gid: 2, numaNode: 0, payload: "p" });
});

test("steps of one thing", () => {
  expect(stepWithDefs([cgroup("g")], hold.full)).toEqual({ setup: [{ name: "g" }], hold: "full" });
  expect(stepWithOp(ops.freezeCgroup("g"), hold.fixed("0s"))).toEqual({
    ops: [{ freezeCgroup: { cgroup: "g" } }],
    hold: { fixed: "0s" },
  });
  expect(stepWithPayload("p", hold.full)).toEqual({ ops: [{ runPayload: { payload: "p" } }], hold: "full" });
  expect(holdStep(hold.frac(1))).toEqual({ hold: { frac: 1 } });
  expect(backdrop({ cgroups: [cgroup("g")] })).toEqual({ cgroups: [{ name: "g" }] });
});

test("the rest of the words", () => {
  expect([cpus.numa(1), cpus.range(0, 0.5), cpus.exact([1])]).toEqual([
    { numa: 1 },
    { range: { start: 0, end: 0.5 } },
    { exact: [1] },
  ]);
  expect([sched.roundRobin(1), sched.deadline("1ms", "2ms"), sched.deadline("1ms", "2ms", "3ms")]).toEqual([
    { roundRobin: 1 },
    { deadline: { runtime: "1ms", deadline: "2ms" } },
    { deadline: { runtime: "1ms", deadline: "2ms", period: "3ms" } },
  ]);
  expect([memory.preferred(1), memory.interleave("0"), memory.preferredMany("0"), memory.weightedInterleave("0")]).toEqual(
    [{ preferred: 1 }, { interleave: "0" }, { preferredMany: "0" }, { weightedInterleave: "0" }],
  );
});
