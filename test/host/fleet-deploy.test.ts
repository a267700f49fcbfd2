/** Agents on hosts and off them again: `corral fleet deploy`, `start` and `stop` over an sshd of the test's own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
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
import type { TestContext } from "node:test";
import { describe, test } from "node:test";
import { Ajv } from "ajv";
import type { HostsDocument } from "../../src/fleet/deploy/index.ts";
import { listPackageFiles } from "../../src/fleet/deploy/index.ts";
import type { Ran } from "../shared/bench.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { killQuietly, readProc, startTicks } from "../shared/processes.ts";
import { program, requires } from "../shared/requires.ts";
import type { SshHost, TestSshd } from "../shared/sshd.ts";
import { sshd, startSshd } from "../shared/sshd.ts";

const bench = openBench();
const limitMs = 120_000;
const token = "correct-horse-battery-staple";
const tokenFile = bench.fresh("token");
writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });

const validate = new Ajv({ strict: true, strictTypes: false }).compile(
  JSON.parse(readFileSync("schemas/fleet-hosts.schema.json", "utf8")) as object,
);

/** Where the package is on a host. */
const below = ({ home }: SshHost, ...parts: readonly string[]): string =>
  path.join(home, ".local/share/corral", ...parts);

/** A fleet of this machine, or a skip with its reason. */
async function openFleet(t: TestContext, count: number): Promise<TestSshd | null> {
  if (!requires(t, sshd(), program("ssh"), program("ssh-keygen"))) return null;
  return startSshd(t, bench, count);
}

interface Done extends Ran {
  readonly document: HostsDocument;
}

/** Runs a command about hosts, which must print a document. */
async function onHosts(
  { flags }: Pick<TestSshd, "flags">,
  hosts: readonly SshHost[],
  action: string,
  more: readonly string[] = [],
): Promise<Done> {
  const names = hosts.map(({ name }) => name).join(",");
  const ran = await bench.corral(["fleet", action, "--hosts", names, ...flags, "--json", ...more], { limitMs });
  assert.notEqual(ran.out, "", ran.err);
  const document = JSON.parse(ran.out) as HostsDocument;
  assert.ok(validate(document), JSON.stringify(validate.errors));
  return { ...ran, document };
}

const outcomes = ({ document, err }: Done): readonly string[] =>
  document.hosts.map(({ outcome, error }) => (error === null ? outcome : `${error.step}: ${error.message} ${err}`));

const listening = ["--token-file", tokenFile, "--listen", "127.0.0.1:0"];

/** Processes, of whoever, that say the token to everybody. */
const telling = (): number[] =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && `${readProc(`${pid}/cmdline`)}${readProc(`${pid}/environ`)}`.includes(token));

describe("a fleet of two hosts", () => {
  test("gets Corral, runs something, and is left as it was", async (t) => {
    const fleet = await openFleet(t, 2);
    if (fleet === null) return;
    const { hosts } = fleet;

    const planned = await onHosts(fleet, hosts, "deploy", ["--dry-run"]);
    assert.deepEqual(
      planned.document.hosts.map(({ steps }) => steps),
      [
        ["copy", "activate"],
        ["copy", "activate"],
      ],
    );
    assert.deepEqual([planned.status, ...hosts.map(({ home }) => readdirSync(home))], [0, [], []]);

    const deployed = await onHosts(fleet, hosts, "deploy");
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
    const again = await onHosts(fleet, hosts, "deploy");
    assert.deepEqual([again.status, outcomes(again)], [0, ["unchanged", "unchanged"]]);
    assert.equal(statSync(below(hosts[0] as SshHost, "releases", release)).ino, inode);

    const started = await onHosts(fleet, hosts, "start", [...listening, "--", "--allow-command", "/usr/bin/*"]);
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
    assert.deepEqual(telling(), []);

    const running = await onHosts(fleet, hosts, "start", [...listening, "--", "--allow-command", "/usr/bin/*"]);
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

    const stopped = await onHosts(fleet, hosts, "stop");
    assert.deepEqual([stopped.status, outcomes(stopped)], [0, ["stopped", "stopped"]]);
    assert.deepEqual(pids.map(startTicks), [null, null]);
    assert.deepEqual(
      hosts.map((host) => existsSync(below(host, "agent"))),
      [false, false],
    );
    const none = await onHosts(fleet, hosts, "stop", ["--remove"]);
    assert.deepEqual([none.status, outcomes(none)], [0, ["absent", "absent"]]);
    assert.deepEqual(
      hosts.map((host) => existsSync(below(host))),
      [false, false],
    );
  });

  test("is told host by host what went wrong, and the others go on", async (t) => {
    const fleet = await openFleet(t, 2);
    if (fleet === null) return;
    const [good, other] = fleet.hosts as [SshHost, SshHost];
    const closed = { name: "127.0.0.1:1", home: "" };
    const mixed = await onHosts(fleet, [good, closed], "deploy");
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

    const stranger = await onHosts({ flags: fleet.strangerFlags }, [other], "deploy");
    const [{ error } = { error: null }] = stranger.document.hosts;
    assert.deepEqual([stranger.status, error?.step], [4, "connect"]);
    assert.match(`${error?.message} ${error?.fix}`, /Permission denied.*ssh-copy-id/);

    const early = await onHosts(fleet, [good, other], "start", listening);
    assert.deepEqual([early.status, early.document.hosts.map(({ outcome }) => outcome)], [1, ["started", "failed"]]);
    assert.match(early.document.hosts[1]?.error?.message ?? "", /^nothing is deployed in /);
    assert.equal((await onHosts(fleet, [good, other], "stop", ["--remove"])).status, 0);
    assert.deepEqual([readdirSync(good.home), readdirSync(other.home)].flat(), [".local"]);
  });
});

describe("an agent on a host", () => {
  /** A host with Corral on it. */
  async function deployed(t: TestContext): Promise<{ fleet: TestSshd; host: SshHost } | null> {
    const fleet = await openFleet(t, 1);
    if (fleet === null) return null;
    const [host] = fleet.hosts as [SshHost];
    const done = await onHosts(fleet, [host], "deploy");
    assert.equal(done.status, 0, done.out + done.err);
    return { fleet, host };
  }

  test("is not ended for another, unless that is asked for", async (t) => {
    const made = await deployed(t);
    if (made === null) return;
    const { fleet, host } = made;
    const first = await onHosts(fleet, [host], "start", listening);
    const pid = first.document.hosts[0]?.pid ?? 0;
    const other = [...listening, "--", "--allow-all"];
    const refused = await onHosts(fleet, [host], "start", other);
    assert.deepEqual(
      [refused.status, refused.document.hosts[0]?.error?.message],
      [1, `an agent of another release or with other settings runs there already, process ${pid}`],
    );
    assert.notEqual(startTicks(pid), null);
    const restarted = await onHosts(fleet, [host], "start", ["--restart", ...other]);
    assert.deepEqual(outcomes(restarted), ["restarted"]);
    assert.equal(startTicks(pid), null);
    assert.deepEqual(outcomes(await onHosts(fleet, [host], "stop")), ["stopped"]);
  });

  test("that does not come to be leaves its reason here and nothing there", async (t) => {
    const made = await deployed(t);
    if (made === null) return;
    const { fleet, host } = made;
    const failed = await onHosts(fleet, [host], "start", [...listening, "--", "--user", "nobody-of-this-name"]);
    const [{ error } = { error: null }] = failed.document.hosts;
    assert.deepEqual([failed.status, error?.step], [1, "start"]);
    assert.match(error?.message ?? "", /^it ended at once: \[corral\] --user .*nobody-of-this-name/);
    assert.equal(existsSync(below(host, "agent")), false);
  });

  test("that does not end by itself is killed", async (t) => {
    const made = await deployed(t);
    if (made === null) return;
    const { fleet, host } = made;
    const started = await onHosts(fleet, [host], "start", listening);
    const pid = started.document.hosts[0]?.pid ?? 0;
    process.kill(pid, "SIGSTOP");
    const stopped = await onHosts(fleet, [host], "stop", ["--timeout", "1s"]);
    assert.deepEqual([stopped.status, outcomes(stopped)], [0, ["stopped"]]);
    assert.deepEqual(stopped.document.hosts[0]?.warnings, ["the agent did not end by itself and was killed"]);
    assert.equal(startTicks(pid), null);
  });

  test("that is gone is not taken for another process with its pid", async (t) => {
    const made = await deployed(t);
    if (made === null) return;
    const { fleet, host } = made;
    const innocent = spawn("sleep", ["1000"], { env: bench.env, stdio: "ignore" });
    t.after(() => killQuietly(innocent.pid ?? 0));
    const started = await onHosts(fleet, [host], "start", listening);
    const pid = started.document.hosts[0]?.pid ?? 0;
    const written = readFileSync(below(host, "agent/pid"), "utf8");
    killQuietly(pid);
    writeFileSync(below(host, "agent/pid"), written.replace(/^\d+/, String(innocent.pid)));
    const stopped = await onHosts(fleet, [host], "stop");
    assert.deepEqual([stopped.status, outcomes(stopped)], [0, ["absent"]]);
    assert.notEqual(startTicks(innocent.pid ?? 0), null);
  });
});

test("a copy that is cut off on its way is not taken for the package, and the next one is whole", async (t) => {
  const fleet = await openFleet(t, 1);
  if (fleet === null) return;
  const [host] = fleet.hosts as [SshHost];
  const cutting = bench.fresh("cutting-ssh");
  // All but the copy is far below this.
  writeFileSync(cutting, '#!/bin/sh\nhead -c 100000 | ssh "$@"\n', { mode: 0o755 });
  const cut = await onHosts(fleet, [host], "deploy", ["--ssh", cutting]);
  const [{ error } = { error: null }] = cut.document.hosts;
  assert.deepEqual([cut.status, error?.step], [1, "copy"]);
  assert.match(error?.message ?? "", /^what has arrived has the sha256 [0-9a-f]{64}, which should be /);
  assert.deepEqual(readdirSync(below(host, "releases")), []);
  assert.equal(lstatSync(below(host, "current"), { throwIfNoEntry: false }), undefined);
  assert.deepEqual(outcomes(await onHosts(fleet, [host], "deploy")), ["deployed"]);
});

expectNoLeftovers(bench);
