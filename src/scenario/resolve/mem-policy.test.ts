import { expect, test } from "vitest";
import type { MemPolicy, MemPolicyFlag } from "../model/index.ts";
import { memPolicyFlags } from "../model/index.ts";
import { parseTopology } from "../topology/index.ts";
import { resolveMemPolicy } from "./mem-policy.ts";

const topology = parseTopology("cpus=8,numa=4");
const staticNodes = 1 << 15;
const relativeNodes = 1 << 14;
const balancing = 1 << 13;

test("the flags have the kernel's bits", () => {
  expect(memPolicyFlags).toEqual({
    static_nodes: staticNodes,
    relative_nodes: relativeNodes,
    numa_balancing: balancing,
  });
});

test.each<[MemPolicy, readonly MemPolicyFlag[], readonly number[] | null, object | null]>([
  ["default", [], [0], null],
  ["local", [], [0], { mode: 4, nodes: [] }],
  [{ preferred: 1 }, [], null, { mode: 1, nodes: [1] }],
  [{ bind: "0-1" }, [], [0, 1], { mode: 2, nodes: [0, 1] }],
  [{ interleave: [1, 0] }, [], null, { mode: 3, nodes: [0, 1] }],
  [{ preferredMany: "0,3" }, [], null, { mode: 5, nodes: [0, 3] }],
  [{ weightedInterleave: "0" }, [], null, { mode: 6, nodes: [0] }],
  // static: exists on the host, whatever the group has. relative: any will do.
  [{ bind: "3" }, ["static_nodes"], [0], { mode: 2 | staticNodes, nodes: [3] }],
  [{ bind: "9" }, ["relative_nodes"], [0], { mode: 2 | relativeNodes, nodes: [9] }],
  [{ bind: "0" }, ["numa_balancing", "static_nodes"], [0], { mode: 2 | balancing | staticNodes, nodes: [0] }],
])("%j with %j in a group of nodes %j is %j", (policy, flags, allowed, call) => {
  expect(resolveMemPolicy(policy, flags, allowed, topology)).toEqual({ call });
});

test.each<[MemPolicy, readonly MemPolicyFlag[], readonly number[] | null, string, string]>([
  [
    { bind: "0" },
    ["odd" as MemPolicyFlag],
    [0],
    "there is no flag odd",
    "use numa_balancing, relative_nodes, static_nodes",
  ],
  [
    { bind: "0" },
    ["static_nodes", "relative_nodes"],
    [0],
    "static_nodes and relative_nodes exclude each other",
    "give one of them",
  ],
  [{ bind: "9" }, ["static_nodes"], [0], "memory node 9 is not there: there is 0-3", "name nodes that are"],
  [{ bind: "9" }, [], null, "memory node 9 is not there: there is 0-3", "name nodes that are"],
  [
    { bind: "0-2" },
    [],
    [0, 1],
    "memory node 2 is none of the group's, which has 0-1",
    "add the flag static_nodes, or widen the cpuset or cpuset_mems of the group",
  ],
  [{ bind: [] }, [], null, 'a list expects a list such as 0-3,6, not ""', "name at least one number, such as 0-3,6"],
  ["default", ["static_nodes"], null, "static_nodes needs a memory policy", "add mem_policy, or leave the flag out"],
  ["local", ["static_nodes"], null, "static_nodes needs a policy with nodes, and local has none", "leave the flag out"],
  [
    { interleave: "0" },
    ["numa_balancing"],
    null,
    "numa_balancing goes with bind and preferred_many only",
    "change the policy or leave the flag out",
  ],
])("%j with %j in a group of nodes %j is refused", (policy, flags, allowed, rule, fix) => {
  expect(resolveMemPolicy(policy, flags, allowed, topology)).toMatchObject({ rule, fix });
});
