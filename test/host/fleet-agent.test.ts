/** The life of an agent's runs, on real processes: `corral agent`, and a controller that says what the test wants. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { WorkResult } from "../../src/fleet/work/index.ts";
import type { ScenarioDocument } from "../../src/scenario/results/index.ts";
import { openBench } from "../shared/bench.ts";
import { call, openAgent, plainDialer, startAgent } from "../shared/fleet.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { killQuietly, startTicks } from "../shared/processes.ts";
import { requires, root } from "../shared/requires.ts";
import { scaled, sleep, until } from "../shared/timing.ts";

const bench = openBench();

/** A configuration that runs a text of bash. */
const bash = (script: string, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ command: ["bash", "-c", script], ...more });

const sequencesOf = (messages: readonly { readonly sequence: bigint }[]): number[] =>
  messages.map(({ sequence }) => Number(sequence));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** The pid that a workload has written to a file. */
async function pidIn(file: string): Promise<number> {
  await until("the workload runs", () => existsSync(file) && readFileSync(file, "utf8").endsWith("\n"));
  return Number(readFileSync(file, "utf8"));
}

describe("a run", () => {
  test("goes from ready to completed, begins when it should, and says what came of it", async (t) => {
    const agent = await startAgent(t, bench, [...openAgent, "--report-interval", "100ms"]);
    const run = call(t, plainDialer(t), agent.address);
    const script = 'echo "rate: 12.5/s"; sleep 0.5; echo "rate: 17/s"; echo "reads=40"; echo oh >&2';
    run.start(
      bash(script, {
        limits: { "pids-max": 50 },
        metrics: { rate: { line: "rate: {}/s", take: "max" }, get_operations: { line: "reads={}" } },
      }),
    );
    const ready = await run.heard("ready");
    const startNs = run.go(400);
    const completed = await run.heard("completed");
    assert.equal(await run.over(), null);

    assert.deepEqual(sequencesOf(run.messages), upTo(run.messages.length));
    assert.equal(run.of("ready").length, 1);
    assert.equal(run.kinds().at(-1), "completed");
    assert.ok(run.of("running").length >= 3, run.kinds().join());
    assert.ok(ready.atNs < startNs);
    const lateMs = Number(completed.actualStartNs - startNs) / 1e6;
    assert.ok(lateMs >= -1 && lateMs < scaled(500), `it began ${lateMs} ms after its moment`);
    assert.deepEqual([completed.totals.getOperations, completed.totals.metrics], [40n, { rate: 17 }]);
    const result = JSON.parse(completed.result) as WorkResult;
    assert.equal(result.schema, "corral.fleet-work/1");
    assert.deepEqual([result.report.exit_code, result.stderr_tail], [0, "oh\n"]);
    assert.ok(result.report.usage.cpu_user_us === null || result.report.usage.cpu_user_us < 400_000);
    assert.deepEqual(
      agent.log().flatMap(({ event, from, to }) => (event === "state" ? [`${String(from)} ${String(to)}`] : [])),
      ["idle preparing", "preparing ready", "ready waiting", "waiting running", "running completed"],
    );
  });

  test("that fails says why, and the agent takes the next, and the next", async (t) => {
    const agent = await startAgent(t, bench);
    const dialer = plainDialer(t);
    const failing = call(t, dialer, agent.address);
    const messages = await failing.run(bash("echo it broke >&2; exit 3"));
    const last = messages.at(-1);
    assert.equal(
      last?.kind === "error" ? `${last.cause}: ${last.message}` : last?.kind,
      'workload_failed: /usr/bin/bash ended with status 3: "it broke"',
    );
    for (let again = 0; again < 3; again += 1) {
      const next = call(t, dialer, agent.address);
      assert.equal((await next.run(bash("true"))).at(-1)?.kind, "completed");
    }
  });

  test("prepares before it is ready, and cleans up however it ends", async (t) => {
    const agent = await startAgent(t, bench);
    const dialer = plainDialer(t);
    const log = bench.fresh("phases");
    const phase = (word: string) => ({ command: ["bash", "-c", `echo ${word} $CORRAL_AGENT_INDEX {count} >> ${log}`] });
    const config = (status: number) =>
      bash(`echo run >> ${log}; exit ${status}`, { prepare: phase("prepare"), cleanup: phase("cleanup") });
    const good = call(t, dialer, agent.address);
    good.start(config(0), { index: 2, count: 5 });
    await good.heard("ready");
    assert.equal(readFileSync(log, "utf8"), "prepare 2 5\n");
    good.go(100);
    await good.over();
    await call(t, dialer, agent.address).run(config(1), { index: 0, count: 5 });
    assert.equal(readFileSync(log, "utf8"), "prepare 2 5\nrun\ncleanup 2 5\nprepare 0 5\nrun\ncleanup 0 5\n");
  });

  test("whose preparing fails never begins", async (t) => {
    const agent = await startAgent(t, bench);
    const run = call(t, plainDialer(t), agent.address);
    run.start(bash("true", { prepare: { command: ["bash", "-c", "echo no space >&2; exit 1"] } }));
    const { cause, message } = await run.heard("error");
    assert.deepEqual([cause, message], ["prepare_failed", '/usr/bin/bash ended with status 1: "no space"']);
    assert.deepEqual(run.kinds(), ["error"]);
  });

  test("of a program that never ends is over after its duration", async (t) => {
    const agent = await startAgent(t, bench);
    const run = call(t, plainDialer(t), agent.address);
    const messages = await run.run(JSON.stringify({ command: ["sleep", "100"], duration: "300ms" }));
    assert.equal(messages.at(-1)?.kind, "completed");
  });

  test("leaves nothing running that its program has left behind", async (t) => {
    const agent = await startAgent(t, bench);
    const file = bench.fresh("pid");
    const run = call(t, plainDialer(t), agent.address);
    await run.run(bash(`setsid sleep 1000 & echo $! > ${file}`));
    const pid = await pidIn(file);
    await until("the process that was left is gone", () => startTicks(pid) === null, 5000);
  });
});

describe("a scenario", () => {
  const steps = (hold: string) => `version: 1
name: afar
duration: 60s
backdrop:
  cgroups:
    - { name: base, works: [{ workers: 1 }] }
steps:
  - { setup: [{ name: a }], hold: { fixed: ${hold} } }
`;

  test("runs as it would by hand, and its document comes back", async (t) => {
    if (!requires(t, root())) return;
    const agent = await startAgent(t, bench, ["--insecure", "--allow-scenarios"]);
    const run = call(t, plainDialer(t), agent.address);
    const last = (await run.run(JSON.stringify({ scenario: steps("100ms") }))).at(-1);
    assert.equal(last?.kind, "completed", last?.kind === "error" ? last.message : "");
    const result = JSON.parse(last?.kind === "completed" ? last.result : "{}") as WorkResult;
    const document = result.scenario as ScenarioDocument;
    assert.deepEqual([result.kind, document.schema, document.scenario], ["scenario", "corral.scenario/1", "afar"]);
  });

  test("takes all that it has made down when the run is ended", async (t) => {
    if (!requires(t, root())) return;
    const agent = await startAgent(t, bench, ["--insecure", "--allow-scenarios"]);
    const run = call(t, plainDialer(t), agent.address);
    run.start(JSON.stringify({ scenario: steps("50s") }));
    await run.heard("ready");
    run.go(100);
    await until("its groups are there", () => bench.parent.children().length > 0);
    run.stream.send({ kind: "abort", reason: "enough" });
    await run.heard("aborted");
    assert.deepEqual(bench.parent.children(), []);
  });

  test("with mistakes is refused with their lines", async (t) => {
    const agent = await startAgent(t, bench, ["--insecure", "--allow-scenarios"]);
    const run = call(t, plainDialer(t), agent.address);
    run.start(JSON.stringify({ scenario: "version: 1\nname: x\nsteps: nothing\n" }));
    assert.match((await run.heard("error")).message, /scenario:3:8: steps expects a list/);
  });
});

describe("an abort", () => {
  const neverEnds = "trap '' TERM; echo $$ > FILE; while :; do sleep 1; done";

  test("ends a workload that does not want to end, and says so when it is gone", async (t) => {
    const agent = await startAgent(t, bench);
    const dialer = plainDialer(t);
    const file = bench.fresh("pid");
    const run = call(t, dialer, agent.address);
    run.start(bash(neverEnds.replace("FILE", file), { "kill-after": "200ms" }));
    await run.heard("ready");
    run.go(50);
    const pid = await pidIn(file);
    const beganMs = performance.now();
    run.stream.send({ kind: "abort", reason: "enough" });
    const { reason } = await run.heard("aborted");
    const tookMs = performance.now() - beganMs;
    assert.deepEqual([reason, startTicks(pid)], ["enough", null]);
    assert.ok(tookMs < scaled(3000), `it took ${tookMs} ms`);
    assert.equal(await run.over(), null);
    assert.equal((await call(t, dialer, agent.address).run(bash("true"))).at(-1)?.kind, "completed");
  });

  test("ends preparing", async (t) => {
    const agent = await startAgent(t, bench);
    const file = bench.fresh("pid");
    const run = call(t, plainDialer(t), agent.address);
    run.start(bash("true", { prepare: { command: ["bash", "-c", `echo $$ > ${file}; sleep 1000`] } }));
    const pid = await pidIn(file);
    run.stream.send({ kind: "abort", reason: "enough" });
    await run.heard("aborted");
    assert.deepEqual([run.kinds(), startTicks(pid)], [["aborted"], null]);
  });

  for (const waitsMs of [null, 10_000, 20])
    test(`before the start, ${waitsMs === null ? "when it is ready" : `${waitsMs} ms ahead of it`}: nothing has run`, async (t) => {
      const agent = await startAgent(t, bench);
      const file = bench.fresh("ran");
      const run = call(t, plainDialer(t), agent.address);
      run.start(bash(`echo ran > ${file}; sleep 1000`));
      await run.heard("ready");
      if (waitsMs !== null) run.go(waitsMs);
      if (waitsMs === 10_000) await sleep(scaled(300));
      run.stream.send({ kind: "abort", reason: "enough" });
      await run.heard("aborted", 3000);
      await run.over();
      // The last 20 ms are a race between the two, which either may win; but it ends.
      if (waitsMs !== 20) assert.equal(existsSync(file), false);
      const again = await call(t, plainDialer(t), agent.address).run(bash("true"));
      assert.equal(again.at(-1)?.kind, "completed");
    });
});

describe("a controller that goes away", () => {
  test("leaves no workload behind, and the agent free", async (t) => {
    const agent = await startAgent(t, bench);
    const dialer = plainDialer(t);
    const file = bench.fresh("pid");
    const run = call(t, dialer, agent.address);
    run.start(bash(`echo $$ > ${file}; sleep 1000`));
    await run.heard("ready");
    run.go(50);
    const pid = await pidIn(file);
    run.stream.cut("gone");
    await until("the workload has ended", () => startTicks(pid) === null, 3000);
    await until("the agent is free", async () => (await dialer.status(agent.address)).state === "", 3000);
    assert.equal((await call(t, dialer, agent.address).run(bash("true"))).at(-1)?.kind, "completed");
  });
});

describe("an agent that goes away", () => {
  test("by TERM tells its controller, ends what runs, and exits with 0", async (t) => {
    const agent = await startAgent(t, bench);
    const file = bench.fresh("pid");
    const run = call(t, plainDialer(t), agent.address);
    run.start(bash(`echo $$ > ${file}; sleep 1000`));
    await run.heard("ready");
    run.go(50);
    const pid = await pidIn(file);
    const { status } = await agent.stop();
    assert.equal((await run.heard("aborted")).reason, "the agent was told to end (SIGTERM)");
    assert.deepEqual([status, startTicks(pid)], [0, null]);
  });

  test("by KILL takes its workload with it", async (t) => {
    const agent = await startAgent(t, bench);
    const file = bench.fresh("pid");
    const run = call(t, plainDialer(t), agent.address);
    run.start(bash(`echo $$ > ${file}; sleep 1000`));
    await run.heard("ready");
    run.go(50);
    const pid = await pidIn(file);
    killQuietly(agent.started.pid);
    await until("the workload has ended", () => startTicks(pid) === null, 5000);
    assert.equal((await run.over())?.code, "FLEET_LOST");
    await bench.corral(["gc"]);
  });
});

describe("a protocol that is not kept", () => {
  test("a START that comes again changes nothing: one preparing, one ready", async (t) => {
    const agent = await startAgent(t, bench);
    const file = bench.fresh("prepared");
    const run = call(t, plainDialer(t), agent.address);
    const config = bash("sleep 0.5", { prepare: { command: ["bash", "-c", `echo once >> ${file}`] } });
    for (let again = 0; again < 3; again += 1) run.start(config);
    await run.heard("ready");
    run.start(bash(`echo another >> ${file}`));
    run.go(100);
    await run.heard("running");
    run.start(config);
    run.go(100);
    assert.equal((await run.heard("completed")).kind, "completed");
    assert.equal(readFileSync(file, "utf8"), "once\n");
    assert.equal(run.of("ready").length, 1);
    assert.deepEqual(sequencesOf(run.messages), upTo(run.messages.length));
  });

  test("a second controller is told that the agent is busy, and disturbs nobody", async (t) => {
    const agent = await startAgent(t, bench);
    const dialer = plainDialer(t);
    const first = call(t, dialer, agent.address);
    first.start(bash("sleep 0.3"), { agentId: "web-1" });
    await first.heard("ready");
    const second = call(t, dialer, agent.address);
    const why = await second.over();
    assert.deepEqual([why?.code, why?.found], ["FLEET_BUSY", 'it has a run already, as "web-1", which is ready']);
    first.go(50);
    assert.equal((await first.heard("completed")).kind, "completed");
  });

  test("a start in the past, too far ahead, or before ready ends the run", async (t) => {
    const agent = await startAgent(t, bench);
    const dialer = plainDialer(t);
    for (const [inMs, cause] of [
      [-2000, "start_past"],
      [400_000, "start_far"],
    ] as const) {
      const run = call(t, dialer, agent.address);
      run.start(bash("true"));
      await run.heard("ready");
      run.go(inMs);
      assert.equal((await run.heard("error")).cause, cause);
    }
    const early = call(t, dialer, agent.address);
    early.go(100);
    assert.equal((await early.heard("error")).cause, "protocol");
  });

  test("silence has its limits: before START, and when it is ready", async (t) => {
    const agent = await startAgent(t, bench, [...openAgent, "--start-timeout", "300ms", "--ready-timeout", "300ms"]);
    const dialer = plainDialer(t);
    const silent = call(t, dialer, agent.address);
    assert.equal((await silent.heard("error")).cause, "no_start");
    const ready = call(t, dialer, agent.address);
    ready.start(bash("true"));
    assert.equal((await ready.heard("error")).cause, "ready_timeout");
  });

  test("preparing has its limit, and is ended then", async (t) => {
    const agent = await startAgent(t, bench, [...openAgent, "--prepare-timeout", "400ms"]);
    const file = bench.fresh("pid");
    const run = call(t, plainDialer(t), agent.address);
    run.start(bash("true", { prepare: { command: ["bash", "-c", `echo $$ > ${file}; sleep 1000`] } }));
    const pid = await pidIn(file);
    assert.equal((await run.heard("error")).cause, "prepare_timeout");
    assert.equal(startTicks(pid), null);
  });
});

test("pings are answered within 100 ms while reports come every millisecond", async (t) => {
  const agent = await startAgent(t, bench, [...openAgent, "--report-interval", "1ms"]);
  const run = call(t, plainDialer(t), agent.address);
  run.start(bash("while sleep 0.01; do echo n=1; done", { metrics: { n: { line: "n={}", take: "sum" } } }));
  await run.heard("ready");
  run.go(50);
  await run.heard("running");
  const tookMs: number[] = [];
  for (let id = 1n; id <= 100n; id += 1n) {
    const before = performance.now();
    run.stream.send({ kind: "ping", id, sentNs: 0n });
    while (run.of("pong").at(-1)?.id !== id) await sleep(1);
    tookMs.push(performance.now() - before);
  }
  run.stream.send({ kind: "abort", reason: "enough" });
  await run.heard("aborted");
  tookMs.sort((a, b) => a - b);
  assert.ok((tookMs[98] ?? 0) < scaled(100), `p99 is ${tookMs[98]} ms`);
  assert.deepEqual(sequencesOf(run.messages), upTo(run.messages.length));
});

expectNoLeftovers(bench);
