import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { before, test } from "node:test";
import {
  assertApplied,
  assertRefused,
  fixture,
  outcomeOf,
  type RunOptions,
  read,
  run,
  startJob,
  v2,
} from "../support.ts";

const mib = 2 ** 20;
const user = 1000;
const runtime = `/run/user/${user}`;
const script = ["sh", "-c", `id -u; cat /proc/self/cgroup; exec ${fixture("touch-memory")} 200`];

/** Corral as the user whose own systemd runs. */
const loggedIn: RunOptions = {
  through: ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"],
  env: { XDG_RUNTIME_DIR: runtime, HOME: runtime },
};

before(() => void execFileSync("systemctl", ["start", `user@${user}`]));

for (const flags of [["--scope", "systemd"], []]) {
  test(`a user's own systemd makes the scope (${flags.join(" ") || "--scope auto"})`, async () => {
    const job = startJob([...flags, "--memory-limit", "64"], script, loggedIn);
    const { status, stdout, stderr, report } = await job.ended;
    const slice = `/user.slice/user-${user}.slice/user@${user}.service/app.slice`;
    assert.equal(stdout, `${user}\n0::${slice}/corral-${job.id}.scope/corral-${job.id}\n`, stderr);
    assertApplied(report, "memory-limit");
    assert.deepEqual(
      [status, report.exit_reason, report.scope, report.usage.memory_peak_bytes],
      [137, "oom", "systemd", 64 * mib],
    );
  });
}

test("a controller that the user's systemd does not pass on costs its own limits only", async () => {
  const controllers = read(`${v2}/user.slice/user-${user}.slice/user@${user}.service/cgroup.controllers`);
  assert.ok(!controllers.includes("cpuset"), `this systemd delegates ${controllers}`);
  const { status, report } = await run(["--cpuset", "1", "--cpu-weight", "50"], ["true"], loggedIn);
  const outcomes = [outcomeOf(report, "cpuset").status, outcomeOf(report, "cpu-weight").status];
  assert.deepEqual([status, ...outcomes], [0, "not_enforceable", "applied"]);
});

test("a service that systemd delegated to a user holds limits without D-Bus", async () => {
  const service = ["systemd-run", "--quiet", "--wait", "--pipe", `--uid=${user}`, "-p", "Delegate=yes"];
  const withoutBus = ["env", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent", `HOME=${runtime}`];
  const job = startJob(["--memory-limit", "64"], script, { through: [...service, "--", ...withoutBus] });
  const { status, stdout, stderr, report } = await job.ended;
  assertApplied(report, "memory-limit");
  assert.match(stdout, new RegExp(`^${user}\n0::/system.slice/run-u\\d+.service/corral-${job.id}\n$`), stderr);
  assert.deepEqual([status, report.scope, report.exit_reason], [137, "cgroupfs", "oom"]);
});

test("without a bus and without delegation --scope systemd is an error and --scope auto a warning", async () => {
  const noBus: RunOptions = { ...loggedIn, env: { HOME: runtime, XDG_RUNTIME_DIR: "/nonexistent" } };
  const env = { ...noBus.env, DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent" };
  const refused = await run(["--scope", "systemd", "--memory-limit", "64"], ["true"], { ...noBus, env });
  assertRefused(refused, /^systemd could not be asked for a scope: /);
  const { status, stderr, report } = await run(["--memory-limit", "64"], ["true"], { ...noBus, env });
  assert.deepEqual([status, outcomeOf(report, "memory-limit").status], [0, "not_enforceable"]);
  assert.match(stderr, /^\[corral\] WARNING: Cannot create cgroup \(permission denied\)$/m);
});
