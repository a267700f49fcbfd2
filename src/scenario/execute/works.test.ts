import { describe, expect, test } from "vitest";
import { MachineDouble } from "../../../test/shared/scenario/machine-double.ts";
import { group, plan, work } from "../../../test/shared/scenario/plans.ts";
import { drive } from "./drive.ts";

test("the function of Custom work is told its module, its group and what was configured", async () => {
  const machine = new MachineDouble();
  const custom = { module: "w.mjs", export: "mine", name: "mine", config: { a: 1 }, samples: "wake" } as const;
  const works = [work({ workType: "Custom", custom, comm: "worker", workers: 2 })];
  const scenario = plan([{ setup: [group("a", { works })] }]);
  const book = await machine.clock.run(drive(scenario, machine.ports, { directory: "/scenarios" }));
  expect(book.failures).toEqual([]);
  const [program, , file, order = "", ...rest] = machine.workers[0]?.plan.resources ?? [];
  expect([program, file?.endsWith("/dist/custom-worker.cjs"), rest]).toEqual([process.execPath, true, []]);
  const cgroup = machine.groups.directory("a");
  expect(JSON.parse(order)).toEqual({ ...custom, directory: "/scenarios", cgroup, comm: "worker" });
  expect(book.works.map(({ workType }) => workType)).toEqual(["mine"]);
  expect(book.phases[1]?.work.map(({ latencyKind }) => latencyKind)).toEqual(["wake"]);
});

test("a config that no command line can hold is an error of the step", async () => {
  const machine = new MachineDouble();
  const custom = { module: "w.mjs", export: "f", name: "f", config: "x".repeat(131_072), samples: "none" } as const;
  const scenario = plan([{ setup: [group("a", { works: [work({ workType: "Custom", custom })] })] }]);
  const book = await machine.clock.run(drive(scenario, machine.ports));
  expect(book.failures.map(({ code, message }) => [code, message.startsWith("the config of f is too long: ")])).toEqual(
    [["USAGE", true]],
  );
});

describe("threads of one process", () => {
  const named = (index: number, pcomm: string | null) => work({ index, pcomm });

  test("are started together, after all processes, and each kind has its own report", async () => {
    const machine = new MachineDouble();
    const works = [named(0, "p"), named(1, null), named(2, "q"), named(3, "p")];
    const book = await machine.clock.run(drive(plan([{ setup: [group("a", { works })] }]), machine.ports));
    expect(book.failures).toEqual([]);
    expect(machine.log.filter((line) => line.startsWith("start") || line.startsWith("threads"))).toEqual([
      "start SpinWait 100",
      "threads of p",
      "start SpinWait 101",
      "start SpinWait 102",
      "threads of q",
      "start SpinWait 103",
    ]);
    expect(new Map(book.works.map(({ id, index }) => [id, index]))).toEqual(
      new Map([
        [0, 1],
        [1, 0],
        [2, 3],
        [3, 2],
      ]),
    );
  });

  test("are put into their group by one of them, before any is let go", async () => {
    const machine = new MachineDouble();
    const works = [named(0, "p"), named(1, "p")];
    await machine.clock.run(drive(plan([{ setup: [group("a", { works })] }]), machine.ports));
    const done = machine.log.filter((line) => line.startsWith("join") || line.startsWith("release"));
    expect(done).toEqual(["join a 100", "release 100", "release 101"]);
  });
});
