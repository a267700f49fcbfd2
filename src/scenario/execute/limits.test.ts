import { describe, expect, test } from "vitest";
import { MachineDouble } from "../../../test/shared/scenario/machine-double.ts";
import { backdropOf, empty, group, plan, work } from "../../../test/shared/scenario/plans.ts";
import type { ResolvedScenario } from "../resolve/index.ts";
import type { DriveOptions } from "./drive.ts";
import { drive } from "./drive.ts";
import { busyRetries } from "./groups/move.ts";
import { mostStuck } from "./groups/remove.ts";
import { limitsAt, nominalLimits } from "./limits.ts";
import { probeMs } from "./liveness.ts";
import { samplePeriodMs } from "./sampler.ts";
import { stallLooks } from "./stall.ts";

const run = (machine: MachineDouble, scenario: ResolvedScenario, options: DriveOptions = {}) =>
  machine.clock.run(drive(scenario, machine.ports, options));

test("the numbers are those of the model", () => {
  expect(nominalLimits).toEqual({
    ...{ startWaitMs: 30_000, stopMs: 5000, writeLimitMs: 2000, busyPauseMs: 100, emptyWaitMs: 1000 },
    ...{ killWaitMs: 5000, workerKillMs: 2000, drainMs: 1000, clearWaitMs: 5000, stallPollMs: 500 },
  });
  expect({ busyRetries, mostStuck, probeMs, stallLooks, samplePeriodMs }).toEqual({
    ...{ busyRetries: 3, mostStuck: 10, probeMs: 100, stallLooks: 4, samplePeriodMs: 100 },
  });
});

test("limits in time grow with the factor of a slow machine, and are these exactly without one", () => {
  expect(limitsAt(1)).toEqual(nominalLimits);
  const slow = Object.entries(limitsAt(2.5)).map(([name, ms]) => [name, ms / 2.5]);
  expect(Object.fromEntries(slow)).toEqual(nominalLimits);
});

describe("moving processes", () => {
  const setup = [group("a")];

  test("a busy group is tried again three times, 100 ms apart", async () => {
    const machine = new MachineDouble();
    machine.groups.fail("join a", "EBUSY", 3);
    const book = await run(machine, plan([{ setup }]));
    expect([book.failures, book.ops[0]?.durationMs]).toEqual([[], 300]);
    expect(machine.log.filter((line) => line.startsWith("join"))).toHaveLength(4);
  });

  test("after that it is an error", async () => {
    const machine = new MachineDouble();
    machine.groups.fail("join a", "EBUSY", 4);
    const book = await run(machine, plan([{ setup }]));
    expect(book.failures.map(({ message }) => message)).toEqual(["EBUSY for join a 100"]);
  });

  test("a process that has ended is a warning, and an error when it was the last", async () => {
    const machine = new MachineDouble();
    machine.groups.fail("join a 100", "ESRCH");
    const two = await run(machine, plan([{ setup: [group("a", { works: [work({ workers: 2 })] })] }]));
    expect([two.failures, two.warnings]).toEqual([[], ["process 100 ended before it was moved to a"]]);
    const other = new MachineDouble();
    other.groups.fail("join a 100", "ESRCH");
    const one = await run(other, plan([{ setup }]));
    expect(one.failures.map(({ code }) => code)).toEqual(["PROCESS_GONE"]);
  });

  test("a group with CPUs and without memory nodes is refused before anything is moved", async () => {
    const machine = new MachineDouble();
    machine.groups.mems = "";
    const a = group("a", { limits: { cpusetCpus: "0" } });
    const book = await run(machine, plan([{ setup: [a] }], { controllers: ["cpuset"] }));
    expect(book.failures.map(({ message }) => message)).toEqual([
      "the group a has CPUs and no memory node; give it cpuset-mems",
    ]);
    expect(machine.log.filter((line) => line.startsWith("join"))).toEqual([]);
  });

  test("handles keep their group when one process could not be moved", async () => {
    const machine = new MachineDouble();
    machine.groups.fail("join b 101", "EINVAL");
    const both = [group("a", { works: [work({ workers: 2 })] }), empty("b")];
    const ops = [
      ...both.map((one) => ({ kind: "add_cgroup_def", group: one }) as const),
      { kind: "move_all_tasks", from: "a", to: "b" } as const,
    ];
    const book = await run(machine, plan([{ ops }]));
    expect(book.works.map(({ cgroup }) => cgroup)).toEqual(["a"]);
  });
});

describe("waiting", () => {
  test("workers that are not ready after 30 s fail their step", async () => {
    const machine = new MachineDouble();
    machine.neverReady = true;
    const book = await run(machine, plan([{ setup: [group("a")] }]));
    expect(book.failures.map(({ atMs, message }) => [atMs, message])).toEqual([
      [30_000, "the workers of SpinWait were not ready within 30000 ms"],
    ]);
  });

  test("workers that do not stop within 5 s are told as late; where time is dilated they have longer", async () => {
    for (const [dilation, tookMs] of [
      [1, 5000],
      [4, 20_000],
    ] as const) {
      const machine = new MachineDouble();
      machine.clock.after(10, () => {
        for (const set of machine.workers) set.isStuck = true;
      });
      const book = await run(machine, plan([{ setup: [group("a")] }]), { dilation });
      const teardown = book.ops.find(({ kind }) => kind === "teardown");
      expect(Math.round(teardown?.durationMs ?? 0)).toBe(tookMs);
      expect(book.works[0]?.reports.map(({ completed, end }) => [completed, end.kind])).toEqual([[false, "timed-out"]]);
    }
  });

  test("a write that hangs is given up after 2 s, and the run goes on to its end", async () => {
    const machine = new MachineDouble();
    const { write } = machine.groups;
    const hangs = (file: string): boolean => file === "cgroup.freeze";
    Object.assign(machine.groups, {
      write: (...args: Parameters<typeof write>) => (hangs(args[2]) ? new Promise<void>(() => {}) : write(...args)),
    });
    const scenario = plan([{ ops: [{ kind: "freeze_cgroup", cgroup: "a" }] }], { backdrop: backdropOf([group("a")]) });
    const book = await run(machine, scenario);
    expect(book.failures.map(({ atMs, message }) => [atMs, message])).toEqual([
      [2000, "the write to cgroup.freeze of a was not taken by the kernel within 2000 ms"],
    ]);
    expect(machine.groups.names).toEqual([]);
  });

  test("a group is waited for one second until it is empty, and one that stays is removed with the rest", async () => {
    const machine = new MachineDouble();
    machine.lives = {};
    machine.clock.after(10, () => {
      for (const pid of machine.alive) machine.groups.immortal.add(pid);
    });
    // A process of somebody's that SIGKILL does not end.
    const set = machine.workers;
    const ops = [{ kind: "add_cgroup", group: empty("a") } as const];
    const running = drive(plan([{ ops, holdMs: 20 }]), machine.ports, {});
    machine.clock.after(5, () => void machine.stray("a"));
    const book = await machine.clock.run(running);
    expect(set).toEqual([]);
    const teardown = book.ops.find(({ kind }) => kind === "teardown");
    expect(teardown?.durationMs).toBe(1000);
    expect(book.warnings).toEqual([
      "processes of a did not end within 1000 ms",
      "the group a could not be removed (EBUSY): processes or groups are left in it",
    ]);
    expect(book.failures.map(({ stage }) => stage)).toEqual(["engine"]);
  });

  test("when more than ten groups could not be removed, no further one is waited for", async () => {
    const machine = new MachineDouble();
    const names = Array.from({ length: 14 }, (_, at) => `g${at}`);
    const ops = names.map((name) => ({ kind: "add_cgroup", group: empty(name) }) as const);
    const running = drive(plan([{ ops, holdMs: 20 }]), machine.ports, {});
    machine.clock.after(5, () => {
      for (const name of names) machine.groups.immortal.add(machine.stray(name));
    });
    const book = await machine.clock.run(running);
    expect(book.ops.find(({ kind }) => kind === "teardown")?.durationMs).toBe(11_000);
  });

  test("a group that is gone already needs no removal", async () => {
    const machine = new MachineDouble();
    machine.groups.fail("rmdir a", "ENOENT", 1);
    const book = await run(machine, plan([{ setup: [group("a")] }]));
    expect(book.warnings).toEqual([]);
  });
});

describe("liveness", () => {
  test("the end of a supervised process ends the hold at once", async () => {
    const machine = new MachineDouble();
    const process = machine.supervised("db");
    machine.clock.after(123, () => process.die({ how: "exited", reason: "exit status 0" }));
    const scenario = plan([{ setup: [group("a")], holdMs: 1000 }, {}]);
    const book = await run(machine, scenario, { supervised: [process] });
    expect(book.ended).toEqual([
      {
        ...{ name: "db", isScheduler: false, pid: 7, atMs: 123, when: "hold", stepsDone: 0, steps: 2 },
        ...{ how: "exited", reason: "exit status 0" },
      },
    ]);
    expect([book.phases.map(({ phase }) => phase), book.phases[1]?.endMs]).toEqual([[0, 1], 123]);
    // Killed first: busy workers would be in the way.
    expect(machine.log).toContain("kill workers 100");
  });

  test("one that ends while a step is taken down is found before the next", async () => {
    const machine = new MachineDouble();
    const process = machine.supervised("db");
    machine.clock.after(100.5, () => process.die({ how: "crashed", reason: "killed by SIGSEGV" }));
    const book = await run(machine, plan([{ setup: [group("a")], holdMs: 100 }, {}]), { supervised: [process] });
    expect(book.ended.map(({ when, stepsDone }) => [when, stepsDone])).toEqual([["between-steps", 1]]);
    expect(book.phases.map(({ phase }) => phase)).toEqual([0, 1]);
  });

  test("the state of sched_ext is read every 100 ms while a scheduler runs", async () => {
    const machine = new MachineDouble();
    const scheduler = {
      ...{ name: "corral", groups: null, full: false, sliceUs: 5000, fifo: false, boosts: [], watchdogMs: 30_000 },
      checks: null,
    };
    machine.clock.after(210, () => {
      machine.extState = "disabled";
    });
    const book = await run(machine, plan([{ holdMs: 1000 }], { scheduler }));
    expect(book.ended.map(({ name, isScheduler, atMs, how }) => [name, isScheduler, atMs, how])).toEqual([
      ["corral", true, 300, "unknown"],
    ]);
  });

  test("a scheduler that is taken out or replaced on purpose has not died", async () => {
    const machine = new MachineDouble();
    const scheduler = (name: string) =>
      ({
        name,
        groups: null,
        full: false,
        sliceUs: 5000,
        fifo: false,
        boosts: [],
        watchdogMs: 30_000,
        checks: null,
      }) as const;
    const steps = [
      { ops: [{ kind: "attach_scheduler", scheduler: scheduler("one") } as const] },
      { ops: [{ kind: "replace_scheduler", scheduler: scheduler("two") } as const] },
      { ops: [{ kind: "detach_scheduler" } as const], holdMs: 300 },
    ];
    const book = await run(machine, plan(steps));
    expect([book.failures, book.ended]).toEqual([[], []]);
    expect(machine.log.filter((line) => /tach/.test(line))).toEqual([
      "attach one",
      "detach one",
      "attach two",
      "detach two",
    ]);
  });

  test("there is one scheduler at a time, and none to take out when none runs", async () => {
    const machine = new MachineDouble();
    const book = await run(machine, plan([{ ops: [{ kind: "detach_scheduler" }] }]));
    expect(book.failures.map(({ code }) => code)).toEqual(["SCHEDULER_ENDED"]);
  });
});

describe("stalls", () => {
  const still = (machine: MachineDouble, fromMs: number, toMs = Number.POSITIVE_INFINITY): void => {
    machine.clock.after(fromMs, () => {
      for (const set of machine.workers) set.isStill = true;
    });
    if (Number.isFinite(toMs))
      machine.clock.after(toMs, () => {
        for (const set of machine.workers) set.isStill = false;
      });
  };

  test("a worker that does nothing for four looks is told once", async () => {
    const machine = new MachineDouble();
    still(machine, 10);
    const book = await run(machine, plan([{ setup: [group("a")], holdMs: 9000 }]));
    expect(book.stalled).toEqual([
      { work: 0, cgroup: "a", pid: 100, comm: "double", atMs: 2500, samples: 4, diagnostics: { wchan: "0" } },
    ]);
  });

  test("and again once it has got on", async () => {
    const machine = new MachineDouble();
    still(machine, 10, 3100);
    still(machine, 4100);
    const book = await run(machine, plan([{ setup: [group("a")], holdMs: 9000 }]));
    expect(book.stalled.map(({ atMs }) => atMs)).toEqual([2500, 6500]);
  });

  test("workers that were started later are looked at too", async () => {
    const machine = new MachineDouble();
    still(machine, 2100);
    const steps = [{ holdMs: 2000 }, { ops: [{ kind: "spawn", cgroup: null, work: work() } as const], holdMs: 6000 }];
    const book = await run(machine, plan(steps));
    expect(book.stalled.map(({ work: id, cgroup }) => [id, cgroup])).toEqual([[0, ""]]);
  });

  test("a frozen worker is not expected to do anything", async () => {
    const machine = new MachineDouble();
    still(machine, 10);
    const ops = [{ kind: "freeze_cgroup", cgroup: "a" } as const];
    const book = await run(machine, plan([{ ops, holdMs: 9000 }], { backdrop: backdropOf([group("a")]) }));
    expect(book.stalled).toEqual([]);
  });

  test("where time is dilated the looks are further apart", async () => {
    const machine = new MachineDouble();
    still(machine, 10);
    const book = await run(machine, plan([{ setup: [group("a")], holdMs: 20_000 }]), { dilation: 3 });
    expect(book.stalled.map(({ atMs }) => atMs)).toEqual([7500]);
  });
});
