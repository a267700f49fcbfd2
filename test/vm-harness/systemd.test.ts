import assert from "node:assert/strict";
import { test } from "node:test";
import { leftoversOf, requireVm, runScript } from "./support.ts";

test("systemd runs, makes transient scopes and delegates to an unprivileged user", async (t) => {
  if (!(await requireVm(t))) return;
  const inspect =
    'cat /proc/self/cgroup; d=/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup); mkdir "$d/leaf" && echo delegated; id -u';
  const run = await runScript(
    [
      "cat /proc/1/comm",
      "systemctl is-system-running --wait",
      `systemd-run --quiet --scope -p MemoryMax=64M sh -c 'cat /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.max'`,
      `systemd-run --quiet --wait --pipe --uid=1000 --unit=mine -p Delegate=yes sh -c '${inspect}'`,
      `busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager ` +
        `StartTransientUnit 'ssa(sv)a(sa(sv))' moved.scope fail 1 PIDs au 1 $$ 0`,
      "sleep 1; cat /proc/self/cgroup; exit 42",
    ].join("\n"),
    { init: "systemd", kernel: "debian-latest" },
  );
  assert.equal(run.exitStatus, 42, run.output);
  const lines = run.output.trimEnd().split("\n");
  assert.match(lines[6] ?? "", /^o "\/org\/freedesktop\/systemd1\/job\/\d+"$/);
  assert.deepEqual(lines.toSpliced(6, 1), [
    ...["systemd", "running", "67108864"],
    ...["0::/system.slice/mine.service", "delegated", "1000"],
    "0::/system.slice/moved.scope",
  ]);
  assert.deepEqual(leftoversOf(run.directory), []);
  t.diagnostic(`${run.kernelRelease}: boot ${run.bootMs?.toFixed(0)} ms, whole ${run.durationMs.toFixed(0)} ms`);
});

test("the user's own systemd makes scopes without root", async (t) => {
  if (!(await requireVm(t))) return;
  const asUser = "setpriv --reuid=1000 --regid=1000 --clear-groups env XDG_RUNTIME_DIR=/run/user/1000";
  const run = await runScript(
    `systemctl start user@1000 && ${asUser} systemd-run --quiet --user --unit=mine --scope -p MemoryMax=64M cat /proc/self/cgroup`,
    { init: "systemd" },
  );
  assert.equal(run.exitStatus, 0, run.output);
  assert.equal(run.output, "0::/user.slice/user-1000.slice/user@1000.service/app.slice/mine.scope\n");
});
