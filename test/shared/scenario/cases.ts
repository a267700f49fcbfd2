import assert from "node:assert/strict";
import type { DriveOptions, RunEvent } from "../../../src/scenario/execute/index.ts";
import type { RunRecord } from "../../../src/scenario/record/index.ts";
import type { ResolvedScenario, ScenarioController } from "../../../src/scenario/resolve/index.ts";
import type { OpWish } from "./plans.ts";
import { backdropOf, cpusOf, empty, group, payload, plan, runOf, work } from "./plans.ts";

/** What a run left on record, whatever it ran on. */
export type Ran = Pick<
  RunRecord,
  "phases" | "ops" | "groups" | "works" | "payloads" | "ended" | "stalled" | "failures" | "warnings"
> & { readonly events: readonly RunEvent[] };

/** Where cases are run: the kernel of this host, or a double in virtual time. */
export interface TestWorld {
  readonly run: (scenario: ResolvedScenario, options?: DriveOptions) => Promise<Ran>;
  /** A program that runs until it is killed, and one that ends at once with this status. */
  readonly lasting: readonly string[];
  readonly ending: (status: number) => readonly string[];
  /** A time of the reference machine as one of this machine. */
  readonly scaled: (ms: number) => number;
  /** Aborts a signal after so long. */
  readonly abortAfter: (ms: number) => AbortSignal;
}

export interface Case {
  /** A sentence that states the rule. */
  readonly name: string;
  /** Controllers that the host must have. */
  readonly needs: readonly ScenarioController[];
  /** True: it is so on cgroup v2 only. */
  readonly onlyV2: boolean;
  readonly check: (world: TestWorld) => Promise<void>;
}

const cases: Case[] = [];

function rule(name: string, check: Case["check"], needs: Case["needs"] = [], onlyV2 = false): void {
  cases.push({ name, needs, onlyV2, check });
}

const capture = (cgroup: string, tag = cgroup): OpWish => ({ kind: "capture_cgroup_procs", cgroup, tag });
const move = (from: string, to: string): OpWish => ({ kind: "move_all_tasks", from, to });
const capturedIn = ({ groups }: Ran, tag: string): readonly (readonly number[])[] =>
  groups.flatMap(({ captures }) => captures).flatMap((one) => (one.tag === tag ? [one.pids] : []));
const pidsOf = ({ works }: Ran, id: number): readonly number[] =>
  works.find((one) => one.id === id)?.reports.map(({ pid }) => pid) ?? [];
const noFailure = ({ failures }: Ran): void => assert.deepEqual(failures, []);
const isWhole = ({ works }: Ran): void =>
  assert.deepEqual(
    works.map(({ reports }) => reports.every(({ completed }) => completed)),
    works.map(() => true),
  );

rule("groups of a step end with it, in reverse order, and those of the backdrop with the run", async (world) => {
  const ran = await world.run(
    plan([{ setup: [group("a"), group("a/b")] }, { setup: [group("a")] }], { backdrop: backdropOf([group("all")]) }),
  );
  noFailure(ran);
  isWhole(ran);
  const times = ran.groups.map(({ name, step, madeMs, removedMs }) => ({ name, step, madeMs, removedMs }));
  assert.deepEqual(
    times.map(({ name, step }) => [name, step]),
    [
      ["all", null],
      ["a", 0],
      ["a/b", 0],
      ["a", 1],
    ],
  );
  const [all, a, b, again] = times;
  assert.ok(all && a && b && again && b.removedMs <= a.removedMs && a.removedMs <= again.madeMs);
  assert.ok(all.removedMs >= again.removedMs);
  assert.deepEqual(
    ran.works.map(({ cgroup, step, index }) => [cgroup, step, index]),
    [
      ["all", null, 0],
      ["a", 0, 0],
      ["a/b", 0, 0],
      ["a", 1, 0],
    ],
  );
});

rule("phases count from the backdrop on, and work is told by the phase in which it was done", async (world) => {
  const ran = await world.run(
    plan([{ setup: [group("a")] }, {}], {
      backdrop: backdropOf([group("all", { works: [work({ workers: 2 })] })], 20),
    }),
  );
  noFailure(ran);
  assert.deepEqual(
    ran.phases.map(({ phase, groups, workers, work: done }) => [phase, groups, workers, done.map((one) => one.work)]),
    [
      [0, 1, 2, [0]],
      [1, 2, 3, [1, 0]],
      [2, 1, 2, [0]],
    ],
  );
  const sum = ran.phases.flatMap(({ work: done }) => done).reduce((total, { iterations }) => total + iterations, 0);
  const total = ran.works.flatMap(({ reports }) => reports).reduce((all, { iterations }) => all + iterations, 0);
  assert.ok(sum > 0 && sum <= total, `${sum} of ${total}`);
  for (const { startMs, endMs, holdMs } of ran.phases) assert.ok(startMs <= (holdMs ?? startMs) && startMs <= endMs);
});

rule("a name is taken as long as its group lives, and what was done before is kept", async (world) => {
  const ran = await world.run(
    plan([{ setup: [group("a")] }, { ops: [{ kind: "add_cgroup", group: empty("all") }] }, {}], {
      backdrop: backdropOf([group("all")]),
    }),
  );
  assert.deepEqual(
    ran.failures.map(({ stage, step, op, code, message }) => [stage, step, op, code, message]),
    [
      [
        "step",
        1,
        0,
        "USAGE",
        "there is a group all already; declare each group in exactly one place, or remove it first",
      ],
    ],
  );
  assert.deepEqual(
    ran.works.map(({ id, cgroup }) => [id, cgroup]),
    [
      [0, "all"],
      [1, "a"],
    ],
  );
  isWhole(ran);
  assert.deepEqual(
    ran.phases.map(({ phase }) => phase),
    [0, 1, 2],
  );
});

rule("a group that was removed leaves its reports, and its name is free again", async (world) => {
  const ran = await world.run(
    plan([
      {
        ops: [
          { kind: "add_cgroup_def", group: group("a") },
          { kind: "remove_cgroup", cgroup: "a", isKnown: true },
          { kind: "add_cgroup", group: empty("a") },
          { kind: "remove_cgroup", cgroup: "b", isKnown: false },
          capture("a"),
        ],
      },
    ]),
  );
  noFailure(ran);
  isWhole(ran);
  assert.deepEqual(capturedIn(ran, "a"), [[]]);
  assert.deepEqual(
    ran.groups.map(({ name }) => name),
    ["a", "a"],
  );
  assert.deepEqual(ran.warnings, ["there is no group b to remove: there are a"]);
});

rule("a group that was stopped stays, and its workers have reported", async (world) => {
  const ran = await world.run(
    plan([
      { ops: [{ kind: "add_cgroup_def", group: group("a") }, { kind: "stop_cgroup", cgroup: "a" }, capture("a")] },
    ]),
  );
  noFailure(ran);
  isWhole(ran);
  assert.deepEqual([ran.works.length, capturedIn(ran, "a")], [1, [[]]]);
});

rule("tasks move between groups of a step", async (world) => {
  const ran = await world.run(
    plan([
      {
        ops: [
          { kind: "add_cgroup_def", group: group("a", { works: [work({ workers: 2 })] }) },
          { kind: "add_cgroup", group: empty("b") },
          move("a", "b"),
          capture("a"),
          capture("b"),
        ],
      },
    ]),
  );
  noFailure(ran);
  isWhole(ran);
  assert.deepEqual([capturedIn(ran, "a"), capturedIn(ran, "b")], [[[]], [pidsOf(ran, 0)]]);
  assert.deepEqual(
    ran.works.map(({ cgroup, epochs }) => [cgroup, epochs.map((one) => one.cgroup)]),
    [["b", ["a", "b"]]],
  );
});

rule("tasks that move into the backdrop live on when their step ends", async (world) => {
  const ran = await world.run(
    plan([{ ops: [{ kind: "add_cgroup_def", group: group("a") }, move("a", "all")] }, { ops: [capture("all")] }], {
      backdrop: backdropOf([empty("all")]),
    }),
  );
  noFailure(ran);
  isWhole(ran);
  assert.deepEqual(capturedIn(ran, "all"), [pidsOf(ran, 0)]);
  assert.deepEqual(
    ran.phases[2]?.work.map(({ work: id, cgroup }) => [id, cgroup]),
    [[0, "all"]],
  );
});

rule("tasks of the backdrop cannot move to a group that ends before them", async (world) => {
  const ran = await world.run(
    plan([{ ops: [{ kind: "add_cgroup", group: empty("a") }, move("all", "a")] }], {
      backdrop: backdropOf([group("all")]),
    }),
  );
  assert.deepEqual(
    ran.failures.map(({ op, message }) => [op, message]),
    [[1, "tasks of the backdrop's all cannot be moved to a, which ends with its step; make the group in the backdrop"]],
  );
  isWhole(ran);
});

rule("tasks cannot move from a group to itself", async (world) => {
  const ran = await world.run(plan([{ ops: [move("all", "all")] }], { backdrop: backdropOf([group("all")]) }));
  assert.deepEqual(
    ran.failures.map(({ message }) => message),
    ["tasks cannot be moved from all to itself"],
  );
});

rule("workers can run where Corral is, and move into a group later", async (world) => {
  const ran = await world.run(
    plan([
      {
        ops: [
          { kind: "spawn", cgroup: null, work: work() },
          { kind: "add_cgroup", group: empty("a") },
          capture("a", "before"),
          move("", "a"),
          capture("a", "after"),
        ],
      },
    ]),
  );
  noFailure(ran);
  isWhole(ran);
  assert.deepEqual([capturedIn(ran, "before"), capturedIn(ran, "after")], [[[]], [pidsOf(ran, 0)]]);
  assert.deepEqual(
    ran.works.map(({ cgroup, index }) => [cgroup, index]),
    [["a", null]],
  );
});

rule("workers are not started in a group that is not there", async (world) => {
  const ran = await world.run(plan([{ ops: [{ kind: "spawn", cgroup: "x", work: work() }] }]));
  assert.deepEqual(
    ran.failures.map(({ message }) => message),
    ["there is no group x to start workers in; make the group in the backdrop, in an earlier op or in an earlier step"],
  );
  assert.deepEqual(ran.works, []);
});

rule("a frozen group is thawed before its workers are asked to stop", async (world) => {
  const ran = await world.run(
    plan([
      {
        ops: [
          { kind: "add_cgroup_def", group: group("a") },
          { kind: "freeze_cgroup", cgroup: "a" },
          { kind: "wait", condition: { kind: "state", cgroup: "a", is: "frozen" }, timeoutMs: 10_000 },
        ],
      },
    ]),
  );
  noFailure(ran);
  isWhole(ran);
});

rule("a frozen group goes on when it is thawed, and does nothing until then", async (world) => {
  const frozen = { kind: "wait", condition: { kind: "state", cgroup: "a", is: "frozen" }, timeoutMs: 10_000 } as const;
  const thawed = { kind: "wait", condition: { kind: "state", cgroup: "a", is: "thawed" }, timeoutMs: 10_000 } as const;
  const ran = await world.run(
    plan(
      [
        { ops: [{ kind: "freeze_cgroup", cgroup: "a" }, frozen] },
        {},
        { ops: [{ kind: "unfreeze_cgroup", cgroup: "a" }, thawed], holdMs: 200 },
      ],
      { backdrop: backdropOf([group("a")]) },
    ),
  );
  noFailure(ran);
  isWhole(ran);
  assert.deepEqual(
    ran.phases.slice(2).map(({ work: done }) => (done[0]?.iterations ?? 0) > 0),
    [false, true],
  );
  assert.deepEqual(ran.stalled, []);
});

rule("a killed group loses its workers, which are told as killed", async (world) => {
  const empties = { kind: "wait", condition: { kind: "state", cgroup: "a", is: "empty" }, timeoutMs: 10_000 } as const;
  const ran = await world.run(
    plan([{ ops: [{ kind: "add_cgroup_def", group: group("a") }, { kind: "kill_cgroup", cgroup: "a" }, empties] }]),
  );
  noFailure(ran);
  assert.deepEqual(
    ran.works[0]?.reports.map(({ completed, end }) => [completed, end]),
    [[false, { kind: "signaled", signal: 9 }]],
  );
});

rule("a setup of many groups has every worker in its group, and one that fails leaves none", async (world) => {
  const groups = Array.from({ length: 12 }, (_, at) => group(`g${at}`));
  const ran = await world.run(plan([{ setup: groups }]));
  assert.deepEqual(ran.failures, []);
  assert.deepEqual(
    ran.works.map(({ cgroup, reports }) => [cgroup, reports.map(({ completed }) => completed)]),
    groups.map(({ name }) => [name, [true]]),
  );
  const broken = await world.run(plan([{ setup: [...groups.slice(0, 10), group("g0"), group("last")] }]));
  assert.deepEqual(
    broken.failures.map(({ code, message }) => [code, message.startsWith("there is a group g0 already")]),
    [["USAGE", true]],
  );
  assert.equal(broken.works.length, 10);
});

rule("a condition that does not come true in time fails its step", async (world) => {
  const ran = await world.run(
    plan([
      {
        ops: [
          { kind: "add_cgroup", group: empty("a") },
          { kind: "wait", condition: { kind: "state", cgroup: "a", is: "populated" }, timeoutMs: 100 },
        ],
      },
    ]),
  );
  assert.deepEqual(
    ran.failures.map(({ code, op, message }) => [code, op, message]),
    [
      [
        "WAIT_TIMEOUT",
        1,
        'it did not come true within 100 ms that "a" is populated; raise the timeout, or see why it does not',
      ],
    ],
  );
});

rule("a metric of a group is waited for", async (world) => {
  const ran = await world.run(
    plan([
      {
        ops: [
          { kind: "add_cgroup_def", group: group("a") },
          {
            kind: "wait",
            condition: { kind: "metric", cgroup: "a", metric: "iterations", atLeast: 100, atMost: null },
            timeoutMs: 20_000,
          },
          { kind: "stop_cgroup", cgroup: "a" },
        ],
      },
    ]),
  );
  noFailure(ran);
  assert.ok((ran.works[0]?.reports[0]?.iterations ?? 0) >= 100);
});

rule("a payload that is waited for tells how it ended", async (world) => {
  const three = world.ending(3);
  const ran = await world.run(
    plan(
      [
        {
          ops: [
            { kind: "run_payload", run: runOf("three", "", three) },
            { kind: "wait_payload", payload: "three", cgroup: "", timeoutMs: null },
          ],
        },
      ],
      {
        payloads: [payload("three", three)],
      },
    ),
  );
  noFailure(ran);
  assert.deepEqual(
    ran.payloads.map(({ payload: name, cgroup, source, step, end }) => ({ name, cgroup, source, step, end })),
    [{ name: "three", cgroup: "", source: "op", step: 0, end: { kind: "exited", code: 3 } }],
  );
});

rule("a payload that is waited for too long is killed, and one that is killed says so", async (world) => {
  const { lasting } = world;
  const ran = await world.run(
    plan(
      [
        {
          ops: [
            { kind: "add_cgroup", group: empty("a") },
            { kind: "run_payload", run: runOf("long", "a", lasting) },
            { kind: "run_payload", run: runOf("long", "", lasting) },
            { kind: "wait_payload", payload: "long", cgroup: "a", timeoutMs: 100 },
            { kind: "kill_payload", payload: "long", cgroup: "" },
            { kind: "wait", condition: { kind: "state", cgroup: "a", is: "empty" }, timeoutMs: 10_000 },
          ],
        },
      ],
      { payloads: [payload("long", lasting)] },
    ),
  );
  noFailure(ran);
  assert.deepEqual(
    ran.payloads.map(({ cgroup, end }) => [cgroup, end.kind]),
    [
      ["a", "timed-out"],
      ["", "killed"],
    ],
  );
});

rule("a payload runs once in a group, and errors end those that run", async (world) => {
  const { lasting } = world;
  const ran = await world.run(
    plan(
      [
        {
          ops: [
            { kind: "run_payload", run: runOf("long", "", lasting) },
            { kind: "run_payload", run: runOf("long", "", lasting) },
          ],
        },
      ],
      {
        payloads: [payload("long", lasting)],
      },
    ),
  );
  assert.deepEqual(
    ran.failures.map(({ op, message }) => [op, message]),
    [[1, "long runs where Corral is already; wait for it or kill it first, or start it in another group"]],
  );
  assert.deepEqual(
    ran.payloads.map(({ end }) => end.kind),
    ["killed"],
  );
});

rule("a payload that is not there can neither be waited for nor killed", async (world) => {
  const ran = await world.run(plan([{ ops: [{ kind: "kill_payload", payload: "long", cgroup: "" }] }]));
  assert.deepEqual(
    ran.failures.map(({ message }) => message),
    ["long does not run where Corral is; start it first; a payload that was waited for or killed is over"],
  );
});

rule("a program that is not there fails its step", async (world) => {
  const command = ["/no/such/program"];
  const ran = await world.run(
    plan([{ ops: [{ kind: "run_payload", run: runOf("none", "", command) }] }], {
      payloads: [payload("none", command)],
    }),
  );
  assert.deepEqual(
    ran.failures.map(({ code }) => code),
    ["COMMAND_NOT_FOUND"],
  );
});

rule("a loop does its setup once and its ops in every round, until the duration is over", async (world) => {
  const ran = await world.run(
    plan(
      [
        {
          setup: [group("a")],
          ops: [
            { kind: "freeze_cgroup", cgroup: "a" },
            { kind: "unfreeze_cgroup", cgroup: "a" },
          ],
          intervalMs: 60,
        },
      ],
      { durationMs: world.scaled(500) },
    ),
  );
  noFailure(ran);
  isWhole(ran);
  const done = ran.ops.filter(({ kind }) => kind === "unfreeze_cgroup");
  assert.ok(done.length >= 2);
  assert.deepEqual(
    done.map(({ round, index }) => [round, index]),
    done.map((_, round) => [round, 1]),
  );
  assert.equal(ran.ops.filter(({ kind }) => kind === "setup").length, 1);
});

/** Of moments in milliseconds that are made of nanoseconds. */
const rounding = 0.001;

rule("no hold goes beyond the duration of the scenario", async (world) => {
  const ran = await world.run(plan([{ holdMs: 150 }, { holdMs: 60_000 }, { holdMs: 60_000 }], { durationMs: 300 }));
  noFailure(ran);
  const [, first, second, third, ...more] = ran.phases;
  assert.ok(first && second && third && more.length === 0);
  assert.ok(second.plannedHoldMs <= 150 && third.plannedHoldMs === 0);
  for (const { holdMs, endMs, plannedHoldMs } of [first, second, third]) {
    assert.ok(
      holdMs !== null && endMs - holdMs >= plannedHoldMs - rounding,
      `held until ${endMs}, not for ${plannedHoldMs} ms`,
    );
    // What it asked for is two hundred times the whole duration.
    assert.ok(endMs - holdMs < 60_000);
  }
  assert.ok(third.endMs >= 300 - rounding && third.endMs < 60_000, `all was over at ${third.endMs} ms`);
});

rule("a caller who wants an end gets it, with all that is known", async (world) => {
  const ran = await world.run(plan([{ setup: [group("a")], holdMs: 60_000 }, {}], { durationMs: 60_000 }), {
    signal: world.abortAfter(world.scaled(1000)),
  });
  assert.deepEqual(
    ran.failures.map(({ stage, code }) => [stage, code]),
    [["engine", "ABORTED"]],
  );
  assert.deepEqual(
    ran.phases.map(({ phase }) => phase),
    [0, 1],
  );
  isWhole(ran);
  assert.ok((ran.works[0]?.reports[0]?.iterations ?? 0) > 0);
});

rule("a wait ends with the wish to end", async (world) => {
  const { lasting } = world;
  const ran = await world.run(
    plan(
      [
        {
          ops: [
            { kind: "run_payload", run: runOf("long", "", lasting) },
            { kind: "wait_payload", payload: "long", cgroup: "", timeoutMs: null },
          ],
        },
      ],
      {
        payloads: [payload("long", lasting)],
      },
    ),
    { signal: world.abortAfter(world.scaled(300)) },
  );
  assert.deepEqual(
    ran.failures.map(({ step, op, code }) => [step, op, code]),
    [[0, 1, "ABORTED"]],
  );
  assert.deepEqual(
    ran.payloads.map(({ end }) => end.kind),
    ["killed"],
  );
});

rule(
  "limits are written and read back before anything runs in the group, and can be changed",
  async (world) => {
    const ran = await world.run(
      plan(
        [
          {
            setup: [group("a", { limits: { pidsMax: 100, memoryMax: 256 * 1024 * 1024 } })],
            ops: [{ kind: "set_limits", cgroup: "all", limits: { memoryMax: "max", memoryHigh: 128 * 1024 * 1024 } }],
          },
        ],
        { backdrop: backdropOf([group("all")]), controllers: ["memory", "pids"] },
      ),
    );
    noFailure(ran);
    isWhole(ran);
  },
  ["memory", "pids"],
);

rule("a limit that nothing here can hold fails its step", async (world) => {
  const ran = await world.run(plan([{ setup: [group("a", { limits: { pidsMax: 100 } })] }]));
  assert.deepEqual(
    ran.failures.map(({ code, op, message }) => [code, op, message]),
    [["CGROUP_IO", null, "pids-max 100 of the group a: there is no group with the pids controller"]],
  );
  assert.deepEqual(ran.works, []);
});

rule(
  "CPUs can be given, swapped and taken back, and every change begins a new time for the workers",
  async (world) => {
    const first = { spec: { exact: [0] }, cpus: [0] } as const;
    const ran = await world.run(
      plan(
        [
          { ops: [{ kind: "swap_cpusets", a: "a", b: "b" }] },
          { ops: [{ kind: "set_cpuset", cgroup: "b", cpuset: first }] },
          { ops: [{ kind: "clear_cpuset", cgroup: "a" }] },
        ],
        { backdrop: backdropOf([group("a", cpusOf([0])), group("b", cpusOf([1]))]), controllers: ["cpuset"] },
      ),
    );
    noFailure(ran);
    isWhole(ran);
    const epochs = ran.works.map((one) => one.epochs.map(({ cpus }) => cpus));
    assert.deepEqual(epochs, [
      [[0], [1], null],
      [[1], [0], [0]],
    ]);
    assert.deepEqual(
      ran.groups.map(({ cpusets }) => cpusets.map(({ cpus }) => cpus)),
      [
        [[0], [1], null],
        [[1], [0], [0]],
      ],
    );
  },
  ["cpuset"],
);

rule(
  "a group that has handed controllers down takes tasks again",
  async (world) => {
    const ran = await world.run(
      plan(
        [
          {
            ops: [
              { kind: "add_cgroup", group: empty("a") },
              { kind: "add_cgroup", group: empty("a/b") },
              { kind: "remove_cgroup", cgroup: "a/b", isKnown: true },
              { kind: "add_cgroup_def", group: group("c") },
              move("c", "a"),
              capture("a"),
            ],
          },
        ],
        { controllers: ["pids"] },
      ),
    );
    noFailure(ran);
    isWhole(ran);
    assert.deepEqual(capturedIn(ran, "a"), [pidsOf(ran, 0)]);
  },
  ["pids"],
);

rule(
  "a group below one that has processes cannot have controllers",
  async (world) => {
    const ran = await world.run(
      plan([{ setup: [group("a")] }, { setup: [group("all/below")] }], {
        backdrop: backdropOf([group("all")]),
        controllers: ["memory"],
      }),
    );
    assert.deepEqual(
      ran.failures.map(({ step, op, code }) => [step, op, code]),
      [[1, null, "CGROUP_IO"]],
    );
    isWhole(ran);
  },
  ["memory"],
  true,
);

export const scenarioCases: readonly Case[] = cases;
