/** Agents that pause, idle, clean up, run out of memory, die with most others, or are called twice: on loopback. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { before, describe, test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { call, openAgent, plainDialer, startAgent as startWatched } from "../shared/fleet.ts";
import type { FleetRan, StartedFleet, TestAgent } from "../shared/fleet-bench.ts";
import { endAgents, fleetFile, ms, runFleet, startAgent, startAgents, startFleet } from "../shared/fleet-bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { controller, requires } from "../shared/requires.ts";
import { scaled, sleep, until } from "../shared/timing.ts";

const bench = openBench();
const agents: TestAgent[] = [];
before(async () => void agents.push(...(await startAgents(bench, 3))));

const bash = (script: string, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ command: ["bash", "-c", script], ...more });
const isTrue = JSON.stringify({ command: ["/bin/true"] });
const seconds = (count: number) => ({ command: ["/bin/sleep", String(count)] });
const load = (rate: number, durationMs: number) => ({
  load: { memory: { size: "1M" }, rate, duration: ms(durationMs), concurrency: 4 },
});
const causesOf = ({ status_: told }: FleetRan) => told.agents.map(({ failure }) => failure?.cause ?? null);
const isCollecting = (started: StartedFleet, agent: number): boolean =>
  started.err().includes(`agent-${agent} start_sent -> collecting`);

/** An agent of this test's, which ends with it. */
async function ownAgent(t: TestContext, flags: readonly string[] = []): Promise<TestAgent> {
  const agent = await startAgent(bench, flags);
  t.after(() => endAgents([agent]));
  return agent;
}

test("an agent that nobody calls has no limit: it is there after all of them are over", async (t) => {
  const limits = ["--start-timeout", "100ms", "--ready-timeout", "5s", "--prepare-timeout", "5s"];
  const agent = await startWatched(t, bench, [...openAgent, ...limits]);
  await sleep(scaled(1000));
  const messages = await call(t, plainDialer(t), agent.address).run(isTrue);
  assert.equal(messages.at(-1)?.kind, "completed");
  assert.equal(
    agent.log().some(({ to }) => to === "error"),
    false,
  );
});

test("an abort while it cleans up lets it finish that, and has one last word", async (t) => {
  const agent = await startWatched(t, bench);
  const dialer = plainDialer(t);
  const file = bench.fresh("cleaned");
  const run = call(t, dialer, agent.address);
  const cleanup = { command: ["bash", "-c", `echo begun >> ${file}; sleep 1; echo done >> ${file}`] };
  run.start(bash("true", { cleanup }));
  await run.heard("ready");
  run.go(20);
  await until("it cleans up", () => existsSync(file));
  run.stream.send({ kind: "abort", reason: "enough" });
  await run.heard("aborted");
  assert.equal(await run.over(), null);
  assert.equal(run.kinds().filter((kind) => kind === "aborted" || kind === "completed").length, 1);
  await until("it is clean", () => readFileSync(file, "utf8") === "begun\ndone\n");
  assert.equal((await call(t, dialer, agent.address).run(isTrue)).at(-1)?.kind, "completed");
});

test("pings are answered while a load is prepared, and its progress never goes back", async (t) => {
  const agent = await startWatched(t, bench);
  const run = call(t, plainDialer(t), agent.address);
  const file = { path: bench.fresh("files"), files: 5000 };
  run.start(JSON.stringify({ load: { file, size: "4K", duration: "100ms", concurrency: 2 } }));
  for (let id = 1n; run.of("ready").length === 0; id += 1n) {
    run.stream.send({ kind: "ping", id, sentNs: 0n });
    await until("it answers, or is ready", () => run.of("pong").at(-1)?.id === id || run.of("ready").length > 0);
  }
  const kinds = run.kinds();
  assert.ok(kinds.slice(0, kinds.indexOf("ready")).filter((kind) => kind === "pong").length >= 3, kinds.join());
  const done = run.of("preparing").map((one) => Number(one.done));
  assert.deepEqual(
    done,
    done.toSorted((one, other) => one - other),
  );
  run.stream.send({ kind: "abort", reason: "enough" });
  await run.heard("aborted");
});

test("a workload that runs out of its memory has failed, and says so; its agent has the next", async (t) => {
  if (!requires(t, controller("memory"))) return;
  const limits = { "memory-limit": "32M", "swap-max": "0" };
  const hog = { command: ["/bin/bash", "-c", "x=$(head -c 300M /dev/zero | tr '\\0' x); echo $x | wc -c"], limits };
  const ran = await runFleet(bench, fleetFile(bench, agents.slice(0, 1), { workload: hog }));
  assert.deepEqual([ran.status, causesOf(ran)], [1, ["workload_failed"]]);
  assert.match(ran.status_.agents[0]?.failure?.message ?? "", /^\/\S*\/bash was killed by SIGKILL \(oom\)/);
  assert.equal((await runFleet(bench, fleetFile(bench, agents, { workload: seconds(0) }))).status, 0);
});

test("a run that goes well says nothing odd on either side", async (t) => {
  const own = await Promise.all([ownAgent(t), ownAgent(t)]);
  const ran = await runFleet(bench, fleetFile(bench, own, { workload: load(100, 2000) }));
  assert.deepEqual([ran.status, ran.status_.warnings, ran.warnings], [0, [], []], ran.err);
  for (const { started } of own) {
    const events = started
      .err()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string; to?: string });
    assert.deepEqual(
      events.flatMap(({ event, to }) => (event === "state" ? [to] : [event])),
      ["opened", "preparing", "ready", "waiting", "running", "completed", "ended"],
    );
  }
});

test("an agent that stands still for less than its limits goes on, and nothing is missed", async (t) => {
  const paused = await ownAgent(t);
  const timeouts = { silence: ms(1000), ping: ms(3000), pings: 3 };
  const file = fleetFile(bench, [paused, ...agents.slice(0, 1)], { workload: load(100, 5000), timeouts });
  const started = startFleet(bench, file);
  await until("both work", () => isCollecting(started, 1) && isCollecting(started, 2));
  paused.started.kill("SIGSTOP");
  await sleep(scaled(2500));
  paused.started.kill("SIGCONT");
  const ran = await started.finished;
  assert.deepEqual([ran.status, causesOf(ran)], [0, [null, null]], ran.err);
  const [agent] = ran.status_.agents;
  assert.deepEqual(
    [(agent?.operations ?? 0) + (agent?.errors ?? 0), agent?.missed_messages],
    [(100 * scaled(5000)) / 1000, 0],
  );
});

describe("the death of most agents of a run", () => {
  for (const [rule, status, outcome] of [
    [1, 2, "partial"],
    ["50%", 1, "failed"],
  ] as const)
    test(`with min_agents ${rule} makes it ${outcome}: ${status}`, async (t) => {
      const victims = await Promise.all([startAgent(bench), startAgent(bench)]);
      const [survivor] = agents;
      assert.ok(survivor !== undefined);
      const workload = load(100, 5000);
      const started = startFleet(bench, fleetFile(bench, [...victims, survivor], { workload, min_agents: rule }));
      await until("all work", () => [1, 2, 3].every((agent) => isCollecting(started, agent)));
      for (const { started: victim } of victims) {
        victim.kill("SIGKILL");
        await victim.ended;
      }
      const ran = await started.finished;
      const { status_: told } = ran;
      assert.deepEqual([ran.status, told.outcome], [status, outcome]);
      assert.deepEqual(causesOf(ran), ["lost", "lost", status === 2 ? null : "aborted"]);
      for (const { failure } of told.agents.slice(0, 2)) assert.ok((failure?.after_start_sec ?? -1) >= 0);
      if (status !== 2) {
        assert.equal(told.why, "1 agents are left, of 2 that there must be at least");
        return;
      }
      // Nothing of what the others suffered is seen in the work of the one that is left.
      const [, , left] = told.agents;
      assert.equal((left?.operations ?? 0) + (left?.errors ?? 0), (100 * scaled(5000)) / 1000);
      assert.deepEqual(ran.results("workload_results.json").agents, ["agent-3"]);
      t.diagnostic(`errors of the one that is left: ${left?.errors}`);
    });
});

test("one agent under two names runs nothing: both are in the status, and why", async () => {
  const [agent] = agents;
  assert.ok(agent !== undefined);
  const file = fleetFile(bench, [agent, agent], { workload: seconds(0), timeouts: { retry: [ms(100)] } });
  const ran = await runFleet(bench, file);
  assert.notEqual(ran.status, 0);
  const failures = ran.status_.agents.map(({ failure }) => failure);
  assert.ok(
    failures.some((failure) =>
      /it has a run already, (as .*agent-[12]|which is about to begin)/.test(failure?.message ?? ""),
    ),
    JSON.stringify(failures),
  );
  assert.ok(failures.every((failure) => failure !== null && failure.message !== ""));
  assert.equal((await runFleet(bench, fleetFile(bench, agents, { workload: seconds(0) }))).status, 0);
});

test("the time of a workload is its own, however long it prepared", async () => {
  const workload = { ...seconds(600), duration: ms(1000), prepare: { command: ["/bin/sleep", "2"] } };
  const ran = await runFleet(bench, fleetFile(bench, agents, { workload }));
  assert.equal(ran.status, 0, ran.err);
  for (const { wall_sec: wall } of ran.status_.agents)
    assert.ok(wall !== null && wall >= scaled(1000) / 1000, `it ran for ${wall} s`);
});

test("after Ctrl-C nothing is written any more, and the next run begins at once", async (t) => {
  const files = agents.map(() => bench.fresh("moments"));
  const own = agents.map(({ address }, at) => ({
    address,
    workload: { command: ["/bin/bash", "-c", `while :; do echo $EPOCHREALTIME >> ${files[at]}; sleep 0.001; done`] },
  }));
  const started = startFleet(bench, fleetFile(bench, [], { agents: own }));
  await until("all write", () => files.every((file) => existsSync(file)));
  const toldMs = Date.now();
  started.kill("SIGINT");
  assert.equal((await started.finished).status, 3);
  const sizes = (): number[] => files.map((file) => readFileSync(file).length);
  const atTheEnd = sizes();
  assert.equal((await runFleet(bench, fleetFile(bench, agents, { workload: seconds(0) }))).status, 0);
  assert.deepEqual(sizes(), atTheEnd);
  const lastMs = files.map((file) => Number(readFileSync(file, "utf8").trimEnd().split("\n").at(-1)) * 1000 - toldMs);
  t.diagnostic(`the last byte came ${Math.max(...lastMs).toFixed(0)} ms after the signal`);
  assert.ok(Math.max(...lastMs) < scaled(5000), `${lastMs.join()} ms`);
});

test("agents end when they are told to", () => endAgents(agents));

expectNoLeftovers(bench);
