import { assert, double, integer, property } from "fast-check";
import { expect, test } from "vitest";
import type { AffinityIntent } from "../model/index.ts";
import { parseTopology } from "../topology/index.ts";
import { drawCpus, resolveAffinity } from "./affinity.ts";
import type { ResolvedAffinity } from "./resolved-work.ts";

const threaded = parseTopology("cpus=8,numa=2,llc=2,threads=2");
const plain = parseTopology("cpus=8,numa=2,llc=4");
const fixed = (...cpus: number[]): ResolvedAffinity => ({ kind: "fixed", cpus });

test.each<[AffinityIntent, readonly number[] | null, ResolvedAffinity]>([
  ["inherit", [0, 1], { kind: "inherit" }],
  [{ randomSubset: { from: "0-5", count: 2 } }, [4, 5, 6], { kind: "random", pool: [4, 5], count: 2 }],
  // More than there are: all of them.
  [{ randomSubset: { from: "0-7", count: 9 } }, [1, 2], { kind: "random", pool: [1, 2], count: 2 }],
  // Two of the second cache against one of the first.
  ["llc_aligned", [3, 4, 5], fixed(4, 5)],
  // As many in both: the first wins.
  ["llc_aligned", [3, 4], fixed(3)],
  ["llc_aligned", null, fixed(0, 1, 2, 3)],
  ["cross_cgroup", [0], fixed(0, 1, 2, 3, 4, 5, 6, 7)],
  ["single_cpu", [5, 6], fixed(5)],
  ["single_cpu", null, fixed(0)],
  [{ exact: "1,4" }, [4, 5], fixed(4)],
  // Core 2-3 is the first with both of its threads.
  ["smt_sibling_pair", [1, 2, 3, 4], fixed(2, 3)],
])("%j in a group with CPUs %j is %j", (intent, groupCpus, affinity) => {
  expect(resolveAffinity(intent, { groupCpus, numaNode: null }, threaded)).toEqual(affinity);
});

test.each<[AffinityIntent, readonly number[] | null, string]>([
  [{ randomSubset: { from: "0-7", count: 0 } }, null, "a random subset needs a count of 1 or more, not 0"],
  [{ randomSubset: { from: "0-3", count: 1 } }, [4], "none of the CPUs 0-3 is the group's, which has 4"],
  [{ exact: "0" }, [4], "none of the CPUs 0 is the group's, which has 4"],
  [{ exact: [] }, null, 'a list expects a list such as 0-3,6, not ""'],
  ["smt_sibling_pair", [1, 2], "no core has two hardware threads among the CPUs 1-2"],
  ["single_cpu", [], "no CPU is left to the group"],
  ["llc_aligned", [], "no CPU is left to the group"],
])("%j in a group with CPUs %j is refused, never left out", (intent, groupCpus, rule) => {
  expect(resolveAffinity(intent, { groupCpus, numaNode: null }, threaded)).toMatchObject({ rule });
});

test("a node narrows what an affinity is made of", () => {
  const place = { groupCpus: [2, 3, 4, 5], numaNode: 1 };
  expect(resolveAffinity("inherit", place, plain)).toEqual(fixed(4, 5));
  expect(resolveAffinity("single_cpu", place, plain)).toEqual(fixed(4));
  expect(resolveAffinity("cross_cgroup", place, plain)).toMatchObject({
    rule: "cross_cgroup is for all CPUs, and numa_node for those of one node",
  });
  expect(resolveAffinity("inherit", { groupCpus: [0], numaNode: 1 }, plain)).toMatchObject({
    rule: "memory node 1 has none of the CPUs 0 that its group has",
  });
  expect(resolveAffinity("inherit", { groupCpus: null, numaNode: 9 }, plain)).toMatchObject({
    rule: "there is no memory node 9",
    fix: "name one of 0-1",
  });
});

test("a random subset is as many CPUs as asked for, all of its pool, each once", () => {
  assert(
    property(integer({ min: 1, max: 8 }), double({ min: 0, max: 0.999, noNaN: true }), (count, number) => {
      const pool = plain.cpus;
      const drawn = drawCpus({ kind: "random", pool, count }, () => number) ?? [];
      expect(new Set(drawn).size).toBe(count);
      expect(drawn.filter((cpu) => !pool.includes(cpu))).toEqual([]);
      expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
    }),
  );
});

test("what is not drawn is the same for every worker", () => {
  expect(drawCpus(fixed(1, 2), Math.random)).toEqual([1, 2]);
  expect(drawCpus({ kind: "inherit" }, Math.random)).toBeNull();
});
