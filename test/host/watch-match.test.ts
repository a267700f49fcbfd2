import assert from "node:assert/strict";
import { mkdirSync, rmdirSync } from "node:fs";
import path from "node:path";
import { after, describe, test } from "node:test";
import { nobody, openBench } from "../shared/bench.ts";
import { stateOf } from "../shared/processes.ts";
import { requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";
import type { Watching } from "../shared/watching.ts";
import { copyProgram, groupsOf, startProgram, startWatch } from "../shared/watching.ts";

const bench = openBench();
after(async () => {
  // Every watch was told to release its jobs.
  const { groups, records } = bench.leftovers();
  await bench.close();
  assert.deepEqual([groups, records], [[], []]);
});

/** Names have at most 15 bytes, and two runs of the suite must not find each other's. */
const tag = `w${process.pid}`;
const sleeper = copyProgram(bench, "sleeper");
const marker = copyProgram(bench, "marker");

const rules = (...lines: readonly string[]): string =>
  [
    "version: 1",
    "scan_interval: 200ms",
    "rules:",
    ...lines,
    `  - { name: marker, match: { exe: ${marker} } }`,
    "",
  ].join("\n");

/** Waits until everything that was executed before has been judged: events come in order. */
async function judged(t: Parameters<typeof startProgram>[0], watch: Watching): Promise<void> {
  const { pid } = startProgram(t, marker);
  await watch.told("governed", (event) => event.pid === pid);
}

const ruleOf = (watch: Watching, pid: number): string | null =>
  watch.all("governed").find((event) => event.pid === pid)?.rule ?? null;

describe("a process is governed by its", () => {
  /** How a process is started that fits, and one that does not, with the keys of the rule. */
  const cases: Readonly<
    Record<
      string,
      {
        readonly match: string;
        readonly fits: readonly [file: string, args?: readonly string[], options?: { uid?: number; cwd?: string }];
        readonly other: readonly [file: string, args?: readonly string[], options?: { uid?: number; cwd?: string }];
      }
    >
  > = {
    comm: { match: `{ comm: "${tag}-c*" }`, fits: [copyProgram(bench, `${tag}-comm`)], other: [sleeper] },
    exe: { match: `{ exe: ${sleeper} }`, fits: [sleeper], other: [copyProgram(bench, "sleeper2")] },
    argv: {
      match: `{ argv: "*/argv-sleeper 60?" }`,
      fits: [copyProgram(bench, "argv-sleeper"), ["601"]],
      other: [path.join(bench.dir, "argv-sleeper"), ["6000"]],
    },
    uid: {
      match: `{ uid: ${nobody}, exe: ${sleeper} }`,
      fits: [sleeper, ["600"], { uid: nobody }],
      other: [sleeper],
    },
    user: {
      match: `{ user: nobody, exe: ${sleeper} }`,
      fits: [sleeper, ["600"], { uid: nobody }],
      other: [sleeper, ["600"], { uid: 1 }],
    },
    cwd: {
      match: `{ cwd: ${bench.dir}, exe: ${sleeper} }`,
      fits: [sleeper, ["600"], { cwd: bench.dir }],
      other: [sleeper, ["600"], { cwd: "/" }],
    },
  };

  for (const [key, { match, fits, other }] of Object.entries(cases)) {
    test(key, async (t) => {
      if ((key === "uid" || key === "user") && !requires(t, root())) return;
      const watch = await startWatch(t, bench, rules(`  - { name: wanted, match: ${match} }`));
      const [inside, outside] = [startProgram(t, ...fits), startProgram(t, ...other)];
      await watch.told("governed", (event) => event.pid === inside.pid);
      await judged(t, watch);
      assert.deepEqual([ruleOf(watch, inside.pid), ruleOf(watch, outside.pid)], ["wanted", null]);
      await watch.stop();
    });
  }

  test("parent, by its program and by its name", async (t) => {
    const shell = copyProgram(bench, `${tag}-sh`, "/bin/dash");
    for (const pattern of [shell, `${tag}-s?`]) {
      const watch = await startWatch(
        t,
        bench,
        rules(`  - { name: wanted, match: { parent: "${pattern}", exe: ${sleeper} } }`),
      );
      startProgram(t, shell, ["-c", `${sleeper} 6001 & wait`]);
      const orphan = startProgram(t, sleeper);
      const { rule } = await watch.told("governed", ({ pid }) => pid !== orphan.pid);
      await judged(t, watch);
      assert.deepEqual([rule, ruleOf(watch, orphan.pid)], ["wanted", null]);
      await watch.stop();
    }
  });

  test("cgroup", async (t) => {
    if (!requires(t, root())) return;
    const group = `${bench.parent.directories[0]}/special`;
    mkdirSync(group);
    const watch = await startWatch(
      t,
      bench,
      rules(`  - { name: wanted, match: { cgroup: "/**/${bench.parent.name}/spec*", exe: ${sleeper} } }`),
    );
    const inside = startProgram(t, "/bin/sh", ["-c", `echo $$ >${group}/cgroup.procs && exec ${sleeper} 600`]);
    const outside = startProgram(t, sleeper);
    await watch.told("governed", ({ pid }) => pid === inside.pid);
    await judged(t, watch);
    assert.equal(ruleOf(watch, outside.pid), null);
    await watch.stop();
    process.kill(inside.pid, "SIGKILL");
    await inside.ended;
    rmdirSync(group);
  });

  test("age: a young one waits for min_age, an old one is past max_age", async (t) => {
    const [young, old] = [copyProgram(bench, "young"), copyProgram(bench, "old")];
    const before = startProgram(t, old);
    const from = performance.now();
    await until("the process is a second old", () => performance.now() - from > 1200);
    const watch = await startWatch(
      t,
      bench,
      rules(
        `  - { name: young, match: { exe: ${young}, min_age: 1s } }`,
        `  - { name: old, match: { exe: ${old}, max_age: 1s } }`,
      ),
    );
    const growing = startProgram(t, young);
    const fresh = startProgram(t, old);
    await watch.told("governed", ({ pid }) => pid === fresh.pid);
    await judged(t, watch);
    assert.equal(ruleOf(watch, growing.pid), null);
    const told = await watch.told("governed", ({ pid }) => pid === growing.pid);
    assert.deepEqual([told.rule, told.discovered_ms], ["young", null]);
    assert.equal(ruleOf(watch, before.pid), null);
    await watch.stop();
  });
});

test("the first rule that fits has the process, and an exception leaves it to the next", async (t) => {
  const watch = await startWatch(
    t,
    bench,
    rules(
      `  - { name: first, match: { exe: ${sleeper} }, except: [{ argv: "*excepted*" }, { cwd: /proc }] }`,
      `  - { name: second, match: { exe: ${sleeper} } }`,
    ),
  );
  const both = startProgram(t, sleeper);
  const excepted = startProgram(t, sleeper, ["600", "0"], { cwd: "/proc" });
  await watch.told("governed", ({ pid }) => pid === excepted.pid);
  await judged(t, watch);
  assert.deepEqual([ruleOf(watch, both.pid), ruleOf(watch, excepted.pid)], ["first", "second"]);
  await watch.stop();
});

test("processes that ran before the watch are found by its first scan", async (t) => {
  const early = startProgram(t, sleeper);
  await until("it runs the program", () => stateOf(early.pid) === "S");
  const watch = await startWatch(t, bench, rules(`  - { name: wanted, match: { exe: ${sleeper} } }`));
  const told = await watch.told("governed", ({ pid }) => pid === early.pid);
  assert.deepEqual([told.rule, told.discovered_ms, told.governed_ms], ["wanted", null, null]);
  await watch.stop();
});

test("with discovery by scans alone every key works the same, without times since the exec", async (t) => {
  const text = rules(`  - { name: wanted, match: { exe: ${sleeper} } }`).replace("rules:", "discovery: scan\nrules:");
  const watch = await startWatch(t, bench, text);
  assert.equal((await watch.told("started")).source, null);
  const { pid } = startProgram(t, sleeper);
  const told = await watch.told("governed", (event) => event.pid === pid);
  assert.deepEqual([told.rule, told.discovered_ms], ["wanted", null]);
  await watch.stop();
});

test("a process is matched again when it executes another program", async (t) => {
  const watch = await startWatch(
    t,
    bench,
    rules(`  - { name: wanted, match: { exe: ${sleeper} }, limits: { pids-max: 50 } }`),
  );
  const shell = startProgram(t, "/bin/sh", ["-c", `read line; exec ${sleeper} 600`]);
  await judged(t, watch);
  assert.deepEqual(groupsOf(shell.pid), []);
  shell.tell("go");
  const told = await watch.told("governed", ({ pid }) => pid === shell.pid);
  assert.deepEqual(groupsOf(shell.pid), [told.job_id]);
  await watch.stop();
});
