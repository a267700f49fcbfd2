/** Agents that go to their controller, and `corral fleet ping`, on real processes. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { describe, test } from "node:test";
import type { PingDocument } from "../../src/fleet/ping/index.ts";
import { openGate } from "../../src/fleet/transport/grpc/index.ts";
import type { AgentGate } from "../../src/fleet/transport/index.ts";
import { parseHostAddress, readSecurity, transportLimits } from "../../src/fleet/transport/index.ts";
import { openBench } from "../shared/bench.ts";
import { call, openAgent, startAgent } from "../shared/fleet.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();
const token = bench.fresh("token");
writeFileSync(token, "correct-horse-battery-staple", { mode: 0o600 });
const isTrue = JSON.stringify({ command: ["true"] });

async function gateOn(t: TestContext, port = 0): Promise<AgentGate> {
  const security = readSecurity({ tokenFile: token });
  const address = parseHostAddress(`127.0.0.1:${port}`);
  const gate = await openGate({ address, security, limits: transportLimits });
  t.after(() => gate[Symbol.asyncDispose]());
  return gate;
}

const joining = (gate: AgentGate, name: string): string[] => ["--join", gate.address, "--name", name, "--allow-all"];

describe("agents that go to their controller", () => {
  test("wait there, answer, run, and come again", async (t) => {
    const gate = await gateOn(t);
    const agents = ["web-1", "web-2"].map((name) =>
      startAgent(t, bench, [...joining(gate, name), "--token-file", token]),
    );
    assert.equal((await Promise.all(agents))[0]?.address, gate.address);
    const waiting = await gate.whenWaiting(2);
    assert.deepEqual(
      waiting.map(({ name, capabilities }) => [name, ...capabilities]),
      [
        ["web-1", "command", "scenario", "load"],
        ["web-2", "command", "scenario", "load"],
      ],
    );
    const { receivedNs } = await gate.ping("web-1");
    assert.ok(Math.abs(Number(receivedNs / 1_000_000n) - Date.now()) < 60_000);
    for (let round = 0; round < 3; round += 1) {
      const runs = ["web-1", "web-2"].map((name) => call(t, gate, name));
      for (const run of runs) assert.equal((await run.run(isTrue)).at(-1)?.kind, "completed");
      for (const run of runs) assert.deepEqual(Number(run.messages[0]?.sequence), 1);
    }
  });

  test("are waited for by a run that is there first", async (t) => {
    const gate = await gateOn(t);
    const run = call(t, gate, "late");
    run.start(isTrue);
    await startAgent(t, bench, [...joining(gate, "late"), "--token-file", token]);
    await run.heard("ready");
    run.go(100);
    assert.equal((await run.heard("completed")).kind, "completed");
  });

  test("do not get in without the token, and try again until there is a controller", async (t) => {
    const gate = await gateOn(t);
    const port = Number(gate.address.split(":").at(-1));
    const stranger = await startAgent(t, bench, joining(gate, "stranger"));
    await until("it is sent away", () => stranger.log().some(({ code }) => code === "FLEET_DENIED"));
    assert.deepEqual(gate.waiting(), []);
    const early = await startAgent(t, bench, [...joining(gate, "early"), "--token-file", token]);
    await gate.whenWaiting(1);
    await gate[Symbol.asyncDispose]();
    await until("it is away", () => early.log().some(({ event }) => event === "away"));
    const second = await gateOn(t, port);
    await second.whenWaiting(1);
    assert.equal((await call(t, second, "early").run(isTrue)).at(-1)?.kind, "completed");
  });
});

describe("corral fleet ping", () => {
  test("tells version, abilities, state and clock of each, and who does not answer", async (t) => {
    const [even, ahead] = await Promise.all([
      startAgent(t, bench, [...openAgent]),
      startAgent(t, bench, [...openAgent, "--clock-offset", "10s"]),
    ]);
    const agents = [even.address, ahead.address, "127.0.0.1:1"].join(",");
    const { status, out } = await bench.corral(["fleet", "ping", "--agents", agents, "--json"]);
    assert.equal(status, 4);
    const { schema, agents: answers } = JSON.parse(out) as PingDocument;
    assert.equal(schema, "corral.fleet-ping/1");
    assert.deepEqual(
      answers.map(({ agent, reachable, state, error }) => [agent, reachable, state, error?.code ?? null]),
      [
        [even.address, true, "idle", null],
        [ahead.address, true, "idle", null],
        ["127.0.0.1:1", false, null, "FLEET_UNREACHABLE"],
      ],
    );
    for (const [at, wantedUs] of [
      [0, 0],
      [1, 10_000_000],
    ] as const) {
      const { clock_offset_us: offset, clock_error_us: error } = answers[at] ?? {};
      assert.ok(offset != null && error != null);
      // Both sides read their clocks to some microseconds.
      assert.ok(Math.abs(offset - wantedUs) <= error + 200, `${offset} ± ${error}`);
    }
  });

  test("prints a table, and says what it needs", async (t) => {
    const agent = await startAgent(t, bench);
    const good = await bench.corral(["fleet", "ping", "--agents", agent.address]);
    assert.equal(good.status, 0);
    const [head, row] = good.out.split("\n");
    assert.match(head ?? "", /^AGENT +VERSION +STATE +CLOCK MS +± MS +RTT MS +CAN RUN$/);
    assert.match(
      row ?? "",
      /^127\.0\.0\.1:\d+ +\d+\.\d+\.\d+ +idle +-?\d+\.\d{3} +\d+\.\d{3} +\d+\.\d{3} +command,scenario,load$/,
    );
    const bad = await bench.corral(["fleet", "ping"]);
    assert.deepEqual(
      [bad.status, bad.err],
      [2, "[corral] --agents names the agents to ask; give --agents HOST:PORT,HOST:PORT\n"],
    );
  });
});

test("an agent says what is wrong with its port", async (t) => {
  const agent = await startAgent(t, bench);
  const { status, err } = await bench.corral(["agent", ...openAgent, "--listen", agent.address]);
  assert.equal(status, 125);
  assert.match(err, /cannot listen on 127\.0\.0\.1:\d+: EADDRINUSE; choose another address/);
});

expectNoLeftovers(bench);
