import { describe, expect, test } from "vitest";
import { MachineDouble } from "../../../test/shared/scenario/machine-double.ts";
import { backdropOf, cpusOf, empty, group, payload, plan, runOf, work } from "../../../test/shared/scenario/plans.ts";
import type { ResolvedScenario } from "../resolve/index.ts";
import type { DriveOptions } from "./drive.ts";
import { drive } from "./drive.ts";
import type { RunEvent } from "./events.ts";

async function run(machine: MachineDouble, scenario: ResolvedScenario, options: DriveOptions = {}) {
  const events: RunEvent[] = [];
  const book = await machine.clock.run(
    drive(scenario, machine.ports, { onEvent: (one) => events.push(one), ...options }),
  );
  return { book, events };
}

const long = { ms: null } as const;

describe("the order of things", () => {
  test("a group has its limits before its workers, who are placed before they are let go, and its payload last", async () => {
    const machine = new MachineDouble();
    machine.lives = { load: long };
    const limits = { cpusetCpus: "0-1", cpuWeight: 50, memoryMax: 1 << 20, memoryHigh: 1 << 19, pidsMax: 9 };
    const a = group("a", {
      limits,
      cpuset: { spec: { exact: [0, 1] }, cpus: [0, 1] },
      payload: { ...runOf("load", "a"), source: "group" },
    });
    await run(
      machine,
      plan([{ setup: [a] }], { controllers: ["cpuset", "cpu", "memory", "pids"], payloads: [payload("load")] }),
    );
    expect(machine.log).toEqual([
      "open cpuset cpu memory pids",
      "mkdir a",
      "write a/cpuset.cpus 0-1",
      "write a/cpu.weight 50",
      `write a/memory.high ${1 << 19}`,
      `write a/memory.max ${1 << 20}`,
      "write a/pids.max 9",
      "start SpinWait 100",
      "join a 100",
      "release 100",
      "run load in a",
      "join a 101",
      "kill program load",
      "stop 100",
      "rmdir a",
      "close",
    ]);
  });

  test("a step does its ops before its setup, a loop its setup before its ops", async () => {
    const machine = new MachineDouble();
    const ops = [
      { kind: "add_cgroup", group: empty("op") } as const,
      { kind: "remove_cgroup", cgroup: "op", isKnown: true } as const,
    ];
    await run(machine, plan([{ ops, setup: [empty("set")] }]));
    await run(machine, plan([{ ops, setup: [empty("set")], intervalMs: 40, deadlineMs: 100 }]));
    expect(machine.log.filter((line) => line.startsWith("mkdir"))).toEqual([
      ...["mkdir op", "mkdir set"],
      ...["mkdir set", "mkdir op", "mkdir op", "mkdir op"],
    ]);
  });

  test("teardown thaws, kills payloads from the last to the first, collects workers, removes groups in reverse", async () => {
    const machine = new MachineDouble();
    machine.lives = { one: long, two: long };
    const ops = [
      { kind: "run_payload", run: runOf("one", "a") } as const,
      { kind: "run_payload", run: runOf("two", "b") } as const,
      { kind: "freeze_cgroup", cgroup: "b" } as const,
    ];
    const setup = [group("a"), group("b")];
    const all = { payloads: [payload("one"), payload("two")] };
    await run(machine, plan([{ setup }, {}], all));
    machine.log.length = 0;
    await run(
      machine,
      plan([{ ops: [...setup.map((one) => ({ kind: "add_cgroup_def", group: one }) as const), ...ops] }], all),
    );
    expect(machine.log.slice(machine.log.indexOf("write b/cgroup.freeze 1") + 1)).toEqual([
      "write b/cgroup.freeze 0",
      "kill program two",
      "kill program one",
      "stop 102",
      "stop 103",
      "rmdir b",
      "rmdir a",
      "close",
    ]);
  });

  test("the backdrop is groups, then ops, then payloads, and goes last", async () => {
    const machine = new MachineDouble();
    machine.lives = { bg: long };
    const backdrop = {
      groups: [group("all")],
      ops: [{ kind: "spawn", index: 0, cgroup: "all", work: work() } as const],
      payloads: [{ ...runOf("bg"), source: "backdrop" } as const],
      settleMs: 0,
    };
    const { book } = await run(machine, plan([{ setup: [group("a")] }], { backdrop, payloads: [payload("bg")] }));
    expect(machine.log.filter((line) => !/^(join|release|stop)/.test(line))).toEqual([
      ...["open ", "mkdir all", "start SpinWait 100", "start SpinWait 101", "run bg in runner"],
      ...["mkdir a", "start SpinWait 103", "rmdir a", "kill program bg", "rmdir all", "close"],
    ]);
    expect(book.payloads.map(({ source, step, end }) => [source, step, end.kind])).toEqual([
      ["backdrop", null, "killed"],
    ]);
  });

  test("settling comes after the setup, and before the hold", async () => {
    const machine = new MachineDouble();
    const { events } = await run(
      machine,
      plan([{ setup: [group("a")], settleMs: 300, holdMs: 100, deadlineMs: 1300 }]),
    );
    const start = events.find((one) => one.kind === "step_start");
    const end = events.find((one) => one.kind === "step_end");
    expect([start?.atMs, end?.atMs]).toEqual([300, 400]);
  });
});

describe("what is told meanwhile", () => {
  test("every step has its begin, and its end when its hold was kept; time and iterations are of one look", async () => {
    const machine = new MachineDouble();
    const { events } = await run(
      machine,
      plan([{ setup: [group("a", { works: [work({ workers: 2 })] })], holdMs: 100 }, { holdMs: 50 }]),
    );
    expect(events.filter(({ kind }) => kind !== "op")).toEqual([
      { kind: "scenario_start", name: "test", steps: 2, plannedMs: 60_000 },
      {
        ...{ kind: "step_start", step: 0, label: "Step[0]", ops: 0, opMask: 0, holdMs: 100, wantedHoldMs: 100 },
        ...{ atMs: 0, groups: 1, sets: 1, workers: 2, iterations: 0 },
      },
      { kind: "resume", step: 0, atMs: 0 },
      { kind: "step_end", step: 0, atMs: 100, groups: 1, sets: 1, workers: 2, iterations: 2000 },
      { kind: "pause", step: 0, atMs: 100 },
      {
        ...{ kind: "step_start", step: 1, label: "Step[1]", ops: 0, opMask: 0, holdMs: 50, wantedHoldMs: 50 },
        ...{ atMs: 101, groups: 0, sets: 0, workers: 0, iterations: 0 },
      },
      { kind: "resume", step: 1, atMs: 101 },
      { kind: "step_end", step: 1, atMs: 151, groups: 0, sets: 0, workers: 0, iterations: 0 },
      { kind: "pause", step: 1, atMs: 151 },
      { kind: "scenario_end", atMs: 151, iterations: 0 },
    ]);
  });

  test("the ops of a step are a mask of their kinds", async () => {
    const machine = new MachineDouble();
    const ops = [{ kind: "add_cgroup", group: empty("a") } as const, { kind: "stop_cgroup", cgroup: "a" } as const];
    const { events } = await run(machine, plan([{ ops }]));
    expect(events.flatMap((one) => (one.kind === "step_start" ? [one.opMask, one.ops] : []))).toEqual([0b1000_0001, 2]);
  });

  test("the end of a scenario has the iterations of the last step that was kept to its end", async () => {
    const machine = new MachineDouble();
    const process = machine.supervised("db");
    machine.clock.after(150, () => process.die({ how: "crashed", reason: "exit status 3" }));
    const steps = [
      { setup: [group("a")], holdMs: 100 },
      { setup: [group("b")], holdMs: 100 },
    ];
    const { events } = await run(machine, plan(steps), { supervised: [process] });
    expect(events.at(-2)).toEqual({ kind: "scenario_end", atMs: 150, iterations: 1000 });
    const none = await run(machine, plan([{ ops: [{ kind: "unfreeze_cgroup", cgroup: "x" }] }]));
    expect(none.events.find(({ kind }) => kind === "scenario_end")).toMatchObject({ iterations: 0 });
  });
});

describe("work by phases", () => {
  test("what is done between phases belongs to none", async () => {
    const machine = new MachineDouble();
    const stuck = group("slow");
    const scenario = plan([{ setup: [stuck], holdMs: 100 }, { holdMs: 100 }], { backdrop: backdropOf([group("all")]) });
    const running = drive(scenario, machine.ports, {});
    machine.clock.after(50, () => {
      const [, slow] = machine.workers;
      if (slow !== undefined) slow.isStuck = true;
    });
    const book = await machine.clock.run(running);
    const ofAll = book.phases.map(({ work: done }) => done.find(({ work: id }) => id === 0)?.iterations);
    expect(ofAll).toEqual([0, 1000, 1000]);
    expect(book.works.find(({ id }) => id === 0)?.reports[0]?.iterations).toBeGreaterThan(50_000);
  });

  test("workers that end in a phase are of that phase with what they did until they were told to", async () => {
    const machine = new MachineDouble();
    const ops = [{ kind: "stop_cgroup", cgroup: "all" } as const];
    const { book } = await run(machine, plan([{ holdMs: 100 }, { ops }], { backdrop: backdropOf([group("all")]) }));
    expect(book.phases.map(({ work: done }) => done.map(({ work: id, iterations }) => [id, iterations]))).toEqual([
      [[0, 0]],
      [[0, 1000]],
      [[0, 0]],
    ]);
  });
});

describe("what goes wrong", () => {
  test("in the backdrop it ends the run before any step, and nothing is left", async () => {
    const machine = new MachineDouble();
    machine.groups.fail("mkdir b", "EACCES");
    const { book } = await run(machine, plan([{}], { backdrop: backdropOf([group("a"), group("b")]) }));
    expect(book.failures.map(({ stage, step, op, message }) => [stage, step, op, message])).toEqual([
      ["backdrop", null, null, "EACCES for mkdir b"],
    ]);
    expect([book.phases.map(({ phase }) => phase), book.works.map(({ id }) => id), machine.groups.names]).toEqual([
      [0],
      [0],
      [],
    ]);
  });

  test("controllers that cannot be had are thrown, and the scenario never begins", async () => {
    const machine = new MachineDouble();
    machine.groups.fail("open", "EACCES");
    const events: RunEvent[] = [];
    const running = drive(plan([{}]), machine.ports, { onEvent: (one) => events.push(one) });
    await expect(machine.clock.run(running)).rejects.toMatchObject({ code: "CGROUP_IO" });
    expect(events).toEqual([]);
  });

  test("an error in a step kills all payloads, those of the backdrop too, and keeps what they printed", async () => {
    const machine = new MachineDouble();
    machine.lives = { bg: { ms: null, stdout: "hello" }, one: long };
    const backdrop = { groups: [], ops: [], payloads: [{ ...runOf("bg"), source: "backdrop" } as const], settleMs: 0 };
    const ops = [
      { kind: "run_payload", run: runOf("one") } as const,
      { kind: "unfreeze_cgroup", cgroup: "no" } as const,
    ];
    const { book } = await run(machine, plan([{ ops }, {}], { backdrop, payloads: [payload("bg"), payload("one")] }));
    expect(book.payloads.map(({ payload: name, end, stdoutTail }) => [name, end.kind, stdoutTail])).toEqual([
      ["one", "killed", ""],
      ["bg", "killed", "hello"],
    ]);
    expect(book.failures.map(({ step, op, code }) => [step, op, code])).toEqual([[0, 1, "CGROUP_IO"]]);
  });

  test("a payload that had ended by itself says so, also when it is killed later", async () => {
    const machine = new MachineDouble();
    machine.lives = { short: { ms: 10, code: 7 } };
    const ops = [{ kind: "run_payload", run: runOf("short") } as const];
    const { book } = await run(machine, plan([{ ops }], { payloads: [payload("short")] }));
    expect(book.payloads.map(({ end }) => end)).toEqual([{ kind: "exited", code: 7 }]);
  });

  test("workers whose place is refused are gone", async () => {
    const machine = new MachineDouble();
    machine.groups.fail("join a", "EINVAL");
    const { book } = await run(machine, plan([{ setup: [group("a")] }]));
    expect([book.failures.map(({ message }) => message), machine.alive]).toEqual([["EINVAL for join a 100"], []]);
  });

  test("a worker's attribute that is refused is a warning, and the worker runs", async () => {
    const machine = new MachineDouble();
    machine.refuse = { nice: "EACCES" };
    const { book } = await run(machine, plan([{ setup: [group("a", { works: [work({ nice: -5 })] })] }]));
    expect(book.warnings).toEqual(["nice of worker 100 (SpinWait) was refused (EACCES)"]);
    expect(book.works[0]).toMatchObject({ attributeErrors: [{ pid: 100, attribute: "nice", error: "EACCES" }] });
  });
});

describe("affinity", () => {
  test("a random one is drawn for every worker, and that of an op is of the CPUs the group has then", async () => {
    const machine = new MachineDouble();
    const affinity = { kind: "random", pool: [0, 1], count: 1 } as const;
    const a = group("a", { works: [work({ workers: 2, affinity })], ...cpusOf([0, 1]) });
    const set = { kind: "set_affinity", cgroup: "a", intent: "single_cpu", affinity: { kind: "inherit" } } as const;
    const narrow = { kind: "set_cpuset", cgroup: "a", cpuset: { spec: { exact: [1] }, cpus: [1] } } as const;
    const { book } = await run(
      machine,
      plan([{ ops: [narrow, set] }], { backdrop: backdropOf([a]), controllers: ["cpuset"] }),
    );
    expect(book.failures).toEqual([]);
    expect(machine.affinities.map(([pid]) => pid)).toEqual([100, 101, 100, 101]);
    expect(machine.affinities.slice(2).map(([, cpus]) => cpus)).toEqual(["1", "1"]);
  });

  test("an op that inherits changes nothing, and a refusal for one worker is a warning", async () => {
    const machine = new MachineDouble();
    machine.refuse = { affinity: "EPERM" };
    const set = (intent: "inherit" | "single_cpu") =>
      ({ kind: "set_affinity", cgroup: "a", intent, affinity: { kind: "inherit" } }) as const;
    const { book } = await run(
      machine,
      plan([{ ops: [set("inherit"), set("single_cpu")] }], { backdrop: backdropOf([group("a")]) }),
    );
    expect(machine.affinities).toEqual([[100, "0"]]);
    expect([book.failures, book.warnings.slice(-1)]).toEqual([
      [],
      ["affinity 0 of worker 100 in a was refused (EPERM)"],
    ]);
  });
});
