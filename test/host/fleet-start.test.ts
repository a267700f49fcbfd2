/** The life of agents that `corral fleet start` starts on hosts, over an sshd of the test's own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { describe, test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { makeAuthority } from "../shared/certificates.ts";
import { below, listeningWith, onHosts, openFleet, outcomes } from "../shared/fleet-hosts.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { killQuietly, readProc, startTicks } from "../shared/processes.ts";
import { program, requires } from "../shared/requires.ts";
import type { SshHost, TestSshd } from "../shared/sshd.ts";

const bench = openBench();
const { tokenFile, listening } = listeningWith(bench);

describe("an agent on a host", () => {
  /** A host with Corral on it. */
  async function deployed(t: TestContext): Promise<{ fleet: TestSshd; host: SshHost } | null> {
    const fleet = await openFleet(t, bench, 1);
    if (fleet === null) return null;
    const [host] = fleet.hosts as [SshHost];
    const done = await onHosts(bench, fleet, [host], "deploy");
    assert.equal(done.status, 0, done.out + done.err);
    return { fleet, host };
  }

  test("is not ended for another, unless that is asked for", async (t) => {
    const made = await deployed(t);
    if (made === null) return;
    const { fleet, host } = made;
    const first = await onHosts(bench, fleet, [host], "start", listening);
    const pid = first.document.hosts[0]?.pid ?? 0;
    const other = [...listening, "--", "--allow-all"];
    const refused = await onHosts(bench, fleet, [host], "start", other);
    assert.deepEqual(
      [refused.status, refused.document.hosts[0]?.error?.message],
      [1, `an agent of another release or with other settings runs there already, process ${pid}`],
    );
    assert.notEqual(startTicks(pid), null);
    const restarted = await onHosts(bench, fleet, [host], "start", ["--restart", ...other]);
    assert.deepEqual(outcomes(restarted), ["restarted"]);
    assert.equal(startTicks(pid), null);
    assert.deepEqual(outcomes(await onHosts(bench, fleet, [host], "stop")), ["stopped"]);
  });

  test("that does not come to be leaves its reason here and nothing there", async (t) => {
    const made = await deployed(t);
    if (made === null) return;
    const { fleet, host } = made;
    const failed = await onHosts(bench, fleet, [host], "start", [...listening, "--", "--user", "nobody-of-this-name"]);
    const [{ error } = { error: null }] = failed.document.hosts;
    assert.deepEqual([failed.status, error?.step], [1, "start"]);
    assert.match(error?.message ?? "", /^it ended at once: \[corral\] --user .*nobody-of-this-name/);
    assert.equal(existsSync(below(host, "agent")), false);
  });

  test("that does not end by itself is killed", async (t) => {
    const made = await deployed(t);
    if (made === null) return;
    const { fleet, host } = made;
    const started = await onHosts(bench, fleet, [host], "start", listening);
    const pid = started.document.hosts[0]?.pid ?? 0;
    process.kill(pid, "SIGSTOP");
    const stopped = await onHosts(bench, fleet, [host], "stop", ["--timeout", "1s"]);
    assert.deepEqual([stopped.status, outcomes(stopped)], [0, ["stopped"]]);
    assert.deepEqual(stopped.document.hosts[0]?.warnings, ["the agent did not end by itself and was killed"]);
    assert.equal(startTicks(pid), null);
  });

  test("has a certificate of its own, and who trusts another is told that it does not answer", async (t) => {
    if (!requires(t, program("openssl"))) return;
    const made = await deployed(t);
    if (made === null) return;
    const { fleet, host } = made;
    const authority = makeAuthority(bench.fresh("authority"), "ours");
    const certificate = authority.sign("127.0.0.1").certificate.replace("127.0.0.1", "{host}");
    const files = ["--agent-cert", certificate, "--agent-key", certificate.replace(/pem$/, "key")];
    const started = await onHosts(bench, fleet, [host], "start", [
      ...listening,
      ...files,
      "--tls-ca",
      authority.certificate,
    ]);
    assert.deepEqual([started.status, outcomes(started)], [0, ["started"]]);

    const stranger = makeAuthority(bench.fresh("stranger"), "theirs");
    const trusting = ["--tls-ca", stranger.certificate, "--timeout", "2s"];
    const silent = await onHosts(bench, fleet, [host], "start", [...listening, ...files, ...trusting]);
    const [{ error } = { error: null }] = silent.document.hosts;
    assert.deepEqual([silent.status, error?.code, error?.step], [1, "FLEET_UNREACHABLE", "ping"]);
    assert.match(error?.message ?? "", /^the agent runs there, and does not answer: /);
    assert.deepEqual(outcomes(await onHosts(bench, fleet, [host], "stop")), ["stopped"]);
  });

  test("that goes to its controller is not waited for", async (t) => {
    const made = await deployed(t);
    if (made === null) return;
    const { fleet, host } = made;
    const started = await onHosts(bench, fleet, [host], "start", ["--token-file", tokenFile, "--join", "127.0.0.1:1"]);
    assert.deepEqual([started.status, outcomes(started), started.document.hosts[0]?.agent], [0, ["started"], null]);
    assert.match(readProc(`${started.document.hosts[0]?.pid}/cmdline`) ?? "", /\0--name\x00127\.0\.0\.1\0/);
    assert.deepEqual(outcomes(await onHosts(bench, fleet, [host], "stop")), ["stopped"]);
  });

  test("that is gone is not taken for another process with its pid", async (t) => {
    const made = await deployed(t);
    if (made === null) return;
    const { fleet, host } = made;
    const innocent = spawn("sleep", ["1000"], { env: bench.env, stdio: "ignore" });
    t.after(() => killQuietly(innocent.pid ?? 0));
    const started = await onHosts(bench, fleet, [host], "start", listening);
    const pid = started.document.hosts[0]?.pid ?? 0;
    const written = readFileSync(below(host, "agent/pid"), "utf8");
    killQuietly(pid);
    writeFileSync(below(host, "agent/pid"), written.replace(/^\d+/, String(innocent.pid)));
    const stopped = await onHosts(bench, fleet, [host], "stop");
    assert.deepEqual([stopped.status, outcomes(stopped)], [0, ["absent"]]);
    assert.notEqual(startTicks(innocent.pid ?? 0), null);
  });
});

expectNoLeftovers(bench);
