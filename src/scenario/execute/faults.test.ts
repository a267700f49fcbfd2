import { describe, expect, test } from "vitest";
import { MachineDouble } from "../../../test/shared/scenario/machine-double.ts";
import { backdropOf, empty, group, payload, plan, runOf } from "../../../test/shared/scenario/plans.ts";
import type { ResolvedScheduler } from "../resolve/index.ts";
import { drive } from "./drive.ts";
import type { Ports, RunningProgram } from "./ports.ts";

const never = <T>(): Promise<T> => new Promise(() => {});
const throws = (what: string) => (): never => {
  throw new Error(what);
};
const scheduler: ResolvedScheduler = {
  ...{ name: "corral", groups: null, full: false, sliceUs: 5000, fifo: false, boosts: [], watchdogMs: 30_000 },
  checks: null,
};
const loads = { payloads: [payload("load")] };
const inGroup = [
  { kind: "add_cgroup", group: empty("a") } as const,
  { kind: "run_payload", run: runOf("load", "a") } as const,
];

/** A machine, and its ports with some of them changed. */
function changed(change: (ports: Ports, machine: MachineDouble) => Partial<Ports>) {
  const machine = new MachineDouble();
  machine.lives = { load: { ms: null } };
  const { ports } = machine;
  return { machine, ports: { ...ports, ...change(ports, machine) } };
}

describe("what goes wrong while a run is taken down leaves the rest to be done", () => {
  test("a listener that throws is told once, and changes nothing", async () => {
    const { machine, ports } = changed(() => ({}));
    const onEvent = throws("no room");
    const steps = [{ setup: [group("a")], ops: inGroup.slice(0, 0) }, { setup: [group("b")] }];
    const book = await machine.clock.run(drive(plan(steps, { scheduler }), ports, { onEvent }));
    expect([book.failures, machine.groups.names, machine.alive]).toEqual([[], [], []]);
    expect(book.phases.map(({ phase }) => phase)).toEqual([0, 1, 2]);
    expect(book.warnings).toEqual(["who listens to the run failed at scenario_start: no room"]);
    expect(machine.log.slice(-2)).toEqual(["detach corral", "close"]);
  });

  test("a payload that cannot be killed", async () => {
    const { machine, ports } = changed(({ startProgram }) => ({
      startProgram: async (request, signal): Promise<RunningProgram> =>
        Object.assign(await startProgram(request, signal), { kill: throws("EPERM") }),
    }));
    const scenario = plan([{ setup: [group("b")], ops: inGroup }, { setup: [group("b")] }], {
      ...loads,
      scheduler,
      backdrop: backdropOf([group("all")]),
    });
    const book = await machine.clock.run(drive(scenario, ports));
    expect(book.warnings).toEqual(["the payload load could not be killed: EPERM"]);
    expect([book.failures, machine.groups.names, machine.alive]).toEqual([[], [], []]);
    expect(book.phases.map(({ phase }) => phase)).toEqual([0, 1, 2]);
    expect(machine.log.slice(-2)).toEqual(["detach corral", "close"]);
  });

  test("workers that cannot be collected", async () => {
    const { machine, ports } = changed(({ workers }) => ({
      workers: {
        ...workers,
        start: async (wanted) => Object.assign(await workers.start(wanted), { stop: async () => throws("EMFILE")() }),
      },
    }));
    const scenario = plan([{ setup: [group("a")] }], { scheduler, backdrop: backdropOf([group("all")]) });
    const book = await machine.clock.run(drive(scenario, ports));
    expect(book.warnings).toEqual([
      "the workers of SpinWait (1) could not be collected: EMFILE",
      "the workers of SpinWait (0) could not be collected: EMFILE",
    ]);
    expect([book.failures, machine.groups.names, machine.alive]).toEqual([[], [], []]);
    expect(machine.log.slice(-2)).toEqual(["detach corral", "close"]);
  });

  test("workers that do not end when they are killed", async () => {
    const { machine, ports } = changed(({ workers }) => ({
      workers: { ...workers, start: async (wanted) => Object.assign(await workers.start(wanted), { stuck: [100] }) },
    }));
    const book = await machine.clock.run(drive(plan([{ setup: [group("a")] }]), ports));
    expect(book.warnings).toEqual([
      "workers 100 of SpinWait did not end when they were killed, and are left: they end with Corral, and corral gc removes their groups",
    ]);
    expect(book.works.length).toBe(1);
  });

  test("a group is gone when rmdir says so; one that could not be killed is there, with the reason", async () => {
    const machine = new MachineDouble();
    machine.groups.fail("write a/cgroup.kill", "ENOENT", 1);
    const running = drive(plan([{ ops: [{ kind: "add_cgroup", group: empty("a") }] }]), machine.ports, {});
    machine.clock.after(5, () => void machine.groups.immortal.add(machine.stray("a")));
    const book = await machine.clock.run(running);
    expect(machine.groups.names).toEqual(["a"]);
    expect(book.warnings).toEqual(["the group a could not be removed (ENOENT)"]);
  });

  test("groups that cannot be looked at; the steps go on to their end", async () => {
    const { machine, ports } = changed(({ look }, { clock }) => ({
      look: (name) => (clock.nowMs > 1050 ? throws("EIO")() : look(name)),
    }));
    const book = await machine.clock.run(drive(plan([{ setup: [group("a")], holdMs: 500 }, {}]), ports));
    expect(book.failures.map(({ stage, atMs, message }) => [stage, atMs, message.includes("EIO")])).toEqual([
      ["engine", 100, true],
    ]);
    expect(book.warnings).toEqual(["the group a could not be looked at: EIO"]);
    expect([book.phases.length, machine.groups.names]).toEqual([3, []]);
  });
});

describe("nothing is waited for without an end", () => {
  const failuresOf = async (scenario: ReturnType<typeof plan>, { machine, ports }: ReturnType<typeof changed>) => {
    const end = new AbortController();
    machine.clock.after(100, () => end.abort());
    const book = await machine.clock.run(drive(scenario, ports, { signal: end.signal }));
    expect([machine.groups.names, machine.alive]).toEqual([[], []]);
    return book.failures.map(({ atMs, code, op }) => [atMs, code, op]);
  };

  test("a payload that has not begun after 30 s fails its step", async () => {
    const { machine, ports } = changed(() => ({ startProgram: () => never() }));
    const book = await machine.clock.run(drive(plan([{ ops: inGroup }], loads), ports));
    expect(book.failures.map(({ atMs, message }) => [atMs, message])).toEqual([
      [30_000, "the payload load was not ready within 30000 ms"],
    ]);
  });

  test("a payload that begins too late for the wish to end is killed", async () => {
    const { promise: begun, resolve } = (() => {
      let done: (program: RunningProgram) => void = () => {};
      return {
        promise: new Promise<RunningProgram>((settle) => (done = settle)),
        resolve: (one: RunningProgram) => done(one),
      };
    })();
    const signals: AbortSignal[] = [];
    const world = changed(({ startProgram }, { clock }) => ({
      startProgram: (request, signal) => {
        signals.push(signal);
        clock.after(101, () => void startProgram({ ...request, cgroup: "" }, signal).then(resolve));
        return begun;
      },
    }));
    expect(await failuresOf(plan([{ ops: inGroup }], loads), world)).toEqual([[100, "ABORTED", 1]]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test("nor is memory that the kernel takes back", async () => {
    const world = changed((_, machine) => ({
      files: Object.assign(machine.groups, { reclaim: () => never<"all">() }),
    }));
    const reclaim = { kind: "reclaim", cgroup: "a", amount: { bytes: 4096 }, swappiness: null } as const;
    expect(await failuresOf(plan([{ ops: [...inGroup.slice(0, 1), reclaim] }]), world)).toEqual([[100, "ABORTED", 1]]);
  });

  test("nor workers, nor a scheduler", async () => {
    const workers = changed(({ workers: made }) => ({ workers: { ...made, start: () => never() } }));
    expect(await failuresOf(plan([{ setup: [group("a")] }]), workers)).toEqual([[100, "ABORTED", null]]);
    const attached = changed(({ scheduler: made }) => ({ scheduler: { ...made, attach: () => never() } }));
    const ops = [{ kind: "attach_scheduler", scheduler } as const];
    expect(await failuresOf(plan([{ ops }]), attached)).toEqual([[100, "ABORTED", 0]]);
    const first = changed(({ scheduler: made }) => ({ scheduler: { ...made, attach: () => never() } }));
    expect(await failuresOf(plan([{}], { scheduler }), first)).toEqual([[100, "ABORTED", null]]);
  });

  test("in a frozen group, or below one, no payload begins", async () => {
    const { machine, ports } = changed(() => ({}));
    const ops = [
      { kind: "run_payload", run: runOf("load", "all/a") } as const,
      { kind: "kill_payload", payload: "load", cgroup: "all/a" } as const,
      { kind: "freeze_cgroup", cgroup: "all" } as const,
    ];
    const scenario = plan([{ ops, intervalMs: 50 }], {
      ...loads,
      backdrop: backdropOf([empty("all"), empty("all/a")]),
    });
    const book = await machine.clock.run(drive(scenario, ports));
    expect(book.failures.map(({ op, message }) => [op, message])).toEqual([
      [0, "load cannot begin in all/a, which is frozen; unfreeze_cgroup before"],
    ]);
  });
});
