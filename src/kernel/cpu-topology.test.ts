import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readCpuTopology } from "./cpu-topology.ts";

const made: string[] = [];
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true });
});

/** A sysfs and a status file of these files. */
function hostOf(files: Readonly<Record<string, string>>, status = ""): readonly [string, string] {
  const root = mkdtempSync(join(tmpdir(), "corral-topology-"));
  made.push(root);
  for (const [path, text] of Object.entries({ ...files, status })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return [root, join(root, "status")];
}

const cache = (cpu: number, index: number, level: number, type: string, sharers: string): Record<string, string> => ({
  [`cpu/cpu${cpu}/cache/index${index}/level`]: String(level),
  [`cpu/cpu${cpu}/cache/index${index}/type`]: type,
  [`cpu/cpu${cpu}/cache/index${index}/shared_cpu_list`]: sharers,
});

/** Two nodes of two hardware-threaded cores, a third-level cache each, and a node of memory. */
const server = Object.assign(
  { "cpu/online": "0-7", "node/node0/cpulist": "0-3", "node/node1/cpulist": "4-7", "node/node4/cpulist": "" },
  ...Array.from({ length: 8 }, (_, cpu) => ({
    [`cpu/cpu${cpu}/topology/thread_siblings_list`]: cpu % 2 === 0 ? `${cpu}-${cpu + 1}` : `${cpu - 1}-${cpu}`,
    ...cache(cpu, 0, 1, "Data", String(cpu)),
    ...cache(cpu, 1, 9, "Instruction", "0-7"),
    ...cache(cpu, 3, 3, "Unified", cpu < 4 ? "0-3" : "4-7"),
  })),
) as Record<string, string>;

test("cores, last-level caches and nodes are those that sysfs tells; instruction caches do not count", () => {
  expect(readCpuTopology(...hostOf(server))).toEqual({
    cpus: [0, 1, 2, 3, 4, 5, 6, 7],
    cores: [
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
    ],
    llcs: [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ],
    nodes: [
      { id: 0, cpus: [0, 1, 2, 3] },
      { id: 1, cpus: [4, 5, 6, 7] },
      { id: 4, cpus: [] },
    ],
  });
});

test("CPUs and memory nodes that the process may not use are left out", () => {
  const status = "Name:\tx\nCpus_allowed_list:\t1-4\nMems_allowed_list:\t0-1";
  expect(readCpuTopology(...hostOf({ ...server, "cpu/online": "0-3,5-7" }, status))).toEqual({
    cpus: [1, 2, 3],
    cores: [[1], [2, 3]],
    llcs: [[1, 2, 3]],
    nodes: [
      { id: 0, cpus: [1, 2, 3] },
      { id: 1, cpus: [] },
    ],
  });
});

test("where no cache is told the package stands for it, and a kernel without NUMA has node 0", () => {
  const packages = { "cpu/cpu0/topology/core_siblings_list": "0", "cpu/cpu1/topology/core_siblings_list": "1" };
  expect(readCpuTopology(...hostOf({ "cpu/online": "0-1", ...packages }))).toEqual({
    cpus: [0, 1],
    cores: [[0], [1]],
    llcs: [[0], [1]],
    nodes: [{ id: 0, cpus: [0, 1] }],
  });
  expect(readCpuTopology(...hostOf({ "cpu/online": "0-1" })).llcs).toEqual([[0, 1]]);
});
