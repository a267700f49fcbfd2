/** Agents as units: what `corral fleet` writes for systemd and asks of it. systemd itself is a stand-in here. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import type { HostResult, HostsDocument } from "../../src/fleet/deploy/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { readProc, startTicks } from "../shared/processes.ts";
import type { Reason } from "../shared/requires.ts";
import { program, requires, root } from "../shared/requires.ts";

const bench = openBench();
const unit = "corral-fleet-agent.service";
const token = bench.fresh("token");
writeFileSync(token, "correct-horse-battery-staple\n", { mode: 0o600 });

const units = (): Reason => (existsSync("/etc/systemd/system") ? null : "there is no /etc/systemd/system");

interface Host {
  readonly directory: string;
  /** Runs a command about it. */
  fleet(
    action: string,
    ...more: readonly string[]
  ): Promise<{ readonly status: number | null; readonly host: HostResult }>;
  /** What systemctl was told since the last time, but for what only asks. */
  calls(): readonly string[];
}

/** A host that systemd runs, or a skip with its reason. */
function openHost(t: TestContext): Host | null {
  if (!requires(t, root(), units(), program("unshare"))) return null;
  const directory = bench.fresh("host");
  const at = (...parts: readonly string[]): string => path.join(directory, ...parts);
  for (const name of ["", "units", "home", "bin"]) mkdirSync(at(name));
  const ssh = at("ssh");
  copyFileSync("test/host/fixtures/ssh-to-systemd.sh", ssh);
  copyFileSync("test/host/fixtures/systemctl.sh", at("bin/systemctl"));
  writeFileSync(at("bin/journalctl"), '#!/bin/sh\ncat "$CORRAL_TEST_HOST/journal"\n');
  for (const file of [ssh, at("bin/systemctl"), at("bin/journalctl")]) chmodSync(file, 0o755);
  const env = {
    CORRAL_TEST_HOST: directory,
    CORRAL_SSH: ssh,
    PATH: `${path.dirname(process.execPath)}:${process.env["PATH"]}`,
  };
  return {
    directory,
    fleet: async (action, ...more) => {
      const words = ["fleet", action, "--hosts", "web1", "--json", ...more];
      const { status, out, err } = await bench.corral(words, { env, limitMs: 120_000 });
      const [host] = (JSON.parse(out || "{}") as Partial<HostsDocument>).hosts ?? [];
      assert.ok(host !== undefined, err);
      return { status, host };
    },
    calls: () => {
      const told = existsSync(at("calls")) ? readFileSync(at("calls"), "utf8").split("\n").slice(0, -1) : [];
      writeFileSync(at("calls"), "");
      return told.filter((line) => !line.includes("show-environment"));
    },
  };
}

test("an agent is a unit where systemd runs: installed once, started, ended and removed by systemctl", async (t) => {
  const made = openHost(t);
  if (made === null) return;
  const deployed = await made.fleet("deploy");
  assert.deepEqual(
    [deployed.host.error, deployed.host.steps, deployed.host.service],
    [null, ["copy", "activate", "unit"], "system"],
  );
  assert.deepEqual([readdirSync(path.join(made.directory, "units")), made.calls()], [[unit], ["daemon-reload"]]);
  assert.deepEqual([(await made.fleet("deploy")).host.outcome, made.calls()], ["unchanged", []]);

  const started = await made.fleet("start", "--token-file", token, "--listen", "127.0.0.1:0");
  assert.deepEqual(
    [started.host.error, started.host.outcome, started.host.service, started.status],
    [null, "started", "system", 0],
  );
  assert.deepEqual(made.calls(), [`reset-failed ${unit}`, `start ${unit}`]);
  const pid = started.host.pid ?? 0;
  assert.match(readProc(`${pid}/cmdline`) ?? "", /corral\.cjs\0agent\0/);

  const stopped = await made.fleet("stop", "--remove");
  assert.deepEqual(
    [stopped.host.error, stopped.host.outcome, stopped.host.steps],
    [null, "stopped", ["stop", "remove"]],
  );
  assert.deepEqual([startTicks(pid), made.calls()], [null, [`stop ${unit}`, "daemon-reload"]]);
  assert.deepEqual(readdirSync(path.join(made.directory, "units")), []);
  assert.equal(existsSync(path.join(made.directory, "home/.local/share/corral")), false);
});

test("a unit that systemd does not get to run is told with what it said", async (t) => {
  const made = openHost(t);
  if (made === null) return;
  await made.fleet("deploy");
  const words = ["--token-file", token, "--listen", "127.0.0.1:0", "--", "--user", "nobody-of-this-name"];
  const { status, host } = await made.fleet("start", ...words);
  assert.deepEqual([status, host.error?.step], [1, "start"]);
  assert.match(host.error?.message ?? "", /^systemd did not start it: Job for .* failed\.: \[corral\] --user /);
  assert.equal(existsSync(path.join(made.directory, "home/.local/share/corral/agent")), false);
});

test("the unit is one that systemd can read", async (t) => {
  const made = openHost(t);
  if (made === null || !requires(t, program("systemd-analyze"))) return;
  await made.fleet("deploy");
  const file = path.join(made.directory, "units", unit);
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
  assert.deepEqual([status, stderr], [0, ""]);
});

expectNoLeftovers(bench);
