import { describe, expect, test } from "vitest";
import { nodesOf, parseTopology, threadsPerCore } from "./index.ts";

describe("a declared topology", () => {
  test("numbers CPUs by node, cache, core and thread, and says the same short", () => {
    const facts = {
      cpus: [0, 1, 2, 3, 4, 5, 6, 7],
      usable: [0, 1, 2, 3, 4, 5, 6],
      cores: [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 7],
      ],
      llcs: [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 7],
      ],
      nodes: [
        { id: 0, cpus: [0, 1, 2, 3] },
        { id: 1, cpus: [4, 5, 6, 7] },
      ],
    };
    const words = "cpus=8, numa=2,llc=4,threads=2";
    expect(parseTopology(words)).toEqual({ source: words, ...facts });
    expect(parseTopology("2n4l1c2t")).toEqual({ source: "2n4l1c2t", ...facts });
  });

  test("has one node, a cache per node and a thread per core unless it says more", () => {
    const { llcs, nodes, cores } = parseTopology("cpus=4");
    expect([llcs.length, nodes.length, cores.length]).toEqual([1, 1, 4]);
    expect(parseTopology("cpus=4,numa=2").llcs).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test.each([
    [1, [0]],
    [2, [0, 1]],
    [3, [0, 1]],
    [4, [0, 1, 2]],
  ])("of %d CPUs the last is kept only when there are more than two", (cpus, usable) => {
    expect(parseTopology(`cpus=${cpus}`).usable).toEqual(usable);
  });

  test.each([
    ["", 'expects cpus=N,numa=N,llc=N,threads=N, or 2n4l4c2t; it knows no ""'],
    ["numa=2", 'needs cpus=N: "numa=2"'],
    ["cpus=4,cpus=4", 'has cpus twice: "cpus=4,cpus=4"'],
    ["cpus=0", 'has a wrong cpus: it expects a whole number from 1 to 8192, not "0"'],
    ["cpus=8,numa=2,llc=3", "needs as many caches in every node: 3 are no multiple of 2 nodes"],
    [
      "cpus=8,llc=3",
      "needs as many whole cores in every cache: 8 CPUs are no multiple of 3 caches and 1 threads per core",
    ],
    ["cpus=8,sockets=2", 'expects cpus=N,numa=N,llc=N,threads=N, or 2n4l4c2t; it knows no "sockets=2"'],
    ["1n0l4c1t", 'expects 1 to 8192 CPUs and 1 to 1024 nodes, not 0 and 1: "1n0l4c1t"'],
    ["9n9l999c9t", 'expects 1 to 8192 CPUs and 1 to 1024 nodes, not 80919 and 9: "9n9l999c9t"'],
  ])("--topology %j is refused", (text, message) => {
    expect(() => parseTopology(text)).toThrow(new RangeError(message));
  });
});

test("nodes are found by their CPUs", () => {
  const topology = parseTopology("cpus=8,numa=4");
  expect(nodesOf([1, 2, 7], topology)).toEqual([0, 1, 3]);
  expect([threadsPerCore(topology), threadsPerCore(parseTopology("1n1l2c4t"))]).toEqual([1, 4]);
});
