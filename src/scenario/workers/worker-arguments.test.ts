import { describe, expect, test } from "vitest";
import { fillParameters } from "../model/index.ts";
import { readLeaderLine } from "./leader-line.ts";
import type { WorkerPlan } from "./worker-arguments.ts";
import { planArguments } from "./worker-arguments.ts";

const plan: WorkerPlan = {
  workType: "SpinWait",
  parameters: {},
  phases: [],
  resources: [],
  workers: 2,
  memoryPolicy: null,
  comm: null,
  uid: null,
  gid: null,
};

describe("the command line of workers", () => {
  test("tells what there is and nothing else", () => {
    expect(planArguments(plan)).toEqual(["load", "spin-wait", "--workers", "2"]);
  });

  test("gives numbers as they are and choices by their place", () => {
    const parameters = fillParameters("WakeChain", { wake: "futex", depth: 2 });
    expect(planArguments({ ...plan, workType: "WakeChain", parameters }).slice(1)).toEqual([
      ...["wake-chain", "--workers", "2", "--param", "depth=2", "--param", "wake=1", "--param", "work_per_hop_us=100"],
    ]);
  });

  test("leaves lists and groups to the resources", () => {
    const parameters = fillParameters("CgroupAttachStorm", { dest: "other" });
    const resources = ["/sys/fs/cgroup/other/cgroup.procs"];
    expect(planArguments({ ...plan, workType: "CgroupAttachStorm", parameters, resources }).slice(4)).toEqual([
      ...["--param", "reap=1", "--text", "/sys/fs/cgroup/other/cgroup.procs"],
    ]);
  });

  test("tells phases, memory policy, name and identity", () => {
    const rest = { memoryPolicy: { mode: 2, nodes: [0, 1] }, comm: "load", uid: 1, gid: 2 };
    const phases = [{ kind: "spin", us: 5 }] as const;
    expect(planArguments({ ...plan, workType: "Sequence", phases, ...rest }).slice(4)).toEqual([
      ...["--phase", "spin:5", "--mempolicy", "2:0,1", "--comm", "load", "--uid", "1", "--gid", "2"],
    ]);
    expect(planArguments({ ...plan, memoryPolicy: { mode: 4, nodes: [] } }).at(-1)).toBe("4");
  });

  test("is refused for other work, and for groups that are not whole", () => {
    expect(() => planArguments({ ...plan, workType: "Schbench" })).toThrow(
      "Schbench is not done by the worker program",
    );
    expect(() => planArguments({ ...plan, workType: "PipeIo", workers: 3 })).toThrow(
      "PipeIo needs a multiple of 2 workers",
    );
    expect(() => planArguments({ ...plan, workers: 0 })).toThrow("SpinWait needs a multiple of 1 workers");
  });
});

describe("a line of the leader", () => {
  test.each([
    ["ready", { kind: "ready" }],
    ["done", { kind: "done" }],
    ["ended 3 9", { kind: "ended", index: 3, waitStatus: 9 }],
    ["fail memory 12", { kind: "fail", call: "memory", errno: 12 }],
    ["ended x", null],
    ["", null],
  ])("%j is understood", (text, line) => {
    expect(readLeaderLine(text)).toEqual(line);
  });
});
