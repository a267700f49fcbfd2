import assert from "node:assert/strict";
import { test } from "node:test";
import { leftoversOf, requireVm, runScript } from "./support.ts";

const asUser = "setpriv --reuid=1000 --regid=1000 --clear-groups env XDG_RUNTIME_DIR=/run/user/1000";
const inspect =
  'cat /proc/self/cgroup; d=/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup); mkdir "$d/leaf" && echo delegated; id -u';

test("systemd runs, makes transient scopes, delegates to an unprivileged user, and the user's own makes scopes too", async (t) => {
  if (!(await requireVm(t))) return;
  const run = await runScript(
    [
      "cat /proc/1/comm",
      "systemctl is-system-running --wait",
      `systemd-run --quiet --scope -p MemoryMax=64M sh -c 'cat /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.max'`,
      `systemd-run --quiet --wait --pipe --uid=1000 --unit=mine -p Delegate=yes sh -c '${inspect}'`,
      `systemctl start user@1000 && ${asUser} systemd-run --quiet --user --unit=mine --scope -p MemoryMax=64M cat /proc/self/cgroup`,
      `busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager ` +
        `StartTransientUnit 'ssa(sv)a(sa(sv))' moved.scope fail 1 PIDs au 1 $$ 0`,
      "until grep -q moved.scope /proc/self/cgroup; do sleep 0.1; done; cat /proc/self/cgroup; exit 42",
    ].join("\n"),
    // test/vm/systemd has the latest kernel.
    { init: "systemd", kernel: "debian-stable" },
  );
  assert.equal(run.exitStatus, 42, run.output);
  const lines = run.output.trimEnd().split("\n");
  assert.match(lines[7] ?? "", /^o "\/org\/freedesktop\/systemd1\/job\/\d+"$/);
  assert.deepEqual(lines.toSpliced(7, 1), [
    ...["systemd", "running", "67108864"],
    ...["0::/system.slice/mine.service", "delegated", "1000"],
    "0::/user.slice/user-1000.slice/user@1000.service/app.slice/mine.scope",
    "0::/system.slice/moved.scope",
  ]);
  assert.deepEqual(leftoversOf(run.directory), []);
  t.diagnostic(`${run.kernelRelease}: boot ${run.bootMs?.toFixed(0)} ms, whole ${run.durationMs.toFixed(0)} ms`);
});
