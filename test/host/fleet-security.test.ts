/** Who may use an agent, and what it costs to be one who may not: `corral agent` against callers of every kind. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { connect } from "node:net";
import type { TestContext } from "node:test";
import { describe, test } from "node:test";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { dialAgents } from "../../src/fleet/transport/grpc/index.ts";
import type { AgentDialer, SecurityFiles } from "../../src/fleet/transport/index.ts";
import { readSecurity, transportLimits } from "../../src/fleet/transport/index.ts";
import { controlBytes } from "../../src/fleet/wire/index.ts";
import { openBench } from "../shared/bench.ts";
import { makeAuthority } from "../shared/certificates.ts";
import { Call, call, openAgent, plainDialer, startAgent } from "../shared/fleet.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { program, requires } from "../shared/requires.ts";
import { scaled, sleep, until } from "../shared/timing.ts";

const bench = openBench();

function tokenFile(token: string, mode = 0o600): string {
  const file = bench.fresh("token");
  writeFileSync(file, token, { mode });
  return file;
}

function dialerWith(t: TestContext, files: SecurityFiles): AgentDialer {
  const dialer = dialAgents({ security: readSecurity(files), limits: transportLimits });
  t.after(() => dialer[Symbol.asyncDispose]());
  return dialer;
}

const isTrue = JSON.stringify({ command: ["true"] });
const token = "correct-horse-battery-staple";

/** Whether a caller can have a run there: `completed`, or the code of what came instead. */
async function outcome(t: TestContext, dialer: AgentDialer, address: string): Promise<string> {
  const run = call(t, dialer, address);
  await until("the stream is taken or refused", () => run.isOpen || run.end !== undefined);
  if (run.end !== undefined) return run.end?.code ?? "closed";
  return (await run.run(isTrue)).at(-1)?.kind ?? "nothing";
}

describe("a token", () => {
  test("must be said, and must be the right one, for streams and for questions", async (t) => {
    const agent = await startAgent(t, bench, ["--allow-all", "--token-file", tokenFile(`${token}\n`)]);
    const good = dialerWith(t, { tokenFile: tokenFile(token) });
    for (const [dialer, why] of [
      [dialerWith(t, {}), "no token was given"],
      [dialerWith(t, { tokenFile: tokenFile(`${token}r`) }), "the token is not the right one"],
    ] as const) {
      assert.equal(await outcome(t, dialer, agent.address), "FLEET_DENIED");
      for (const ask of [dialer.ping(agent.address), dialer.status(agent.address)])
        await assert.rejects(ask, { code: "FLEET_DENIED", found: why });
    }
    await until("it is in the log", () => agent.log().filter(({ event }) => event === "denied").length === 6);
    assert.equal(await outcome(t, good, agent.address), "completed");
  });

  test("must be in a file that not everybody can read, and long enough", async () => {
    for (const [file, says] of [
      [tokenFile(token, 0o644), /can be read by everybody \(mode 644\); chmod 600/],
      [tokenFile("short"), /holds no token: it is one word of at least 16 printable characters/],
      [bench.fresh("nowhere"), /cannot be read: ENOENT/],
    ] as const) {
      const { status: exit, err } = await bench.corral(["agent", "--listen", "127.0.0.1:0", "--token-file", file]);
      assert.equal(exit, 125);
      assert.match(err, says);
    }
  });
});

test("an agent that everybody could use, or in plaintext on a network, does not begin without --insecure", async () => {
  for (const [flags, says] of [
    [["--listen", "127.0.0.1:0"], /everybody who reaches 127.0.0.1:0 could use it; give --token-file/],
    [
      ["--listen", "0.0.0.0:0", "--token-file", tokenFile(token)],
      /0.0.0.0:0 would be served in plaintext on a network/,
    ],
    [["--join", "192.0.2.1:7167", "--token-file", tokenFile(token)], /192.0.2.1:7167 would be called in plaintext/],
  ] as const) {
    const { status: exit, out, err } = await bench.corral(["agent", ...flags]);
    assert.deepEqual([exit, out], [125, ""]);
    assert.match(err, says);
  }
});

describe("certificates", () => {
  test("of agents must be signed by whom the caller trusts, and not be over", async (t) => {
    if (!requires(t, program("openssl"))) return;
    const [ours, theirs] = [makeAuthority(bench.fresh("ours"), "ours"), makeAuthority(bench.fresh("theirs"), "theirs")];
    const good = ours.sign("good");
    const expired = ours.sign("expired", "20200101000000Z");
    const flags = ({ certificate, key }: typeof good) => ["--tls-cert", certificate, "--tls-key", key];
    const security = { ca: ours.certificate, tokenFile: tokenFile(token) };
    const open = ["--allow-all", "--token-file", tokenFile(token)];
    const agent = await startAgent(t, bench, [...open, ...flags(good)]);
    assert.equal(await outcome(t, dialerWith(t, security), agent.address), "completed");
    assert.equal(
      await outcome(t, dialerWith(t, { ...security, ca: theirs.certificate }), agent.address),
      "FLEET_UNREACHABLE",
    );
    assert.equal(
      await outcome(t, dialerWith(t, { ...security, ca: undefined, tls: true }), agent.address),
      "FLEET_UNREACHABLE",
    );
    assert.equal(
      await outcome(t, dialerWith(t, { tokenFile: security.tokenFile }), agent.address),
      "FLEET_UNREACHABLE",
    );
    const old = await startAgent(t, bench, [...open, ...flags(expired)]);
    const run = call(t, dialerWith(t, security), old.address);
    const why = await run.over();
    assert.equal(why?.code, "FLEET_UNREACHABLE");
    assert.match(why?.message ?? "", /expired/);
    // The agent has lived through all of it.
    assert.equal(await outcome(t, dialerWith(t, security), agent.address), "completed");
  });

  test("of callers too, where the agent wants them: none, another's and one that is over do not get in", async (t) => {
    if (!requires(t, program("openssl"))) return;
    const [ours, theirs] = [makeAuthority(bench.fresh("ours"), "ours"), makeAuthority(bench.fresh("theirs"), "theirs")];
    const server = ours.sign("agent");
    const tls = ["--tls-cert", server.certificate, "--tls-key", server.key, "--tls-ca", ours.certificate];
    const agent = await startAgent(t, bench, ["--allow-all", ...tls]);
    const as = (one: { certificate: string; key: string } | null) =>
      dialerWith(t, { ca: ours.certificate, certificate: one?.certificate, key: one?.key });
    for (const stranger of [null, theirs.sign("stranger"), ours.sign("over", "20200101000000Z")])
      assert.equal(await outcome(t, as(stranger), agent.address), "FLEET_UNREACHABLE");
    assert.equal(await outcome(t, as(ours.sign("controller")), agent.address), "completed");
    assert.ok(agent.log().some(({ event, peer }) => event === "opened" && String(peer).endsWith('("controller")')));
  });
});

/** A caller who keeps to no limit of ours. */
function rawCall(t: TestContext, address: string) {
  const client = new Client(address, credentials.createInsecure(), { "grpc.max_send_message_length": -1 });
  const asIs = (bytes: Buffer): Buffer => bytes;
  const stream = client.makeBidiStreamRequest("/corral.fleet.v1.Agent/Execute", asIs, asIs, new Metadata());
  const ended = new Promise<{ code: status; details: string }>((resolve) => stream.on("status", resolve));
  stream.on("error", () => {});
  stream.on("data", () => {});
  t.after(() => client.close());
  return { stream, ended };
}

describe("messages that are too much", () => {
  test("one of 10 MB ends its stream, not the agent, and is not kept", async (t) => {
    const agent = await startAgent(t, bench);
    const residentKb = (): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${agent.started.pid}/status`, "utf8"))?.[1]);
    const beforeKb = residentKb();
    const { stream, ended } = rawCall(t, agent.address);
    stream.write(Buffer.alloc(10_000_000));
    assert.equal((await ended).code, status.RESOURCE_EXHAUSTED);
    assert.ok(residentKb() - beforeKb < 60_000, `it grew by ${residentKb() - beforeKb} KiB`);
    const run = call(t, plainDialer(t), agent.address);
    assert.throws(() => run.start("x".repeat(10_000_000)), { code: "FLEET_MESSAGE" });
    assert.equal((await run.run(isTrue)).at(-1)?.kind, "completed");
  });

  test("what is no message ends its stream with an error of the protocol", async (t) => {
    const agent = await startAgent(t, bench);
    const { stream, ended } = rawCall(t, agent.address);
    stream.write(Buffer.from([0xff, 0xff, 0xff]));
    assert.equal((await ended).code, status.OK);
    await until("it is in the log", () =>
      agent.log().some(({ to, why }) => to === "error" && why === "unknown is not expected while idle"),
    );
    assert.equal(await outcome(t, plainDialer(t), agent.address), "completed");
  });

  test("a caller who asks and does not listen is cut off", async (t) => {
    const agent = await startAgent(t, bench);
    const { stream, ended } = rawCall(t, agent.address);
    stream.pause();
    const ping = Buffer.from(controlBytes.encode({ kind: "ping", id: 5n, sentNs: 0n }));
    const over = ended.then(() => true);
    const deadline = performance.now() + scaled(60_000);
    while (performance.now() < deadline && !(await Promise.race([over, sleep(5).then(() => false)])))
      for (let at = 0; at < 5000; at += 1) stream.write(ping);
    assert.ok(performance.now() < deadline, "it still listens to who does not");
    await until("the agent is free", async () => (await plainDialer(t).status(agent.address)).state === "");
  });
});

function destroyAll(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

describe("slow strangers", () => {
  test("take no more than their places, and lose them: others get in", async (t) => {
    const agent = await startAgent(t, bench, ["--allow-all", "--token-file", tokenFile(token)]);
    const at = agent.address.lastIndexOf(":");
    const [host, port] = [agent.address.slice(0, at), Number(agent.address.slice(at + 1))];
    let closed = 0;
    const sockets: Socket[] = [];
    t.after(() => destroyAll(sockets));
    // Half of them say nothing, half a preface of HTTP/2 a byte at a time.
    const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1");
    for (let number = 0; number < 100; number += 1) {
      const socket = connect(port, host);
      socket.on("error", () => {});
      socket.resume();
      socket.on("close", () => {
        closed += 1;
      });
      sockets.push(socket);
    }
    let said = 0;
    const timer = setInterval(() => {
      for (const [number, socket] of sockets.entries())
        if (number % 2 === 0 && !socket.destroyed)
          socket.write(preface.subarray(said % preface.length, (said % preface.length) + 1));
      said += 1;
    }, 400);
    t.after(() => clearInterval(timer));
    await until("those beyond 64 are cut off", () => closed >= 36, 5000);
    await until("the others have had their 10 s", () => closed === 100, 20_000);
    assert.equal(await outcome(t, dialerWith(t, { tokenFile: tokenFile(token) }), agent.address), "completed");
  });

  test("do not keep those who may from their runs", async (t) => {
    const agent = await startAgent(t, bench, ["--allow-all", "--token-file", tokenFile(token)]);
    const at = agent.address.lastIndexOf(":");
    const sockets = Array.from({ length: 40 }, () => connect(Number(agent.address.slice(at + 1)), "127.0.0.1"));
    t.after(() => destroyAll(sockets));
    for (const socket of sockets) socket.on("error", () => {});
    assert.equal(await outcome(t, dialerWith(t, { tokenFile: tokenFile(token) }), agent.address), "completed");
  });
});

describe("what was said before", () => {
  test("and is said again by who has listened, word for word, does not begin again", async (t) => {
    const agent = await startAgent(t, bench);
    const dialer = plainDialer(t);
    const file = bench.fresh("runs");
    const config = JSON.stringify({ command: ["bash", "-c", `echo once >> ${file}`] });
    const first = call(t, dialer, agent.address);
    first.start(config);
    await first.heard("ready");
    const startNs = first.go(200);
    await first.over();
    const again = new Call(dialer, agent.address);
    again.start(config);
    await again.heard("ready");
    again.stream.send({ kind: "go", startNs, localStartNs: startNs, stage: 0 });
    assert.equal((await again.heard("error")).cause, "start_past");
    assert.equal(readFileSync(file, "utf8"), "once\n");
  });
});

describe("a configuration", () => {
  /** An agent, of which the answer tells what it says of a configuration. */
  async function judging(
    t: TestContext,
    flags: readonly string[],
  ): Promise<(config: unknown, prefix?: string) => Promise<string>> {
    const agent = await startAgent(t, bench, ["--insecure", ...flags]);
    const dialer = plainDialer(t);
    return async (config, prefix = "") => {
      const run = call(t, dialer, agent.address);
      run.start(typeof config === "string" ? config : JSON.stringify(config), { pathPrefix: prefix });
      await until("it is taken or refused", () => run.messages.length > 0);
      const [first] = run.messages;
      run.stream.send({ kind: "abort", reason: "that was all" });
      await run.over();
      return first?.kind === "error" ? `${first.cause}: ${first.message}` : (first?.kind ?? "nothing");
    };
  }

  test("gets nothing from a host that has allowed nothing", async (t) => {
    const judge = await judging(t, []);
    assert.match(
      await judge({ command: ["true"] }),
      /^config_rejected: config:1:\d+: command\[0\] names the command "\/usr\/bin\/true", which this host does not allow; it allows none$/,
    );
    assert.match(await judge({ scenario: "name: x" }), /asks for a scenario, which this host does not allow/);
  });

  test("gets what is allowed and no more: commands, paths, variables", async (t) => {
    const flags = ["--allow-command", "/usr/bin/true", "--allow-path", bench.dir, "--allow-environment", "OK_*"];
    const judge = await judging(t, flags);
    const allowed = (more: object) => ({ command: ["true"], ...more });
    for (const good of [
      allowed({}),
      allowed({ directory: bench.dir }),
      allowed({ command: ["true", `--file=${bench.dir}/x`, "relative/path", "{scratch}/y"] }),
      allowed({ environment: { OK_A: "b", OK_B: `${bench.dir}/c` } }),
    ])
      assert.equal(await judge(good), "ready", JSON.stringify(good));
    for (const [bad, says] of [
      [allowed({ command: ["sh", "-c", "id"] }), /command\[0\] names the command "\/usr\/bin\/(da)?sh"/],
      [allowed({ command: ["true", "/etc/shadow"] }), /command\[1\] names the path "\/etc\/shadow"/],
      [allowed({ command: ["true", "--in=/etc/shadow"] }), /names the path "\/etc\/shadow"/],
      [allowed({ command: ["true", "../../../etc/shadow"] }), /names the path "..\/..\/..\/etc\/shadow"/],
      [allowed({ command: ["true", `${bench.dir}/../../etc/shadow`] }), /which this host does not allow/],
      [allowed({ directory: "/etc" }), /directory names the path "\/etc"/],
      [allowed({ environment: { LD_PRELOAD: "x.so" } }), /sets the variable "LD_PRELOAD"/],
      [allowed({ environment: { OK_A: "/etc/shadow" } }), /environment.OK_A names the path/],
      [allowed({ prepare: { command: ["bash", "-c", "id"] } }), /prepare.command\[0\] names the command/],
      [allowed({ cleanup: { command: ["bash", "-c", "id"] } }), /cleanup.command\[0\] names the command/],
      [allowed({ command: ["/usr/bin/nowhere"] }), /which is not there/],
      [{ ...allowed({}), comand: ["x"] }, /comand is not a key here/],
      ["command: [true", /YAML/],
      ["command: [true]\ncommand: [false]\n", /config:2:1: .*unique/],
    ] as const)
      assert.match(await judge(bad), says, JSON.stringify(bad));
    assert.match(await judge(allowed({}), "../x"), /path_prefix leads elsewhere/);
  });

  test("does not get out of allowed directories by symbolic links", async (t) => {
    const link = bench.fresh("link");
    symlinkSync("/etc", link);
    const linked = bench.fresh("program");
    symlinkSync("/usr/bin/id", linked);
    const flags = ["--allow-path", bench.dir, "--allow-command", `${bench.dir}/*`, "--allow-command", "/usr/bin/true"];
    const judge = await judging(t, flags);
    assert.match(await judge({ command: ["true", `${link}/shadow`] }), /which this host does not allow/);
    assert.match(await judge({ command: [linked] }), /which this host does not allow/);
  });

  test("gets the limits of the host whatever it says itself", async (t) => {
    const policy = bench.fresh("policy.yaml");
    writeFileSync(policy, "commands: [/usr/bin/bash]\nlimits:\n  nice: 7\n");
    const agent = await startAgent(t, bench, ["--insecure", "--policy", policy]);
    const run = call(t, plainDialer(t), agent.address);
    const nice = { command: ["bash", "-c", "echo n=$(nice)"], limits: { nice: 3 }, metrics: { n: { line: "n={}" } } };
    const last = (await run.run(JSON.stringify(nice))).at(-1);
    assert.deepEqual(last?.kind === "completed" ? last.totals.metrics : last, { n: 7 });
  });

  test("a policy with mistakes is told with their lines, and nothing begins", async () => {
    const policy = bench.fresh("policy.yaml");
    writeFileSync(policy, "commands: [bash]\npath: [/data]\n");
    const { status: exit, err, out } = await bench.corral(["agent", "--insecure", "--policy", policy]);
    assert.deepEqual([exit, out], [2, ""]);
    assert.match(err, /policy.yaml:1:12: commands\[0\] expects an absolute path/);
    assert.match(err, /policy.yaml:2:1: path is not a key here/);
  });
});

test("nothing of an agent's own environment reaches a workload", async (t) => {
  const agent = await startAgent(t, bench, openAgent, { env: { SECRET_OF_THE_AGENT: "1" } });
  const file = bench.fresh("env");
  const run = call(t, plainDialer(t), agent.address);
  await run.run(JSON.stringify({ command: ["bash", "-c", `env > ${file}`] }));
  assert.equal(existsSync(file) && readFileSync(file, "utf8").includes("SECRET_OF_THE_AGENT"), false);
});

expectNoLeftovers(bench);
