import { expect, test } from "vitest";
import { ConfigError } from "../../report/config/index.ts";
import type { Scenario } from "../model/index.ts";
import { parseScenario, snakeKeys } from "./index.ts";

const sound = `version: 1
name: halves
duration: 2s
backdrop:
  cgroups:
    - name: web
      cpuset: { disjoint: { index: 0, of: 2 } }
      limits: { memory-max: 64M }
      works: [{ work_type: { Bursty: { burst_us: 1000 } }, workers_per_cpu: 1.5 }]
steps:
  - ops:
      - set_affinity: { cgroup: web, affinity: { random_subset: { from: 0-3, count: 1 } } }
      - detach_scheduler
    hold: { loop: { interval: 100ms } }
checks: { max_p99_wake_latency_ns: 5000 }
`;

const halves: Scenario = {
  version: 1,
  name: "halves",
  duration: "2s",
  backdrop: {
    cgroups: [
      {
        name: "web",
        cpuset: { disjoint: { index: 0, of: 2 } },
        limits: { "memory-max": "64M" },
        works: [{ workType: { Bursty: { burst_us: 1000 } }, workersPerCpu: 1.5 }],
      },
    ],
  },
  steps: [
    {
      ops: [
        { setAffinity: { cgroup: "web", affinity: { randomSubset: { from: "0-3", count: 1 } } } },
        "detach_scheduler",
      ],
      hold: { loop: { interval: "100ms" } },
    },
  ],
  checks: { maxP99WakeLatencyNs: 5000 },
};

const mistakes = (text: string): readonly string[] => {
  try {
    parseScenario(text, "s.yaml");
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.toLine().split("\n");
    throw thrown;
  }
  return [];
};

test("a file and a program spell the same scenario", () => {
  expect(parseScenario(sound, "s.yaml").scenario).toEqual(halves);
  expect(parseScenario(JSON.stringify(snakeKeys(halves)), "s.json").scenario).toEqual(halves);
});

test("a part of the scenario is found in the file", () => {
  const { locate } = parseScenario(sound, "s.yaml");
  expect(locate(["steps", 0, "ops", 0, "setAffinity", "affinity", "randomSubset", "count"])).toEqual({
    line: 12,
    column: 85,
  });
  expect(locate(["backdrop", "cgroups", 0, "works", 0, "workersPerCpu"], "key")).toEqual({ line: 9, column: 60 });
});

test("every mistake is told with line and column", () => {
  expect(
    mistakes(`version: 1
name: x
duration: 5
steps:
  - setup:
      - { name: ../a, cpuset: { llc: 0, numa: 1 } }
      - { name: a, comm: sixteen-bytes-ab, works: [{ work_type: spin_wait }] }
      - { name: b, works: [{ work_type: { Bursty: { burst_ms: 5 } } }] }
    ops:
      - set_cpuset: { cgroup: a, cpus: { lcc: 0 } }
      - spawn: { placement: runner }
`),
  ).toEqual([
    "s.yaml:3:11: duration needs a unit, such as 5ms or 5s",
    's.yaml:6:17: steps[0].setup[0].name has an empty part, . or ..: "../a"',
    "s.yaml:6:31: steps[0].setup[0].cpuset needs exactly one of llc, numa, range, disjoint, overlap, exact, not llc and numa",
    's.yaml:7:26: steps[0].setup[1].comm is 16 bytes long; the kernel keeps 15: "sixteen-bytes-ab"',
    's.yaml:7:65: steps[0].setup[1].works[0].work_type cannot be "spin_wait"; did you mean SpinWait?',
    "s.yaml:8:53: steps[0].setup[2].works[0].work_type.Bursty.burst_ms is not a key here; did you mean burst_us?",
    "s.yaml:10:42: steps[0].ops[0].set_cpuset.cpus.lcc is not a key here; did you mean llc?",
    "s.yaml:11:16: steps[0].ops[1].spawn.work is missing",
  ]);
});
