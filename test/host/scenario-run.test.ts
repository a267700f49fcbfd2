import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import type { Controller } from "../../src/cgroup/index.ts";
import type { RunEvent } from "../../src/scenario/execute/index.ts";
import { runScenario } from "../../src/scenario/execute/index.ts";
import type { GroupParent } from "../shared/group-parent.ts";
import { host, makeGroupParent } from "../shared/group-parent.ts";
import { killQuietly, processesMarked } from "../shared/processes.ts";
import type { Reason } from "../shared/requires.ts";
import { controller, cpus, requires, root } from "../shared/requires.ts";
import type { TestWorld } from "../shared/scenario/cases.ts";
import { scenarioCases } from "../shared/scenario/cases.ts";
import { backdropOf, empty, group, payload, plan, runOf } from "../shared/scenario/plans.ts";
import { scaled, until } from "../shared/timing.ts";

let parent: GroupParent | null = null;
const runtime = mkdtempSync(join(tmpdir(), "corral-scenario-test-"));

before(() => {
  if (process.getuid?.() === 0) parent = makeGroupParent();
});

after(async () => {
  await parent?.remove();
  rmSync(runtime, { recursive: true, force: true });
});

/** Each case against the groups of this kernel; the engine's own limits are those of the model, also in a guest. */
const world: TestWorld = {
  run: async (plan, { signal = null } = {}) => {
    const events: RunEvent[] = [];
    const record = await runScenario(plan, {
      scenario: { version: 1, name: plan.name, steps: [] },
      file: null,
      runtime,
      dilation: 1,
      cgroupParent: parent?.argument ?? null,
      signal,
      onEvent: (event) => events.push(event),
    });
    return { ...record, events };
  },
  lasting: ["sleep", "1000"],
  ending: (status) => ["sh", "-c", `exit ${status}`],
  scaled,
  abortAfter: (ms) => AbortSignal.timeout(ms),
};

const onV2 = (name: Controller): Reason =>
  host.owner[name]?.version === 2 ? null : `the ${name} controller is not on cgroup v2`;

for (const { name, needs, onlyV2, check } of scenarioCases) {
  test(name, async (t) => {
    if (!requires(t, root(), cpus(2), ...needs.map(controller), ...(onlyV2 ? needs.map(onV2) : []))) return;
    await check(world);
    assert.deepEqual(parent?.children(), []);
    assert.deepEqual(readdirSync(join(runtime, "scenarios")), []);
  });
}

/** What a run needs beside its plan. */
const options = (name: string) => ({
  scenario: { version: 1, name, steps: [] } as const,
  file: null,
  runtime,
  cgroupParent: parent?.argument ?? null,
});

test("what a payload leaves behind where Corral is ends with it", async (t) => {
  if (!requires(t, root())) return;
  const mark = `left-by-${process.pid}`;
  const command = ["sh", "-c", "sleep 1000 & exit 0"];
  const ops = [
    { kind: "run_payload", run: runOf("leaves", "", command) },
    { kind: "wait_payload", payload: "leaves", cgroup: "", timeoutMs: null },
  ] as const;
  const scenario = plan([{ ops }], { payloads: [{ ...payload("leaves", command), env: { LEFT: mark } }] });
  t.after(() => {
    for (const pid of processesMarked(mark)) killQuietly(pid);
  });
  const { payloads, failures } = await runScenario(scenario, options("leaves"));
  assert.deepEqual([failures, payloads.map(({ end }) => end)], [[], [{ kind: "exited", code: 0 }]]);
  await until("nothing of it is left", () => processesMarked(mark).length === 0);
});

test("of more groups than have their files kept open the same is sampled of all", async (t) => {
  if (!requires(t, root(), controller("pids"))) return;
  const groups = Array.from({ length: 25 }, (_, at) =>
    group(`g${at}`, { works: [], limits: { pidsMax: 5 }, controllers: ["pids"] }),
  );
  const scenario = plan([{ setup: groups }], { controllers: ["pids"] });
  const { failures, groups: made } = await runScenario(scenario, options("many"));
  const measured = made.map(({ samples }) =>
    Object.entries(samples.at(-1)?.values ?? {})
      .filter(([, value]) => value !== null)
      .map(([name]) => name),
  );
  assert.deepEqual([failures, measured.length], [[], 25]);
  assert.ok(measured[0]?.includes("pids_current") && measured[0].includes("cpu_total_us"), measured[0]?.join());
  for (const names of measured) assert.deepEqual(names, measured[0]);
});

for (const { since, told } of [
  { since: "step", told: [] },
  { since: "wait", told: ["WAIT_TIMEOUT"] },
] as const) {
  test(`a wait that counts since the ${since} ${told.length === 0 ? "sees" : "does not see"} what an op before it brought about`, async (t) => {
    if (!requires(t, root(), controller("pids"), onV2("pids"))) return;
    const one = group("one", { works: [], limits: { pidsMax: 1 }, controllers: ["pids"] });
    const forks = ["sh", "-c", "true | true"];
    const condition = { kind: "events", cgroup: "one", counter: "pids.max", by: 1, since } as const;
    const ops = [
      { kind: "run_payload", run: runOf("forks", "one", forks) },
      { kind: "wait_payload", payload: "forks", cgroup: "one", timeoutMs: null },
      { kind: "wait", condition, timeoutMs: 300 },
    ] as const;
    const scenario = plan([{ ops }], {
      backdrop: backdropOf([one]),
      controllers: ["pids"],
      payloads: [payload("forks", forks)],
    });
    const { failures } = await runScenario(scenario, options("counts"));
    assert.deepEqual(
      failures.map(({ code }) => code),
      told,
    );
  });
}

test("a payload that cannot begin, because somebody froze its group, is given up when the run is to end", {
  timeout: scaled(60_000),
}, async (t) => {
  if (!requires(t, root())) return;
  const top = dirname(parent?.groupOf("unified", "any") ?? "");
  if (!existsSync(`${top}/cgroup.freeze`)) return t.skip("there is no cgroup.freeze");
  const end = new AbortController();
  const group = (): string =>
    `${top}/${readdirSync(top, { withFileTypes: true }).find((one) => one.isDirectory())?.name}/a`;
  const giveUp = async (): Promise<void> => {
    const procs = `${group()}/cgroup.procs`;
    await until("the launcher waits in the group", () => readFileSync(procs, "utf8") !== "");
    end.abort();
  };
  const givenUp: Promise<void>[] = [];
  const onEvent = (event: RunEvent): void => {
    if (event.kind !== "op" || event.op.kind !== "add_cgroup") return;
    writeFileSync(`${group()}/cgroup.freeze`, "1");
    givenUp.push(giveUp());
  };
  const ops = [
    { kind: "add_cgroup", group: empty("a") },
    { kind: "run_payload", run: runOf("long", "a", ["sleep", "1000"]) },
  ] as const;
  const scenario = plan([{ ops }], { payloads: [payload("long", ["sleep", "1000"])] });
  const record = await runScenario(scenario, { ...options("frozen"), signal: end.signal, onEvent });
  await Promise.all(givenUp);
  assert.deepEqual(
    record.failures.map(({ code, op }) => [code, op]),
    [["ABORTED", 1]],
  );
  assert.deepEqual([parent?.children(), readdirSync(join(runtime, "scenarios"))], [[], []]);
});
