/**
 * A controller and three agents, real processes in network namespaces of their own, with delay, loss and partitions between
 * them. The clocks of two agents pretend to be 10 s wrong, in both directions; that of the machine is the truth.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { before, test } from "node:test";
import { openBench } from "../shared/bench.ts";
import type { FleetRan, StartedFleet, TestAgent } from "../shared/fleet-bench.ts";
import { endAgents, fleetFile, ms, startAgent, startFleet } from "../shared/fleet-bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import type { Frames, Network, Weather } from "../shared/network.ts";
import { openNetwork } from "../shared/network.ts";
import { startTicks } from "../shared/processes.ts";
import type { Reason } from "../shared/requires.ts";
import { requires } from "../shared/requires.ts";
import { scaled, sleep, until } from "../shared/timing.ts";

const bench = openBench();
const agents: TestAgent[] = [];
/** How far the clock of each agent pretends to be ahead. Agents are hosts 1 to 3, the controller is host 0. */
const aheadMs = [10_000, -10_000, 0] as const;
const calm: Weather = { delayMs: [0, 0], jitterMs: 0, loss: 0, cut: false };
let network: Network | null = null;
let whyNone: Reason = null;

before(async () => {
  const opened = await openNetwork(bench, aheadMs.length + 1);
  if (typeof opened === "string") {
    whyNone = opened;
    return;
  }
  network = opened;
  const starting = aheadMs.map((ahead, at) => {
    const { address, wrap } = opened.hosts[at + 1] ?? { address: "", wrap: [] };
    return startAgent(bench, ["--listen", `${address}:7167`, "--clock-offset", `${ahead}ms`], { wrap });
  });
  agents.push(...(await Promise.all(starting)));
});

/** The network, with this weather around its hosts until the test is over; null: there is none, and the test is skipped. */
async function networkWith(t: TestContext, weathers: Readonly<Record<number, Weather>> = {}): Promise<Network | null> {
  const opened = network;
  if (!requires(t, whyNone) || opened === null) return null;
  t.after(async () => {
    for (const host of opened.hosts.keys()) await opened.change(host, calm);
  });
  for (const [host, weather] of Object.entries(weathers)) await opened.change(Number(host), weather);
  return opened;
}

/** Frames since the network is there. */
const frames = (on: Network): Promise<Frames> => on.change(0, {});

/** Starts a run by the controller's host. */
function start(
  on: Network,
  rest: Readonly<Record<string, unknown>>,
  own: readonly (object | null)[] = [],
): StartedFleet {
  const all = agents.map((agent, at) => ({ address: agent.address, ...(own[at] && { workload: own[at] }) }));
  const { timeouts = {}, ...others } = rest as { readonly timeouts?: object };
  const patient = { start_delay: ms(2000), ...timeouts };
  const file = fleetFile(bench, [], { agents: all, security: { insecure: true }, timeouts: patient, ...others });
  return startFleet(bench, file, [], { wrap: on.hosts[0]?.wrap ?? [], limitMs: 120_000 });
}

const seconds = (count: number) => ({ command: ["/bin/sleep", String(count)] });
const isCollecting = (started: StartedFleet, agent: number): boolean =>
  started.err().includes(`agent-${agent} start_sent -> collecting`);
const allCollect = (started: StartedFleet): boolean => agents.every((_, at) => isCollecting(started, at + 1));
const causesOf = ({ status_: told }: FleetRan) => told.agents.map(({ failure }) => failure?.cause ?? null);
const load = (rate: number, durationMs: number) => ({
  load: { memory: { size: "1M" }, rate, duration: ms(durationMs), concurrency: 4 },
});
/** Operations that each agent has done, or failed to. */
const operationsOf = ({ status_: told }: FleetRan) => told.agents.map(({ operations, errors }) => operations + errors);

/** A workload that says its pid and goes on. */
function endless(): { readonly workload: object; readonly pid: () => number } {
  const file = bench.fresh("pid");
  const pid = (): number => (existsSync(file) ? Number(readFileSync(file, "utf8")) : 0);
  return { workload: { command: ["/bin/sh", "-c", `echo $$ > ${file}; exec sleep 1000`] }, pid };
}

test("clocks 10 s wrong begin together, and the bound is honest where only one direction has a delay of 100 ms", async (t) => {
  // What an exchange of pings cannot see is how its way is divided: half of it is the bound.
  const on = await networkWith(t, { 1: { delayMs: [100, 0] }, 2: { delayMs: [0, 100] }, 3: { delayMs: [50, 50] } });
  if (on === null) return;
  const stamps = bench.fresh("stamps");
  mkdirSync(stamps);
  const workload = { command: ["/bin/sh", "-c", `date +%s%N > ${stamps}/{agent}; sleep 1`] };
  const { status, status_: told, err } = await start(on, { workload }).finished;
  assert.equal(status, 0, err);
  const startMs = Date.parse(told.start_at ?? "");
  for (const [at, agent] of told.agents.entries()) {
    const { agent_id: id, clock_offset_ms: offsetMs, clock_error_ms: errorMs, start_late_us: lateUs } = agent;
    assert.ok(offsetMs !== null && errorMs !== null && lateUs !== null);
    assert.ok(
      errorMs >= 50 && Math.abs(offsetMs - (aheadMs[at] ?? 0)) <= errorMs + 1,
      `${id}: ${offsetMs} ± ${errorMs}`,
    );
    // When its program ran by the machine's clock, which is the controller's: at the moment or later, as it has told.
    const ranMs = Number(readFileSync(`${stamps}/${id}`, "utf8")) / 1e6 - startMs;
    t.diagnostic(`${id} ran ${ranMs.toFixed(3)} ms after the start, tells ${(lateUs / 1000).toFixed(3)} ± ${errorMs}`);
    assert.ok(ranMs >= lateUs / 1000 - errorMs - 1 && ranMs >= -errorMs - 1, `${id} ran ${ranMs} ms after the start`);
    assert.ok(ranMs <= errorMs + scaled(1000), `${id} ran ${ranMs} ms after the start`);
  }
  const { start_skew: skew } = told;
  assert.ok(
    skew !== null && skew.agents === 3 && skew.error_us >= 100_000 && skew.spread_us < 1e6,
    JSON.stringify(skew),
  );
  t.diagnostic(`they began within ${skew.spread_us.toFixed(0)} ± ${skew.error_us.toFixed(0)} us`);
  assert.deepEqual(
    told.warnings
      .filter((line) => line.includes("clock"))
      .map((line) => line.replace(/\d+ ms/, "N ms"))
      .toSorted(),
    [
      "WARNING: agent-1: its clock is N ms ahead of the controller's",
      "WARNING: agent-2: its clock is N ms behind the controller's",
    ],
  );
});

test("a network that loses a twentieth of its frames and confuses their order delays, and nothing is missed", async (t) => {
  const bad: Weather = { delayMs: [5, 5], jitterMs: 10, loss: 0.05 };
  const on = await networkWith(t, { 1: bad, 2: bad, 3: bad });
  if (on === null) return;
  const before = await frames(on);
  const ran = await start(on, { workload: load(200, 4000), timeouts: { connect: ms(20_000) } }).finished;
  assert.equal(ran.status, 0, ran.err);
  const { lost } = await frames(on);
  assert.ok(lost > before.lost, "no frame was lost");
  assert.deepEqual(
    operationsOf(ran),
    [1, 2, 3].map(() => (200 * scaled(4000)) / 1000),
  );
  assert.deepEqual(
    ran.status_.agents.map(({ missed_messages: missed }) => missed),
    [0, 0, 0],
  );
});

test("a partition that is shorter than the limits is survived, and what was done meanwhile is counted", async (t) => {
  const on = await networkWith(t);
  if (on === null) return;
  const before = await frames(on);
  const timeouts = { silence: ms(2000), ping: ms(3000), pings: 3 };
  const started = start(on, { workload: load(100, 6000), timeouts });
  await until("all work", () => allCollect(started));
  await on.change(1, { cut: true });
  await sleep(scaled(2500));
  const { cut } = await on.change(1, { cut: false });
  assert.ok(cut > before.cut, "nothing was cut off");
  const ran = await started.finished;
  assert.deepEqual([ran.status, causesOf(ran)], [0, [null, null, null]], ran.err);
  assert.deepEqual(
    operationsOf(ran),
    [1, 2, 3].map(() => (100 * scaled(6000)) / 1000),
  );
  assert.equal(ran.status_.agents[0]?.missed_messages, 0);
});

test("a partition that is longer ends the agent's part: the others complete, it stops by itself, and is free when it is back", async (t) => {
  const on = await networkWith(t);
  if (on === null) return;
  const { workload, pid } = endless();
  const timeouts = { silence: ms(1000), ping: ms(500), pings: 3 };
  const started = start(on, { workload: seconds(scaled(6000) / 1000), timeouts }, [workload]);
  await until("all work", () => allCollect(started) && pid() !== 0);
  await on.change(1, { cut: true });
  const ran = await started.finished;
  assert.deepEqual([ran.status, causesOf(ran)], [2, ["silent", null, null]], ran.err);
  assert.match(
    ran.text("STATUS.txt"),
    /agent-1 failed \d.* after the start while collecting \(silent\): it did not answer/,
  );
  assert.ok(startTicks(pid()) !== null, "the agent has heard of it");
  // The connection's own sign of life, every 30 s, has 10 s for its answer.
  await until("the workload has ended", () => startTicks(pid()) === null, 60_000);
  assert.match(agents[0]?.started.err() ?? "", /"to":"error","why":"the controller is lost: /);
  await on.change(1, { cut: false });
  const next = await start(on, { workload: seconds(0) }).finished;
  assert.equal(next.status, 0, next.err);
});

test("an agent from which nothing comes back is tried for its time, and ends the run for all with 4", async (t) => {
  const on = await networkWith(t, { 2: { cut: true } });
  if (on === null) return;
  const marker = bench.fresh("ran");
  const timeouts = { connect: ms(700), retry: [ms(100), ms(200), ms(400)] };
  const ran = await start(on, { workload: { command: ["/usr/bin/touch", marker] }, timeouts }).finished;
  const { status_: told } = ran;
  assert.deepEqual(
    [ran.status, told.outcome, causesOf(ran)],
    [4, "unreachable", ["aborted", "unreachable", "aborted"]],
  );
  assert.equal(told.agents[1]?.attempts, 4);
  assert.match(told.why, /^agent-2 failed before the start: no answer within \d+ ms, at the last of 4 attempts$/);
  assert.equal(existsSync(marker), false);
});

test("Ctrl-C does not wait longer than its limit for an agent that is cut off, and ends all others at once", async (t) => {
  const on = await networkWith(t);
  if (on === null) return;
  const works = agents.map(endless);
  const started = start(
    on,
    { timeouts: { abort: ms(1500) } },
    works.map(({ workload }) => workload),
  );
  await until("all work", () => allCollect(started) && works.every(({ pid }) => pid() !== 0));
  await on.change(3, { cut: true });
  started.kill("SIGINT");
  const ran = await started.finished;
  assert.deepEqual([ran.status, causesOf(ran)], [3, ["aborted", "aborted", "aborted"]]);
  assert.equal(ran.status_.agents[2]?.failure?.message, "it had not ended when the run did");
  assert.deepEqual(
    works.map(({ pid }) => startTicks(pid()) === null),
    [true, true, false],
  );
  assert.match(ran.text("STATUS.txt"), /^TEST STATUS: FAILURE\nOutcome: aborted \(exit status 3\)/);
  await on.change(3, { cut: false });
  await until("the third has heard of it", () => startTicks(works[2]?.pid() ?? 0) === null, 60_000);
});

test("a way of two seconds is no failure, and is told", async (t) => {
  const on = await networkWith(t, { 3: { delayMs: [1000, 1000] } });
  if (on === null) return;
  const timeouts = { connect: ms(20_000), start_delay: ms(3000), clock_probes: 2 };
  const ran = await start(on, { workload: seconds(1), timeouts }).finished;
  assert.equal(ran.status, 0, ran.err);
  assert.ok(
    ran.status_.warnings.some((line) =>
      /^WARNING: agent-3: its answers take 2\d{3} ms: its start may be off/.test(line),
    ),
    ran.status_.warnings.join("\n"),
  );
});

test("an order to begin that comes too late is refused by its agent, and the others go on without it", async (t) => {
  const on = await networkWith(t);
  if (on === null) return;
  const workload = { ...seconds(1), prepare: { command: ["/bin/sleep", String(scaled(2000) / 1000)] } };
  const started = start(on, { workload, timeouts: { start_delay: ms(1000), clock_probes: 1 } });
  await until("all prepare", () =>
    agents.every((_, at) => started.err().includes(`agent-${at + 1} connecting -> config_sent`)),
  );
  await on.change(3, { delayMs: [0, scaled(3000)] });
  const ran = await started.finished;
  assert.deepEqual([ran.status, causesOf(ran)], [2, [null, null, "start_past"]], ran.err);
  assert.match(ran.status_.agents[2]?.failure?.message ?? "", /^the start was \d+ ms ago by this agent's clock$/);
});

test("an agent that goes to its controller over a bad network runs there, and comes again after a partition", async (t) => {
  const on = await networkWith(t, { 3: { delayMs: [20, 20], jitterMs: 10, loss: 0.05 } });
  const [controller, host] = [on?.hosts[0], on?.hosts[3]];
  if (on === null || controller === undefined || host === undefined) return;
  const gate = `${controller.address}:7300`;
  const joined = bench.start(["agent", "--join", gate, "--name", "behind", "--insecure", "--allow-all"], {
    wrap: host.wrap,
    limitMs: 300_000,
  });
  t.after(() => {
    joined.kill("SIGTERM");
    return joined.ended;
  });
  const begin = (workload: object): StartedFleet => {
    const timeouts = { start_delay: ms(2000), connect: ms(60_000), silence: ms(1000), ping: ms(1000), pings: 3 };
    const file = fleetFile(bench, [{ address: "behind" }], { workload, timeouts });
    return startFleet(bench, file, ["--gate", gate, "--insecure"], { wrap: controller.wrap, limitMs: 120_000 });
  };
  const good = await begin(seconds(1)).finished;
  assert.equal(good.status, 0, good.err);
  const { workload, pid } = endless();
  const started = begin(workload);
  await until("it works", () => pid() !== 0 && isCollecting(started, 1), 60_000);
  await on.change(3, { cut: true });
  const ran = await started.finished;
  assert.deepEqual([ran.status, causesOf(ran)], [1, ["silent"]], ran.err);
  await on.change(3, { cut: false });
  await until("its workload has ended", () => startTicks(pid()) === null, 60_000);
  const again = await begin(seconds(0)).finished;
  assert.equal(again.status, 0, again.err);
});

test("agents end when they are told to, and their network with them", async () => {
  await endAgents(agents);
  for (const { started } of agents) assert.equal((await started.ended).status, 0);
  await network?.close();
});

expectNoLeftovers(bench);
