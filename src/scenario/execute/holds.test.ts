import { describe, expect, test } from "vitest";
import { MachineDouble } from "../../../test/shared/scenario/machine-double.ts";
import { backdropOf, cpusOf, empty, group, plan, work } from "../../../test/shared/scenario/plans.ts";
import { addLatencies } from "../workers/index.ts";
import { drive } from "./drive.ts";
import type { RunEvent } from "./events.ts";
import type { Ports } from "./ports.ts";

/** A machine on which workers take this long to be started. */
function slowToStart(machine: MachineDouble, ms: number): Ports {
  const { ports } = machine;
  const start: Ports["workers"]["start"] = (wanted) => {
    machine.clock.spend(ms);
    return ports.workers.start(wanted);
  };
  return { ...ports, workers: { ...ports.workers, start } };
}

async function run(machine: MachineDouble, scenario: Parameters<typeof drive>[0], ports: Ports = machine.ports) {
  const events: RunEvent[] = [];
  const book = await machine.clock.run(drive(scenario, ports, { onEvent: (one) => events.push(one) }));
  return { book, events };
}

describe("a hold for which a slow set-up left too little", () => {
  test("is told with what it was to be, and is a warning", async () => {
    const machine = new MachineDouble();
    const steps = [{ setup: [group("a")], holdMs: 300 }];
    const { book, events } = await run(machine, plan(steps, { durationMs: 300 }), slowToStart(machine, 400));
    expect(book.phases.slice(1)).toMatchObject([{ holdMs: 400, endMs: 400, plannedHoldMs: 0, wantedHoldMs: 300 }]);
    expect(book.warnings).toEqual([
      "Step[0]: its hold had 0 ms of 300 ms, for the scenario's duration was used up before; raise duration",
    ]);
    expect(events.find(({ kind }) => kind === "step_start")).toMatchObject({ holdMs: 0, wantedHoldMs: 300 });
  });

  test("is a warning below half of what was wanted only", async () => {
    const warnings = async (startMs: number) => {
      const machine = new MachineDouble();
      const steps = [{ setup: [group("a")], holdMs: 200 }];
      return (await run(machine, plan(steps, { durationMs: 300 }), slowToStart(machine, startMs))).book.warnings.length;
    };
    expect([await warnings(200), await warnings(201)]).toEqual([0, 1]);
  });

  test("in a loop is one without a round", async () => {
    const machine = new MachineDouble();
    const steps = [{ setup: [group("a")], intervalMs: 50 }];
    const { book } = await run(machine, plan(steps, { durationMs: 300 }), slowToStart(machine, 400));
    expect(book.phases.at(-1)).toMatchObject({ rounds: 0 });
    expect(book.warnings).toEqual([
      "Step[0]: its loop had no round, for the scenario's duration was used up before; raise duration",
    ]);
    const quick = new MachineDouble();
    expect((await run(quick, plan(steps, { durationMs: 120 }))).book.phases.at(-1)).toMatchObject({ rounds: 3 });
  });

  test("shortens those that come after it", async () => {
    const machine = new MachineDouble();
    const steps = [{ setup: [group("a")], holdMs: 150 }, { holdMs: 60_000 }, { holdMs: 60_000 }];
    const { book } = await run(machine, plan(steps, { durationMs: 300 }), slowToStart(machine, 100));
    const held = book.phases.slice(1).map(({ holdMs, endMs, plannedHoldMs }) => [endMs - (holdMs ?? 0), plannedHoldMs]);
    // The worker takes a millisecond to stop.
    expect(held).toEqual([
      [150, 150],
      [49, 49],
      [0, 0],
    ]);
    expect(book.phases.at(-1)?.endMs).toBe(300);
  });
});

test("a hold is over before what its workers counted is read", async () => {
  const machine = new MachineDouble();
  const { ports } = machine;
  const start: Ports["workers"]["start"] = async (wanted) => {
    const set = await ports.workers.start(wanted);
    const slowToRead = () => {
      machine.clock.spend(175);
      return [addLatencies([])];
    };
    return Object.assign(set, { latencies: slowToRead });
  };
  const slow = { ...ports, workers: { ...ports.workers, start } };
  const { book } = await run(machine, plan([{ setup: [group("a")], holdMs: 100 }]), slow);
  expect(book.phases.at(-1)).toMatchObject({ holdMs: 0, endMs: 100 });
});

test("what the scheduler takes until it is attached is none of the scenario's time", async () => {
  const machine = new MachineDouble();
  const { ports } = machine;
  const attach: Ports["scheduler"]["attach"] = (wanted) => {
    machine.clock.spend(5000);
    return ports.scheduler.attach(wanted);
  };
  const numbers = { sliceUs: 5000, watchdogMs: 30_000, boosts: [] };
  const scheduler = { name: "slow", groups: null, full: false, fifo: false, checks: null, ...numbers };
  const slow = { ...ports, scheduler: { ...ports.scheduler, attach } };
  const { book } = await run(machine, plan([{ holdMs: 100 }], { durationMs: 300, scheduler }), slow);
  expect([book.startTime, book.phases.map(({ startMs, endMs }) => [startMs, endMs])]).toEqual([
    "1970-01-01T00:00:06.000Z",
    [
      [0, 0],
      [0, 100],
    ],
  ]);
});

test("a group is first looked at before anything runs in it, when its workers have done nothing", async () => {
  const machine = new MachineDouble();
  const { ports } = machine;
  const look: Ports["look"] = (name) => {
    machine.log.push(`look ${name}`);
    return ports.look(name);
  };
  const { book } = await run(machine, plan([{ setup: [group("a"), empty("b")] }]), { ...ports, look });
  expect(machine.log.slice(0, 6)).toEqual([
    "open ",
    "mkdir a",
    "look a",
    "start SpinWait 100",
    "join a 100",
    "release 100",
  ]);
  expect(book.groups.map(({ samples }) => samples[0]?.values.iterations)).toEqual([0, null]);
});

test("CPUs that have nothing in common with those of the group above count for nothing, as in the kernel", async () => {
  const machine = new MachineDouble();
  const below = group("a/b", { ...cpusOf([1]), works: [work()] });
  const set = { kind: "set_affinity", cgroup: "a/b", intent: "single_cpu", affinity: { kind: "inherit" } } as const;
  const narrow = { kind: "set_cpuset", cgroup: "a", cpuset: { spec: { exact: [0] }, cpus: [0] } } as const;
  const backdrop = backdropOf([group("a", { ...cpusOf([0, 1]), works: [] }), below]);
  const { book } = await run(machine, plan([{ ops: [narrow, set] }], { backdrop, controllers: ["cpuset"] }));
  expect([book.failures, machine.affinities.at(-1)]).toEqual([[], [100, "0"]]);
  expect(book.works[0]?.epochs).toMatchObject([{ cpus: [1] }, { cpus: [0], nodes: [0] }]);
});
