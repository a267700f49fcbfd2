import { describe, expect, test } from "vitest";
import { MachineDouble } from "../../../test/shared/scenario/machine-double.ts";
import type { OpWish } from "../../../test/shared/scenario/plans.ts";
import { backdropOf, empty, group, payload, plan, runOf } from "../../../test/shared/scenario/plans.ts";
import type { ResolvedScenario } from "../resolve/index.ts";
import { drive } from "./drive.ts";
import type { Ports } from "./ports.ts";

/** The machine's ports, where workers take this long to be started. */
function slowToStart(machine: MachineDouble, ms: number): Ports {
  const { ports } = machine;
  const start: Ports["workers"]["start"] = (wanted) => {
    machine.clock.spend(ms);
    return ports.workers.start(wanted);
  };
  return { ...ports, workers: { ...ports.workers, start } };
}

const run = (machine: MachineDouble, scenario: ResolvedScenario, dilation: number, ports: Ports = machine.ports) =>
  machine.clock.run(drive(scenario, ports, { dilation }));

/** How long each step held. */
const heldBy = ({ phases }: Awaited<ReturnType<typeof drive>>): readonly number[] =>
  phases.slice(1).map(({ holdMs, endMs }) => endMs - (holdMs ?? endMs));

describe("where time is dilated", () => {
  test("a hold is as long as it was meant to be, however long the set-up took", async () => {
    const machine = new MachineDouble();
    const steps = [
      { setup: [group("a")], holdMs: 150 },
      { setup: [group("b")], holdMs: 150 },
    ];
    const book = await run(machine, plan(steps, { durationMs: 300 }), 10, slowToStart(machine, 4000));
    expect([heldBy(book), book.warnings]).toEqual([[150, 150], []]);
    // Two starts, and the millisecond in which the first workers stop.
    expect(book.uncountedMs).toBeGreaterThanOrEqual(8000);
    expect(book.uncountedMs).toBeLessThan(8010);
  });

  test("without it the set-up is time of the scenario, as ever", async () => {
    const machine = new MachineDouble();
    const steps = [{ setup: [group("a")], holdMs: 150 }, { holdMs: 150 }];
    const book = await run(machine, plan(steps, { durationMs: 300 }), 1, slowToStart(machine, 100));
    expect([heldBy(book), book.uncountedMs]).toEqual([[150, 49], 0]);
  });

  test("the duration bounds all holds together all the same", async () => {
    const machine = new MachineDouble();
    const book = await run(machine, plan([{ holdMs: 200 }, { holdMs: 200 }, {}], { durationMs: 300 }), 10);
    expect(heldBy(book)).toEqual([200, 100, 0]);
  });

  test("settling is of the time that the plan gives it", async () => {
    const machine = new MachineDouble();
    const steps = [{ setup: [group("a")], settleMs: 40, holdMs: 100, deadlineMs: 140 + 25 }];
    const scenario = plan(steps, { durationMs: 100, backdrop: backdropOf([empty("b")], 25) });
    const book = await run(machine, scenario, 10, slowToStart(machine, 500));
    expect(heldBy(book)).toEqual([100]);
  });

  test("what a hold is over late is no time of the next", async () => {
    const machine = new MachineDouble();
    machine.clock.after(50, () => machine.clock.spend(90));
    const book = await run(machine, plan([{ holdMs: 100 }, { holdMs: 100 }], { durationMs: 200 }), 10);
    expect(heldBy(book)).toEqual([140, 100]);
  });

  test("a loop has all of its time, and its ops are part of that", async () => {
    const machine = new MachineDouble();
    const ops: readonly OpWish[] = [
      { kind: "run_payload", run: runOf("brief") },
      { kind: "wait_payload", payload: "brief", cgroup: "", timeoutMs: null },
    ];
    machine.lives = { brief: { ms: 70 } };
    const steps = [{ setup: [group("a")], ops, intervalMs: 30 }];
    const scenario = plan(steps, { durationMs: 300, payloads: [payload("brief")] });
    const book = await run(machine, scenario, 10, slowToStart(machine, 5000));
    expect(book.phases.at(-1)).toMatchObject({ rounds: 3, plannedHoldMs: 300 });
    expect(heldBy(book)).toEqual([300]);
  });

  test("workers have the longer to be there, and to stop", async () => {
    const never = new MachineDouble();
    never.neverReady = true;
    const book = await run(never, plan([{ setup: [group("a")] }]), 3);
    expect(book.failures.map(({ atMs, message }) => [atMs, message])).toEqual([
      [90_000, "the workers of SpinWait were not ready within 90000 ms"],
    ]);
  });

  test("a write that hangs is given up after 2 s times the factor", async () => {
    const machine = new MachineDouble();
    const { write } = machine.groups;
    Object.assign(machine.groups, {
      write: (...args: Parameters<typeof write>) =>
        args[2] === "cgroup.freeze" ? new Promise<void>(() => {}) : write(...args),
    });
    const scenario = plan([{ ops: [{ kind: "freeze_cgroup", cgroup: "a" }] }], { backdrop: backdropOf([group("a")]) });
    const { failures } = await run(machine, scenario, 4);
    expect(failures.map(({ atMs, message }) => [atMs, message])).toEqual([
      [8000, "the write to cgroup.freeze of a was not taken by the kernel within 8000 ms"],
    ]);
  });

  test("a busy group is tried again after 100 ms times the factor", async () => {
    const machine = new MachineDouble();
    machine.groups.fail("join a", "EBUSY", 3);
    const book = await run(machine, plan([{ setup: [group("a")] }]), 5);
    expect([book.failures, book.ops[0]?.durationMs]).toEqual([[], 1500]);
  });

  test("a group is waited for one second times the factor until it is empty", async () => {
    const machine = new MachineDouble();
    const ops = [{ kind: "add_cgroup", group: empty("a") } as const];
    const running = run(machine, plan([{ ops, holdMs: 20 }]), 3);
    machine.clock.after(5, () => void machine.groups.immortal.add(machine.stray("a")));
    const book = await running;
    expect(book.ops.find(({ kind }) => kind === "teardown")?.durationMs).toBe(3000);
    expect(book.warnings[0]).toBe("processes of a did not end within 3000 ms");
  });

  test("a payload that was killed is waited for 5 s times the factor", async () => {
    const machine = new MachineDouble();
    machine.lives = { stays: { ms: null } };
    const { ports } = machine;
    const startProgram: Ports["startProgram"] = async (...args) => {
      const program = await ports.startProgram(...args);
      return { ...program, output: () => program.output(), kill: () => {}, ended: new Promise(() => {}) };
    };
    const ops = [{ kind: "run_payload", run: runOf("stays") } as const];
    const scenario = plan([{ ops }], { payloads: [payload("stays")] });
    const book = await run(machine, scenario, 2, { ...ports, startProgram });
    expect(book.warnings).toEqual(["the payload stays did not end within 10000 ms after it was killed"]);
    expect(book.ops.find(({ kind }) => kind === "teardown")?.durationMs).toBe(10_000);
  });

  test("a condition is waited for its timeout times the factor, and the message has both", async () => {
    const machine = new MachineDouble();
    const condition = { kind: "state", cgroup: "a", is: "populated" } as const;
    const ops = [{ kind: "wait", condition, timeoutMs: 100 } as const];
    const book = await run(machine, plan([{ ops }], { backdrop: backdropOf([empty("a")]) }), 2.5);
    expect(book.failures.map(({ atMs, message }) => [atMs, message])).toEqual([
      [
        250,
        'it did not come true within 250 ms (100 ms, for time is slower here) that "a" is populated; raise the timeout, or see why it does not',
      ],
    ]);
  });

  test("a payload is waited for its timeout times the factor", async () => {
    const machine = new MachineDouble();
    machine.lives = { slow: { ms: 240 } };
    const ops = [
      { kind: "run_payload", run: runOf("slow") },
      { kind: "wait_payload", payload: "slow", cgroup: "", timeoutMs: 100 },
    ] as const;
    const scenario = plan([{ ops }], { payloads: [payload("slow")] });
    const quick = await run(machine, scenario, 1);
    const slow = await run(machine, scenario, 2.5);
    expect([quick, slow].map(({ payloads }) => payloads[0]?.end.kind)).toEqual(["timed-out", "exited"]);
  });
});
