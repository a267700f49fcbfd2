import { array, assert, constantFrom, double, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import type { CpusetSpec } from "../model/index.ts";
import { parseTopology } from "../topology/index.ts";
import { resolveCpuset } from "./cpuset.ts";
import { isRefusal } from "./refusal.ts";

const eight = parseTopology("cpus=8,numa=2,llc=4");
const twoCpus = parseTopology("cpus=2");

test.each<[CpusetSpec, readonly number[]]>([
  [{ llc: 0 }, [0, 1]],
  // The kept CPU 7 is not left out of what names a place.
  [{ llc: 3 }, [6, 7]],
  [{ numa: 1 }, [4, 5, 6, 7]],
  [{ exact: "0,7" }, [0, 7]],
  [{ exact: [3, 1, 3] }, [1, 3]],
  // ⌊7 · 0.25⌋ = 1 up to, but without, ⌊7 · 0.5⌋ = 3.
  [{ range: { start: 0.25, end: 0.5 } }, [1, 2]],
  [{ range: { start: 0, end: 1 } }, [0, 1, 2, 3, 4, 5, 6]],
  // Chunks of ⌊7 / 3⌋ = 2; the last takes the remainder.
  [{ disjoint: { index: 0, of: 3 } }, [0, 1]],
  [{ disjoint: { index: 1, of: 3 } }, [2, 3]],
  [{ disjoint: { index: 2, of: 3 } }, [4, 5, 6]],
  [{ disjoint: { index: 6, of: 7 } }, [6]],
  // Chunks of 2, ⌊2 · 0.5⌋ = 1 into each neighbour.
  [{ overlap: { index: 0, of: 3, frac: 0.5 } }, [0, 1, 2]],
  [{ overlap: { index: 1, of: 3, frac: 0.5 } }, [1, 2, 3, 4]],
  [{ overlap: { index: 2, of: 3, frac: 0.5 } }, [3, 4, 5, 6]],
  [{ overlap: { index: 1, of: 3, frac: 0.49 } }, [2, 3]],
  [{ overlap: { index: 1, of: 3, frac: 1 } }, [0, 1, 2, 3, 4, 5]],
])("%j of eight CPUs is %j", (spec, cpus) => {
  expect(resolveCpuset(spec, eight)).toEqual(cpus);
});

test("with two CPUs both are usable", () => {
  expect(resolveCpuset({ disjoint: { index: 1, of: 2 } }, twoCpus)).toEqual([1]);
});

test.each<[CpusetSpec, string, string]>([
  [{ llc: 4 }, "there is no last-level cache 4: there are 0 to 3", "name one of those"],
  [{ numa: 2 }, "there is no memory node 2: those with CPUs are 0-1", "name one of those"],
  [{ range: { start: 0.5, end: 0.5 } }, "a range needs 0 <= start < end <= 1, not 0.5 to 0.5", "change start or end"],
  [{ range: { start: -0.1, end: 1 } }, "a range needs 0 <= start < end <= 1, not -0.1 to 1", "change start or end"],
  [{ range: { start: 0, end: 1.1 } }, "a range needs 0 <= start < end <= 1, not 0 to 1.1", "change start or end"],
  [
    { range: { start: 0, end: Number.NaN } },
    "a range needs 0 <= start < end <= 1, not 0 to NaN",
    "change start or end",
  ],
  [
    { range: { start: 0, end: 0.1 } },
    "resolved to 0 CPUs: from 0 to 0.1 of 7 usable CPUs there is no whole one",
    "make the range wider",
  ],
  [{ disjoint: { index: 0, of: 0 } }, 'shares need "of" to be 1 or more, not 0', 'change "of"'],
  [{ disjoint: { index: 3, of: 3 } }, "share 3 of 3 does not exist", "use an index from 0 to 2"],
  [
    { disjoint: { index: 0, of: 8 } },
    "8 shares need as many usable CPUs, and there are 7",
    "use fewer shares, or a topology with more CPUs",
  ],
  [{ overlap: { index: 0, of: 0, frac: 0 } }, 'shares need "of" to be 1 or more, not 0', 'change "of"'],
  [{ overlap: { index: 0, of: 2, frac: 1.5 } }, "an overlap needs 0 <= frac <= 1, not 1.5", "change frac"],
  [
    { overlap: { index: 0, of: 2, frac: Number.POSITIVE_INFINITY } },
    "an overlap needs 0 <= frac <= 1, not Infinity",
    "change frac",
  ],
  [{ exact: [] }, 'a list expects a list such as 0-3,6, not ""', "name at least one number, such as 0-3,6"],
  [{ exact: "6-9" }, "CPUs 8-9 are not there: there are 0-7", "leave them out, or use a share, which adapts"],
  [{ exact: "8" }, "CPU 8 is not there: there are 0-7", "leave them out, or use a share, which adapts"],
])("%j of eight CPUs is refused", (spec, rule, fix) => {
  expect(resolveCpuset(spec, eight)).toMatchObject({ rule, fix });
});

test("a node that has memory only is refused by name", () => {
  const nodes = [...eight.nodes, { id: 5, cpus: [] }];
  expect(resolveCpuset({ numa: 5 }, { ...eight, nodes })).toMatchObject({
    rule: "memory node 5 has no CPU: those with CPUs are 0-1",
  });
});

describe("on any topology", () => {
  const topologies = array(integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 4 }).map(
    ([nodes = 1, caches = 1, cores = 1, threads = 1]) =>
      parseTopology(`${nodes}n${nodes * caches}l${cores}c${threads}t`),
  );
  const wild = double();
  const number = integer({ min: -2, max: 70 });
  const fraction = double({ min: -0.5, max: 1.5, noNaN: true });
  const specs = constantFrom("llc", "numa", "range", "disjoint", "overlap", "exact").chain((kind) =>
    array(kind === "range" ? wild : number, { minLength: 3, maxLength: 3 }).chain(([a = 0, b = 0]) =>
      fraction.map((frac): CpusetSpec => {
        if (kind === "llc") return { llc: a };
        if (kind === "numa") return { numa: a };
        if (kind === "range") return { range: { start: a, end: b } };
        if (kind === "disjoint") return { disjoint: { index: a, of: b } };
        return kind === "overlap" ? { overlap: { index: a, of: b, frac } } : { exact: [a, b] };
      }),
    ),
  );

  test("every spec is refused, or is at least one CPU, ascending and all of the topology", () => {
    assert(
      property(specs, topologies, (spec, topology) => {
        const cpus = resolveCpuset(spec, topology);
        if (isRefusal(cpus)) return;
        expect(cpus.length).toBeGreaterThan(0);
        expect(cpus).toEqual([...new Set(cpus)].sort((a, b) => a - b));
        expect(cpus.filter((cpu) => !topology.cpus.includes(cpu))).toEqual([]);
      }),
    );
  });

  test("disjoint shares never overlap, and together are all usable CPUs", () => {
    assert(
      property(topologies, integer({ min: 1, max: 70 }), (topology, of) => {
        const shares = Array.from({ length: of }, (_, index) => resolveCpuset({ disjoint: { index, of } }, topology));
        const lists = shares.filter((share): share is readonly number[] => !isRefusal(share));
        expect(lists.length).toBe(of <= topology.usable.length ? of : 0);
        if (lists.length > 0) expect(lists.flat()).toEqual(topology.usable);
      }),
    );
  });
});
