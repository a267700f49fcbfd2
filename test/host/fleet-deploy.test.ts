/** Corral on hosts and off them again: `corral fleet deploy`, `start` and `stop` over an sshd of the test's own. */
import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { listPackageFiles } from "../../src/fleet/deploy/index.ts";
import { openBench } from "../shared/bench.ts";
import { below, limitMs, listeningWith, onHosts, openFleet, outcomes, token } from "../shared/fleet-hosts.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { readProc, startTicks } from "../shared/processes.ts";
import type { SshHost } from "../shared/sshd.ts";

const bench = openBench();
const { tokenFile, listening } = listeningWith(bench);

/** Command lines and environments, of whoever, in which the token stands. */
const telling = (): string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => `${readProc(`${pid}/cmdline`)} ${readProc(`${pid}/environ`)}`)
    .filter((text) => text.includes(token));

/** Does something, and looks all the while at who tells the token. */
async function watching<T>(work: () => Promise<T>): Promise<readonly [T, readonly string[]]> {
  const told = new Set<string>();
  const look = (): void => {
    for (const one of telling()) told.add(one);
  };
  const timer = setInterval(look, 20);
  try {
    const done = await work();
    look();
    return [done, [...told]];
  } finally {
    clearInterval(timer);
  }
}

describe("a fleet of two hosts", () => {
  test("gets Corral, runs something, and is left as it was", async (t) => {
    const fleet = await openFleet(t, bench, 2);
    if (fleet === null) return;
    const { hosts } = fleet;

    const planned = await onHosts(bench, fleet, hosts, "deploy", ["--dry-run"]);
    assert.deepEqual(
      planned.document.hosts.map(({ steps }) => steps),
      [
        ["copy", "activate"],
        ["copy", "activate"],
      ],
    );
    assert.deepEqual([planned.status, ...hosts.map(({ home }) => readdirSync(home))], [0, [], []]);

    const deployed = await onHosts(bench, fleet, hosts, "deploy");
    assert.deepEqual([deployed.status, outcomes(deployed)], [0, ["deployed", "deployed"]]);
    const release = deployed.document.hosts[0]?.release ?? "";
    for (const host of hosts) {
      assert.equal(readlinkSync(below(host, "current")), `releases/${release}`);
      const root = below(host, "releases", release);
      const there = readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile())
        .map((one) => path.relative(root, path.join(one.parentPath, one.name)))
        // Code caches are made by the first start of a program.
        .filter((one) => one !== ".complete" && !one.endsWith(".v8"));
      assert.deepEqual(there.sort(), listPackageFiles(process.cwd()));
    }

    const inode = statSync(below(hosts[0] as SshHost, "releases", release)).ino;
    const again = await onHosts(bench, fleet, hosts, "deploy");
    assert.deepEqual([again.status, outcomes(again)], [0, ["unchanged", "unchanged"]]);
    assert.equal(statSync(below(hosts[0] as SshHost, "releases", release)).ino, inode);

    const [started, whoTells] = await watching(() =>
      onHosts(bench, fleet, hosts, "start", [...listening, "--", "--allow-command", "/usr/bin/*"]),
    );
    assert.deepEqual(whoTells, []);
    assert.deepEqual([started.status, outcomes(started)], [0, ["started", "started"]]);
    const agents = started.document.hosts.map(({ agent }) => agent);
    const pids = started.document.hosts.map(({ pid }) => pid ?? 0);
    for (const [at, host] of hosts.entries()) {
      assert.equal(readFileSync(below(host, "agent/token"), "utf8"), token);
      assert.deepEqual(
        ["agent", "agent/token"].map((name) => statSync(below(host, name)).mode & 0o777),
        [0o700, 0o600],
      );
      assert.match(readProc(`${pids[at]}/cmdline`) ?? "", /corral\.cjs\0agent\0/);
    }
    const running = await onHosts(bench, fleet, hosts, "start", [...listening, "--", "--allow-command", "/usr/bin/*"]);
    assert.deepEqual([running.status, outcomes(running)], [0, ["running", "running"]]);
    assert.deepEqual(
      running.document.hosts.map(({ pid, agent }) => [pid, agent]),
      [
        [pids[0], agents[0]],
        [pids[1], agents[1]],
      ],
    );

    const known = ["--token-file", tokenFile, "--agents", agents.join(",")];
    const ping = await bench.corral(["fleet", "ping", ...known]);
    assert.equal(ping.status, 0, ping.out + ping.err);
    const results = bench.fresh("results");
    mkdirSync(results);
    const ours = ["--start-delay", "1s", "--results", results, "--quiet"];
    const run = await bench.corral(["fleet", "run", ...known, ...ours, "--", "/usr/bin/true"], { limitMs });
    assert.equal(run.status, 0, run.out + run.err);

    const stopped = await onHosts(bench, fleet, hosts, "stop");
    assert.deepEqual([stopped.status, outcomes(stopped)], [0, ["stopped", "stopped"]]);
    assert.deepEqual(pids.map(startTicks), [null, null]);
    assert.deepEqual(
      hosts.map((host) => existsSync(below(host, "agent"))),
      [false, false],
    );
    const none = await onHosts(bench, fleet, hosts, "stop", ["--remove"]);
    assert.deepEqual([none.status, outcomes(none)], [0, ["absent", "absent"]]);
    assert.deepEqual(
      hosts.map((host) => existsSync(below(host))),
      [false, false],
    );
  });

  test("is told host by host what went wrong, and the others go on", async (t) => {
    const fleet = await openFleet(t, bench, 2);
    if (fleet === null) return;
    const [good, other] = fleet.hosts as [SshHost, SshHost];
    const closed = { name: "127.0.0.1:1", home: "" };
    const mixed = await onHosts(bench, fleet, [good, closed], "deploy");
    assert.equal(mixed.status, 4);
    assert.deepEqual(
      mixed.document.hosts.map(({ outcome }) => outcome),
      ["deployed", "failed"],
    );
    assert.deepEqual(
      [mixed.document.hosts[1]?.error].map((error) => [error?.code, error?.step, error?.fix]),
      [["FLEET_HOST", "connect", "check the port, and whether sshd runs there"]],
    );
    assert.match(mixed.document.hosts[1]?.error?.message ?? "", /Connection refused/);

    const stranger = await onHosts(bench, { flags: fleet.strangerFlags }, [other], "deploy");
    const [{ error } = { error: null }] = stranger.document.hosts;
    assert.deepEqual([stranger.status, error?.step], [4, "connect"]);
    assert.match(`${error?.message} ${error?.fix}`, /Permission denied.*ssh-copy-id/);

    const early = await onHosts(bench, fleet, [good, other], "start", listening);
    assert.deepEqual([early.status, early.document.hosts.map(({ outcome }) => outcome)], [1, ["started", "failed"]]);
    assert.match(early.document.hosts[1]?.error?.message ?? "", /^nothing is deployed in /);
    assert.equal((await onHosts(bench, fleet, [good, other], "stop", ["--remove"])).status, 0);
    assert.deepEqual([readdirSync(good.home), readdirSync(other.home)].flat(), [".local"]);
  });
});

test("a copy that is cut off on its way is not taken for the package, and the next one is whole", async (t) => {
  const fleet = await openFleet(t, bench, 1);
  if (fleet === null) return;
  const [host] = fleet.hosts as [SshHost];
  const cutting = bench.fresh("cutting-ssh");
  // All but the copy is far below this.
  writeFileSync(cutting, '#!/bin/sh\nhead -c 100000 | ssh "$@"\n', { mode: 0o755 });
  const cut = await onHosts(bench, fleet, [host], "deploy", ["--ssh", cutting]);
  const [{ error } = { error: null }] = cut.document.hosts;
  assert.deepEqual([cut.status, error?.step], [1, "copy"]);
  assert.match(error?.message ?? "", /^what has arrived has the sha256 [0-9a-f]{64}, which should be /);
  assert.deepEqual(readdirSync(below(host, "releases")), []);
  assert.equal(lstatSync(below(host, "current"), { throwIfNoEntry: false }), undefined);
  assert.deepEqual(outcomes(await onHosts(bench, fleet, [host], "deploy")), ["deployed"]);
});

expectNoLeftovers(bench);
