import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { before, test } from "node:test";
import { openBench } from "../shared/bench.ts";
import type { StartedFleet, TestAgent } from "../shared/fleet-bench.ts";
import { endAgents, fleetFile, ms, runFleet, startAgent, startAgents, startFleet } from "../shared/fleet-bench.ts";
import { fleetWire } from "../shared/fleet-wire.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { capability, requires } from "../shared/requires.ts";
import { scaled, until } from "../shared/timing.ts";

const bench = openBench();
const agents: TestAgent[] = [];
before(async () => void agents.push(...(await startAgents(bench, 2))));

/** Workloads that are known by their sleep. */
const seconds = (count: number) => ({ command: ["/bin/sleep", String(count)] });
const isCollecting = (started: StartedFleet, agent: number): boolean =>
  started.err().includes(`agent-${agent} start_sent -> collecting`);
const patient = { silence: ms(1000), ping: ms(500), pings: 3 };
/** Longer than the death of an agent may not be known. */
const outlivingSec = (scaled(4000) + fleetWire().lossMs) / 1000;

test("Ctrl-C ends everything on all agents within 5 s with 3, and what was done is kept", async () => {
  const started = startFleet(bench, fleetFile(bench, agents, { workload: seconds(600) }));
  await until("both work", () => isCollecting(started, 1) && isCollecting(started, 2));
  const beganMs = performance.now();
  started.kill("SIGINT");
  const { status, status_: told, text } = await started.finished;
  const tookMs = performance.now() - beganMs;
  assert.deepEqual([status, told.outcome, told.why], [3, "aborted", "the user has ended it"]);
  assert.ok(tookMs < scaled(6000), `it took ${tookMs} ms`);
  assert.deepEqual(
    told.agents.map(({ failure }) => failure?.cause),
    ["aborted", "aborted"],
  );
  assert.deepEqual(JSON.parse(text("status.json")), told);
  assert.match(text("STATUS.txt"), /^TEST STATUS: FAILURE\nOutcome: aborted \(exit status 3\)/);
  assert.equal((await runFleet(bench, fleetFile(bench, agents, { workload: seconds(0) }))).status, 0);
});

test("a second Ctrl-C waits for nobody", async (t) => {
  const hung = await startAgent(bench);
  t.after(() => endAgents([hung]));
  const started = startFleet(bench, fleetFile(bench, [...agents, hung], { workload: seconds(600) }));
  await until("all work", () => [1, 2, 3].every((agent) => isCollecting(started, agent)));
  hung.started.kill("SIGSTOP");
  const beganMs = performance.now();
  started.kill("SIGINT");
  await until("the first is heard", () => started.err().includes("-> ending"));
  started.kill("SIGINT");
  const { status } = await started.finished;
  const tookMs = performance.now() - beganMs;
  assert.equal(status, 3);
  assert.ok(tookMs < scaled(3000), `it took ${tookMs} ms`);
});

test("an agent that is killed while it works has failed at once, and the others complete: 2", async () => {
  const victim = await startAgent(bench);
  const started = startFleet(bench, fleetFile(bench, [...agents, victim], { workload: seconds(outlivingSec) }));
  await until("it works", () => isCollecting(started, 3));
  victim.started.kill("SIGKILL");
  await victim.started.ended;
  const { status, status_: told, text } = await started.finished;
  assert.deepEqual([status, told.agents_completed], [2, 2]);
  const failure = told.agents[2]?.failure;
  assert.deepEqual([failure?.cause, failure?.during], ["lost", "collecting"]);
  assert.ok((failure?.after_start_sec ?? -1) >= 0 && (failure?.after_start_sec ?? 1e9) < outlivingSec);
  assert.match(text("STATUS.txt"), /agent-3 failed \d.* after the start while collecting \(lost\): /);
});

test("an agent that hangs while it works is asked three times and has failed then, and the others complete: 2", async (t) => {
  const hung = await startAgent(bench);
  t.after(() => endAgents([hung]));
  const file = fleetFile(bench, [...agents, hung], { workload: seconds(scaled(7000) / 1000), timeouts: patient });
  const started = startFleet(bench, file);
  await until("it works", () => isCollecting(started, 3));
  hung.started.kill("SIGSTOP");
  const { status, status_: told } = await started.finished;
  assert.deepEqual([status, told.agents_completed, told.agents[2]?.failure?.cause], [2, 2, "silent"]);
  assert.match(told.agents[2]?.failure?.message ?? "", /^it did not answer 3 pings within \d+ ms each$/);
});

test("an agent that dies while it prepares ends the run for all", async () => {
  const victim = await startAgent(bench);
  const marker = bench.fresh("ran");
  const slow = { prepare: { command: ["/bin/sleep", "600"] } };
  const file = fleetFile(bench, [...agents, { address: victim.address, workload: slow }], {
    workload: { command: ["/usr/bin/touch", marker] },
  });
  const started = startFleet(bench, file);
  await until("it prepares", () => started.err().includes("agent-3 connecting -> config_sent"));
  victim.started.kill("SIGKILL");
  await victim.started.ended;
  const { status, status_: told } = await started.finished;
  assert.deepEqual([status, told.outcome, told.agents[2]?.failure?.cause], [1, "failed", "lost"]);
  assert.equal(existsSync(marker), false);
});

test("an agent that comes late is picked up by another attempt", async (t) => {
  const early = await startAgent(bench);
  await endAgents([early]);
  const file = fleetFile(bench, [...agents, { address: early.address }], { workload: seconds(0) });
  const started = startFleet(bench, file);
  await until("the first attempt has failed", () => started.err().includes("attempt 1 to connect failed"));
  const late = await startAgent(bench, fleetWire().agentFlags(early.address));
  t.after(() => endAgents([late]));
  const { status, status_: told } = await started.finished;
  assert.equal(status, 0);
  assert.ok((told.agents[2]?.attempts ?? 0) > 1);
});

test("the death of the controller ends what it had begun, and agents are free for the next", async () => {
  const started = startFleet(bench, fleetFile(bench, agents, { workload: seconds(601) }));
  await until("both work", () => isCollecting(started, 1) && isCollecting(started, 2));
  started.kill("SIGKILL");
  await started.ended;
  await until("the work has ended", async () => {
    const { status } = await runFleet(bench, fleetFile(bench, agents, { workload: seconds(0) }));
    return status === 0;
  });
});

test("a disk that takes no results is told, with a status on stdout and an exit status that is not 0", async (t) => {
  if (!requires(t, capability("CAP_SYS_ADMIN"))) return;
  const small = bench.fresh("small");
  const file = fleetFile(bench, agents, { workload: seconds(0) });
  const script = 'mkdir "$0" && mount -t tmpfs -o size=4k,nr_inodes=8 none "$0" && exec "$@"';
  const { status, out, err } = await bench.corral(
    ["fleet", "run", "--config", file, "--results", small, ...fleetWire().controllerFlags],
    {
      wrap: ["unshare", "-m", "sh", "-c", script, small],
      limitMs: 60_000,
    },
  );
  assert.equal(status, 125);
  assert.match(err, /cannot write results to .*: ENOSPC/);
  assert.match(out, /^TEST STATUS: SUCCESS\nOutcome: completed/);
  assert.deepEqual(readdirSync(small), []);
});

test("agents end when they are told to", async () => {
  await endAgents(agents);
  assert.deepEqual(
    await Promise.all(agents.map(async ({ started }) => (await started.ended).status)),
    agents.map(() => 0),
  );
});

expectNoLeftovers(bench);
