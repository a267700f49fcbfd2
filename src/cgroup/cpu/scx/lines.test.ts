import { expect, test } from "vitest";
import { counterNames, SchedulerLines } from "./lines.ts";

const zeros = Object.fromEntries(counterNames.map((name) => [name, 0]));

test("a sample is told when it is whole, in whatever pieces it came", () => {
  const text =
    "ready\nsample 12000\ncounters act 3 deact 2 local 5 unheard 9\ngroup 113 200 9545243317 4\ngroup 7 100 0 1\nend\n";
  const wanted = [
    { kind: "ready" },
    {
      kind: "sample",
      sample: {
        atNs: 12000,
        counters: { ...zeros, act: 3, deact: 2, local: 5 },
        groups: [
          { id: 113, weight: 200, ranNs: 9545243317, runnable: 4 },
          { id: 7, weight: 100, ranNs: 0, runnable: 1 },
        ],
      },
    },
  ];
  for (const size of [1, 7, text.length]) {
    const lines = new SchedulerLines();
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
      text.slice(at * size, (at + 1) * size),
    );
    expect(pieces.flatMap((piece) => lines.take(piece))).toEqual(wanted);
  }
});

test("the kernel's words come back as it said them", () => {
  expect(new SchedulerLines().take("exit 1026 0 runnable\\x20task\\x20stall a[12]\\x0afailed\n")).toEqual([
    { kind: "exit", exitKind: 1026, code: "0", reason: "runnable task stall", message: "a[12]\nfailed" },
  ]);
});

test("what the kernel lacks, what failed, and the answer to a boost are told as they are", () => {
  expect(
    new SchedulerLines().take(
      "lack function scx_bpf_task_set_slice\nfail BPF_PROG_LOAD 13 dispatch\nboost 113 2\nunknown\ngroup 1 1 1 1\n",
    ),
  ).toEqual([
    { kind: "lack", what: "function", name: "scx_bpf_task_set_slice" },
    { kind: "fail", call: "BPF_PROG_LOAD", errno: 13, what: "dispatch" },
    { kind: "boost", group: 113, errno: 2 },
  ]);
});
