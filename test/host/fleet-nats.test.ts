/** Agents and controllers that meet at a broker: who gets in, who is there, and what lives through the loss of what. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, describe, test } from "node:test";
import { nkeys } from "@nats-io/transport-node";
import type { PingDocument } from "../../src/fleet/ping/index.ts";
import { transportLimits } from "../../src/fleet/transport/index.ts";
import { packageRoot } from "../../src/kernel/index.ts";
import { openBench } from "../shared/bench.ts";
import { makeAuthority } from "../shared/certificates.ts";
import type { RunningAgent } from "../shared/fleet.ts";
import { call, openAgent, startAgent } from "../shared/fleet.ts";
import { fleetFile, runFleet, startFleet } from "../shared/fleet-bench.ts";
import type { FleetWire } from "../shared/fleet-wire.ts";
import { natsWire, useWire } from "../shared/fleet-wire.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import type { NatsServer } from "../shared/nats-server.ts";
import { natsServer, startNatsCluster, startNatsServer } from "../shared/nats-server.ts";
import { program, requires } from "../shared/requires.ts";
import { openTcpProxy } from "../shared/tcp-proxy.ts";
import { sleep, until } from "../shared/timing.ts";

const bench = openBench();
const isTrue = JSON.stringify({ command: ["true"] });
const brokers: NatsServer[] = [];
after(() => Promise.all(brokers.map((one) => one.remove())));

async function brokerOf(settings = ""): Promise<NatsServer> {
  const broker = await startNatsServer(settings);
  brokers.push(broker);
  return broker;
}

/** An agent's log has a line with this code. */
const says = (agent: RunningAgent, code: string): boolean => agent.log().some((line) => line["code"] === code);

describe("who gets in", () => {
  test("is whom the broker knows, by a token, a password or a key, and nobody's secret is told", async (t) => {
    if (!requires(t, natsServer)) return;
    const user = nkeys.createUser();
    const secrets = { token: "correct-horse-battery-staple", password: "hunter2-and-more" };
    const tokens = await brokerOf(`authorization { token: "${secrets.token}" }`);
    const users = await brokerOf(
      `authorization { users: [{ user: "bench", password: "${secrets.password}" }, { nkey: ${user.getPublicKey()} }] }`,
    );
    const seed = bench.fresh("seed");
    writeFileSync(seed, user.getSeed(), { mode: 0o600 });
    const tokenFile = bench.fresh("token");
    writeFileSync(tokenFile, `${secrets.token}\n`, { mode: 0o600 });
    const withPassword = `nats://bench:${secrets.password}@${users.host}`;
    for (const flags of [
      ["--nats", tokens.url, "--token-file", tokenFile],
      ["--nats", `nats://${secrets.token}@${tokens.host}`],
      ["--nats", withPassword],
      ["--nats", users.url, "--nats-creds", seed],
    ]) {
      useWire({ ...natsWire(""), agentFlags: () => [...flags, "--name", "known"] });
      const agent = await startAgent(t, bench, ["--allow-all"]);
      const { status, out, err } = await bench.corral(["fleet", "ping", ...flags, "--expect", "1"]);
      assert.equal(status, 0, err);
      const { err: log, out: said } = await agent.stop();
      for (const text of [out, err, log, said])
        for (const secret of [...Object.values(secrets), readFileSync(seed, "utf8")])
          assert.equal(text.includes(secret), false, text);
    }
  });

  test("is nobody else: an agent goes on trying, and a controller says why", async (t) => {
    if (!requires(t, natsServer)) return;
    const broker = await brokerOf('authorization { token: "correct-horse-battery-staple" }');
    useWire({ ...natsWire(broker.url), placeOf: (_flags, out) => /^going to (\S+)$/m.exec(out)?.[1] });
    const stranger = await startAgent(t, bench, ["--allow-all"]);
    await until("it is not let in", () => says(stranger, "FLEET_DENIED"));
    const { status, out } = await bench.corral(["fleet", "ping", "--nats", broker.url, "--agents", "x", "--json"]);
    const [answer] = (JSON.parse(out) as PingDocument).agents;
    assert.deepEqual([status, answer?.error?.code], [4, "FLEET_DENIED"]);
    const file = fleetFile(bench, [{ address: "x" }], { workload: { command: ["/bin/true"] } });
    const { status: refused, status_: told } = await runFleet(bench, file);
    const [x] = told.agents;
    assert.deepEqual([refused, x?.failure?.cause, x?.attempts], [5, "denied", 1]);
  });

  test("is not everybody: an agent does not stay at a broker that asks nobody, unless it is told to", async (t) => {
    if (!requires(t, natsServer)) return;
    const broker = await brokerOf();
    useWire({ ...natsWire(broker.url), placeOf: (_flags, out) => /^going to (\S+)$/m.exec(out)?.[1] });
    const careful = await startAgent(t, bench, ["--allow-all"]);
    assert.equal(careful.address, broker.url);
    await until("it goes away again", () => says(careful, "FLEET_INSECURE"));
    const { status, err } = await bench.corral(["agent", "--nats", "nats://192.0.2.1", "--insecure", "--join", "a"]);
    assert.deepEqual([status, /--join and --nats are two ways/.test(err)], [2, true]);
    const plain = await bench.corral(["agent", "--nats", "nats://192.0.2.1"]);
    assert.deepEqual([plain.status, /192\.0\.2\.1:4222 would be called in plaintext/.test(plain.err)], [125, true]);
  });

  test("needs the rights that the document tells, and no more", async (t) => {
    if (!requires(t, natsServer)) return;
    const page = readFileSync(path.join(packageRoot(), "docs/fleet-nats.md"), "utf8");
    const rightsOf = (who: string): string => {
      const cells = new RegExp(`^\\| ${who} \\| (.*) \\| (.*) \\|$`, "m").exec(page)?.slice(1) ?? [];
      const [publish, subscribe] = cells.map((cell) => cell.replaceAll("`", '"'));
      return `permissions: { publish: { allow: [${publish}] }, subscribe: { allow: [${subscribe}] } }`;
    };
    const users = ["agent", "controller"].map((who) => `{ user: ${who}, password: x, ${rightsOf(who)} }`).join(", ");
    const broker = await brokerOf(`authorization { users: [${users}] }`);
    const as = (who: string): string => `nats://${who}:x@${broker.host}`;
    const wire = natsWire(broker.url);
    useWire({ ...wire, agentFlags: () => ["--nats", as("agent"), "--name", "web1"] });
    const agent = await startAgent(t, bench, ["--allow-all"]);
    const flags = ["fleet", "run", "--nats", as("controller"), "--expect", "1", "--results", bench.fresh("results")];
    const ran = await bench.corral([...flags, "--start-delay", "1s", "--", "/bin/true"], { limitMs: 60_000 });
    assert.equal(ran.status, 0, ran.err);
    assert.deepEqual(
      agent.log().filter(({ event }) => event === "away"),
      [],
    );
    const going: FleetWire = { ...wire, placeOf: (_flags, out) => /^going to (\S+)$/m.exec(out)?.[1] };
    useWire({ ...going, agentFlags: () => ["--nats", as("agent"), "--name", "web2"] });
    const other = await startAgent(t, bench, ["--allow-all"]);
    await until("it may not be another", () => says(other, "FLEET_DENIED"));
  });

  test("knows the broker by its certificate", async (t) => {
    if (!requires(t, natsServer, program("openssl"))) return;
    const [ours, theirs] = [makeAuthority(bench.fresh("ours"), "ours"), makeAuthority(bench.fresh("theirs"), "theirs")];
    const { certificate, key } = ours.sign("broker");
    const client = ours.sign("bench");
    const broker = await brokerOf(
      `tls { cert_file: "${certificate}", key_file: "${key}", ca_file: "${ours.certificate}", verify: true }`,
    );
    const own = ["--tls-cert", client.certificate, "--tls-key", client.key];
    const trusting = ["--nats", `tls://${broker.host}`, "--tls-ca", ours.certificate, ...own];
    useWire({ ...natsWire(""), agentFlags: () => [...trusting, "--name", "sealed"] });
    await startAgent(t, bench, ["--allow-all"]);
    const good = await bench.corral(["fleet", "ping", ...trusting, "--agents", "sealed"]);
    assert.equal(good.status, 0, good.err);
    const flags = ["--nats", `tls://${broker.host}`, "--tls-ca", theirs.certificate, ...own];
    const bad = await bench.corral(["fleet", "ping", ...flags, "--agents", "sealed", "--json"]);
    assert.equal((JSON.parse(bad.out) as PingDocument).agents[0]?.error?.code, "FLEET_UNREACHABLE");
  });
});

describe("who is there", () => {
  test("is asked for, waited for, and run on by number", async (t) => {
    if (!requires(t, natsServer)) return;
    const broker = await brokerOf();
    useWire(natsWire(broker.url));
    const way = ["--nats", broker.url];
    const none = await bench.corral(["fleet", "ping", ...way, "--expect", "1", "--timeout", "1s"]);
    assert.deepEqual([none.status, none.err], [4, "[corral] 0 of 1 agents are there\n"]);
    const first = await startAgent(t, bench);
    const waiting = bench.start(["fleet", "ping", ...way, "--expect", "2", "--timeout", "20s", "--json"]);
    const second = await startAgent(t, bench);
    const { status, out } = await waiting.ended;
    assert.equal(status, 0);
    assert.deepEqual(
      (JSON.parse(out) as PingDocument).agents.map(({ agent, state }) => [agent, state]),
      [first.address, second.address].toSorted().map((name) => [name, "idle"]),
    );
    const flags = ["fleet", "run", ...way, "--expect", "2", "--results", bench.fresh("results"), "--json"];
    const ran = await bench.corral([...flags, "--start-delay", "500ms", "--", "/bin/true"], { limitMs: 60_000 });
    assert.equal(ran.status, 0, ran.err);
    assert.equal((await second.stop()).status, 0);
    const left = await bench.corral(["fleet", "ping", ...way, "--agents", second.address, "--json"]);
    assert.match((JSON.parse(left.out) as PingDocument).agents[0]?.error?.message ?? "", /no agent of this name/);
  });

  test("has its name for itself, and fleets do not see each other", async (t) => {
    if (!requires(t, natsServer)) return;
    const broker = await brokerOf();
    const agentFlags = (): string[] => ["--nats", broker.url, "--name", "one", "--fleet", "blue"];
    useWire({ ...natsWire(broker.url), agentFlags });
    await startAgent(t, bench);
    useWire({ ...natsWire(broker.url), agentFlags, placeOf: (_flags, out) => /^going to (\S+)$/m.exec(out)?.[1] });
    const twin = await startAgent(t, bench);
    await until("the twin is not let in", () => says(twin, "FLEET_BUSY"));
    const ping = async (fleet: string): Promise<number | null> =>
      (await bench.corral(["fleet", "ping", "--nats", broker.url, "--fleet", fleet, "--agents", "one"])).status;
    assert.deepEqual([await ping("blue"), await ping("green")], [0, 4]);
  });
});

describe("a run lives through", () => {
  test("the death of the broker while it works, with all results", async (t) => {
    if (!requires(t, natsServer)) return;
    const broker = await brokerOf();
    useWire(natsWire(broker.url));
    const agents = await Promise.all([startAgent(t, bench), startAgent(t, bench)]);
    const workload = { load: { memory: { size: "1M" }, rate: 200, duration: "6s", concurrency: 2 } };
    const started = startFleet(bench, fleetFile(bench, agents, { workload }));
    const collecting = (agent: number): boolean => started.err().includes(`agent-${agent} start_sent -> collecting`);
    await until("both work", () => collecting(1) && collecting(2));
    await broker.stop("SIGKILL");
    await sleep(1500);
    await broker.start();
    const { status, err, status_: told, results } = await started.finished;
    assert.equal(status, 0, err);
    assert.equal(told.agents_completed, 2);
    // What reports had to say that never came is in the last word as well.
    const { rows, errors } = results("workload_results.json");
    assert.equal((rows.at(-1)?.count ?? 0) + errors, 2 * 200 * 6);
    for (const agent of agents) await until("it is back", () => agent.log().at(-1)?.event !== "away");
    assert.equal((await runFleet(bench, fleetFile(bench, agents, { workload: { command: ["/bin/true"] } }))).status, 0);
  });

  test("the death of one of three servers, with those who were at it", async (t) => {
    if (!requires(t, natsServer)) return;
    const servers = await startNatsCluster(3);
    brokers.push(...servers);
    const [first, second] = servers.map(({ url }) => natsWire(url));
    assert.ok(first !== undefined && second !== undefined);
    // Who knows one server is told of the others.
    const agents: RunningAgent[] = [];
    for (const wire of [first, second]) {
      useWire(wire);
      agents.push(await startAgent(t, bench));
    }
    useWire(first);
    const workload = { load: { memory: { size: "1M" }, rate: 100, duration: "10s" } };
    const started = startFleet(bench, fleetFile(bench, agents, { workload }));
    const collecting = (agent: number): boolean => started.err().includes(`agent-${agent} start_sent -> collecting`);
    await until("both work", () => collecting(1) && collecting(2), 60_000);
    await servers[0]?.stop("SIGKILL");
    const { status, err, status_: told } = await started.finished;
    assert.deepEqual([status, told.agents_completed], [0, 2], err);
  });

  test("the death of the broker while it ends: the last word waits", async (t) => {
    if (!requires(t, natsServer)) return;
    const broker = await brokerOf();
    const wire = natsWire(broker.url);
    useWire(wire);
    const agent = await startAgent(t, bench);
    const dialer = wire.dialer(transportLimits);
    t.after(() => dialer[Symbol.asyncDispose]());
    const run = call(t, dialer, agent.address);
    run.start(JSON.stringify({ command: ["sleep", "1"] }));
    await run.heard("ready");
    run.go(300);
    await run.heard("running");
    await broker.stop("SIGKILL");
    await until("it has ended", () => agent.log().some(({ to }) => to === "completed"));
    assert.equal(run.of("completed").length, 0);
    await broker.start();
    assert.equal((await run.heard("completed")).kind, "completed");
    assert.equal(await run.over(), null);
  });

  test("the loss of the controller's connection: what was kept is heard, and in order", async (t) => {
    if (!requires(t, natsServer)) return;
    const broker = await brokerOf();
    useWire(natsWire(broker.url));
    const agent = await startAgent(t, bench, [...openAgent, "--report-interval", "50ms"]);
    const proxy = await openTcpProxy(Number(broker.host.split(":")[1]));
    t.after(() => proxy.close());
    const dialer = natsWire(`nats://127.0.0.1:${proxy.port}`).dialer(transportLimits);
    t.after(() => dialer[Symbol.asyncDispose]());
    const run = call(t, dialer, agent.address);
    run.start(JSON.stringify({ command: ["sleep", "1"], prepare: { command: ["sleep", "0.5"] } }));
    await until("it is taken", () => run.isOpen);
    proxy.cut();
    proxy.mend();
    await run.heard("ready");
    run.go(300);
    await run.heard("running");
    proxy.cut();
    await until("it has ended", () => agent.log().some(({ to }) => to === "completed"));
    proxy.mend();
    await run.heard("completed");
    assert.equal(await run.over(), null);
    const numbers = run.messages.map(({ sequence }) => Number(sequence));
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
    assert.deepEqual([run.kinds().filter((kind) => kind !== "running")], [["ready", "completed"]]);
    assert.equal((await call(t, dialer, agent.address).run(isTrue)).at(-1)?.kind, "completed");
  });

  test("no death of a controller: its agent is free again, and takes another", async (t) => {
    if (!requires(t, natsServer)) return;
    const broker = await brokerOf();
    const wire = natsWire(broker.url);
    useWire(wire);
    const agent = await startAgent(t, bench);
    const proxy = await openTcpProxy(Number(broker.host.split(":")[1]));
    t.after(() => proxy.close());
    const gone = natsWire(`nats://127.0.0.1:${proxy.port}`).dialer(transportLimits);
    t.after(() => gone[Symbol.asyncDispose]());
    const run = call(t, gone, agent.address);
    run.start(JSON.stringify({ command: ["sleep", "1000"] }));
    await run.heard("ready");
    run.go(500);
    await run.heard("running");
    proxy.cut();
    await until("it has given the controller up", () => agent.log().some(({ event }) => event === "ended"), 20_000);
    const dialer = wire.dialer(transportLimits);
    t.after(() => dialer[Symbol.asyncDispose]());
    assert.equal((await call(t, dialer, agent.address).run(isTrue)).at(-1)?.kind, "completed");
  });
});

expectNoLeftovers(bench);
