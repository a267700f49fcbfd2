import { expect, test } from "vitest";
import { parseScenario, parseTopology, planScenario, toPlanDocument } from "../scenario/index.ts";
import { planText } from "./scenario-plan-text.ts";

async function textOf(body: string, topologyText = "cpus=8,numa=2,threads=2"): Promise<readonly string[]> {
  const topology = parseTopology(topologyText);
  const { scenario } = parseScenario(`version: 1\nname: told\n${body}`, "told.yaml");
  return planText(toPlanDocument("told", await planScenario(scenario, { topology }), topology)).split("\n");
}

test("a plan is told in the order of its execution, with everything that was settled", async () => {
  const lines = await textOf(`settle: 100ms
scheduler: { fifo: true }
payloads: [{ name: p, command: [sleep, "1"] }]
backdrop:
  cgroups:
    - name: a
      cpuset: { exact: 0-3 }
      cpuset_mems: 0
      works:
        - { sched_policy: { fifo: 5 }, affinity: { random_subset: { from: 0-1, count: 1 } }, nice: -5, comm: c, uid: 1, gid: 2 }
        - { work_type: { Sequence: [{ spin: 1ms }] }, mem_policy: { bind: 0 }, affinity: single_cpu }
    - { name: a/b, cpuset: { exact: 3-5 }, limits: { pids-max: 5 }, works: [{ work_type: AluHot }] }
  ops: [{ run_payload: { payload: p } }]
steps:
  - setup: [{ name: own, payload: p }]
    ops: [{ spawn: { placement: runner, work: {} } }]
    hold: { fixed: 500ms }
  - ops: [{ swap_cpusets: { a: a, b: a/b } }, { wait: { for: { state: { cgroup: a, is: populated } } } }]
    hold: { loop: { interval: 250ms } }
checks: { max_gap_ms: 5 }
expect: [{ series: { cgroup: a, metric: pids_current, holds: nondecreasing } }]
`);
  expect(lines).toEqual([
    "scenario told: 1.20 s planned, 1.00 s of holds",
    "topology cpus=8,numa=2,threads=2: CPUs 0-7, usable 0-6, 2 memory nodes, 2 last-level caches, 2 threads per core",
    "controllers: cpuset pids",
    'scheduler "corral"',
    "backdrop",
    '  group "a": CPUs 0-3, memory nodes 0 [cpuset]',
    '    1 × SpinWait, each on 1 of CPUs 0-1, fifo 5, nice -5, comm "c", uid 1, gid 2',
    "    1 × Sequence (spin 1000 us), on CPU 0, memory policy 2 of nodes 0",
    '  group "a/b": CPUs 3-5, in fact CPU 3, pids-max 5 [cpuset pids]',
    "    1 × AluHot",
    '  op 0 run_payload: starts "p" without a group',
    "  settle 100 ms",
    "step 0, phase 1, from 100 ms",
    "  op 0 spawn: starts 1 × SpinWait without a group",
    "    1 × SpinWait",
    '  group "own"',
    '    payload: "sleep" "1"',
    "  settle 100 ms",
    "  hold 500 ms",
    "step 1, phase 2, from 700 ms",
    "  loop for 500 ms, each round followed by 250 ms:",
    '    op 0 swap_cpusets: "a" and "a/b" swap their CPUs',
    '    op 1 wait: waits until "a" is populated, at most 10.00 s',
    "checks: max_gap_ms 5",
    "and 1 expectation",
    "",
  ]);
});

test("what would be skipped is told with what it needs", async () => {
  expect(await textOf("needs: { cpus: 9, threads_per_core: 4 }\nsteps: [{}]\n")).toEqual([
    "scenario told would be skipped: needs 9 CPUs, has 8, needs 4 threads per core, has 2",
    "topology cpus=8,numa=2,threads=2: CPUs 0-7, usable 0-6, 2 memory nodes, 2 last-level caches, 2 threads per core",
    "",
  ]);
});

test("what looks like a mistake is told last", async () => {
  const lines = await textOf("steps: [{ ops: [{ remove_cgroup: { cgroup: x } }], hold: { fixed: 2s } }]\n", "cpus=1");
  expect(lines).toEqual([
    "scenario told: 1.00 s planned, 1.00 s of holds",
    "topology cpus=1: CPU 0, usable 0, 1 memory node, 1 last-level cache",
    "controllers: none",
    "step 0, phase 1, from 0 ms",
    '  op 0 remove_cgroup: removes "x", which is not there',
    "  hold 1.00 s",
    'warning: step 0, op 0 (remove_cgroup): there is no group "x" at this point: nothing is removed',
    "warning: step 0, hold: is to hold 2.00 s, and only 1.00 s is left of the scenario's duration",
    "",
  ]);
});
