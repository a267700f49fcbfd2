import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { until } from "../../shared/timing.ts";
import { ownCorral, placeOf } from "../attached.ts";
import { fixture, read, v2 } from "../support.ts";

const systemctl = (...args: readonly string[]): string => execFileSync("systemctl", args, { encoding: "utf8" }).trim();

test("a unit's process is not taken out of it, unless forced, then limited in a scope, and goes back", async () => {
  using corral = ownCorral();
  const unit = `vmtest-unit-${process.pid}`;
  execFileSync("systemd-run", ["--quiet", `--unit=${unit}.service`, fixture("burn-cpu"), "300"]);
  try {
    const pid = Number(systemctl("show", "--property=MainPID", "--value", `${unit}.service`));
    const from = `/system.slice/${unit}.service`;
    assert.equal(placeOf(pid), from);
    const flags = ["attach", "--pid", String(pid), "--job-id", "of-a-unit", "--pids-max", "9", "--once"];

    const refused = corral.run(...flags);
    assert.equal(refused.status, 125);
    assert.match(
      refused.err,
      new RegExp(`belongs to the systemd unit "${unit}.service", and these limits would move it out; `),
    );
    assert.equal(placeOf(pid), from);

    const nice = corral.run("attach", "--pid", String(pid), "--job-id", "in-place", "--nice", "5", "--once");
    assert.deepEqual([nice.status, placeOf(pid)], [0, from], nice.err);
    assert.equal(corral.run("detach", "in-place").status, 0);

    const forced = corral.run(...flags, "--force-move", "--scope", "systemd", "--strict");
    assert.equal(forced.status, 0, forced.err);
    const group = "/system.slice/corral-of-a-unit.scope/corral-of-a-unit";
    assert.deepEqual([placeOf(pid), read(`${v2}${group}/pids.max`)], [group, "9"]);

    const detached = corral.run("detach", "of-a-unit");
    assert.equal(detached.status, 0, detached.err);
    assert.equal(placeOf(pid), from);
    await until("the scope is gone", () => !existsSync(`${v2}/system.slice/corral-of-a-unit.scope`));
    assert.equal(systemctl("is-active", `${unit}.service`), "active");
  } finally {
    systemctl("stop", `${unit}.service`);
  }
});
