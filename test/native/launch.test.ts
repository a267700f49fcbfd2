import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { LauncherOptions, LaunchRequest } from "../../src/kernel/index.ts";
import { inheritAll, launch, launcherPath, nativeErrno, packageRoot, toByteBlock } from "../../src/kernel/index.ts";
import { openPackageRoot } from "../shared/readable-copy.ts";
import {
  launchAndRead,
  launchRequest,
  openDescriptors,
  plainEnv,
  readAll,
  requireAddonAlways,
  run,
  sleep,
  v1Root,
  v2Root,
  ways,
  whyNoGroup,
  withGroup,
  zombies,
} from "./support.ts";

const asRoot = process.getuid?.() === 0 ? false : "needs root";
const noV2 = whyNoGroup(v2Root);
const noV1 = whyNoGroup(v1Root);
const options = (change: Partial<LauncherOptions>): Partial<LaunchRequest> => ({
  launcherOptions: { ...inheritAll, ...change },
});
const simple = (sets: readonly { name: string; errno: number; effective: string | null }[]) =>
  sets.map(({ name, errno, effective }) => `${name} ${errno} ${effective}`);

function withScript<T>(text: string, mode: number, body: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "corral-native-"));
  const file = path.join(folder, "program");
  writeFileSync(file, text);
  chmodSync(file, mode);
  return body(file).finally(() => rmSync(folder, { recursive: true }));
}

for (const [way, by] of ways) {
  test(`the launcher becomes the workload and its status descriptor is gone (${way})`, async () => {
    const result = await by(() => launchAndRead("sh", ["-c", "echo $$; ls /proc/self/fd | wc -l; exit 9"]));
    const [pid] = result.stdout.split("\n");
    assert.deepEqual([result.ready, result.fail, result.sets], [true, null, []]);
    assert.equal(Number(pid), result.child.pid);
    assert.equal(result.exit.code, 9);
  });

  for (const beforeExec of [null, () => {}])
    test(`the workload gets its descriptors and no pipe of the launcher${beforeExec ? ", held or not" : ""} (${way})`, async () => {
      const { stdout } = await by(() =>
        launchAndRead("readlink", ["/proc/self/fd/3", "/proc/self/fd/4"], { beforeExec }),
      );
      assert.equal(stdout, "");
    });

  test(`the workload is in its group and has its attributes before it is let go (${way})`, { skip: noV2 }, async () => {
    await withGroup(v2Root, async (group) => {
      const seen: string[] = [];
      const beforeExec: LaunchRequest["beforeExec"] = async ({ child, sets }) => {
        await sleep(20);
        seen.push(readFileSync(`/proc/${child.pid}/comm`, "utf8"), readFileSync(`${group}/cgroup.procs`, "utf8"));
        seen.push(...simple(sets.filter(({ name }) => name === "nice")));
      };
      const cgroup = group;
      const result = await by(() => launchAndRead("echo", ["ran"], { ...options({ nice: 1 }), cgroup, beforeExec }));
      assert.equal(result.stdout, "ran\n");
      assert.deepEqual(seen, ["corral-launch\n", `${result.child.pid}\n`, "nice 0 1"]);
    });
  });

  test(`a workload whose beforeExec throws never runs and leaves no zombie (${way})`, async () => {
    const beforeExec = () => {
      throw new Error("refused");
    };
    await assert.rejects(
      by(() => launch(launchRequest("true", [], { beforeExec }))),
      { message: "refused" },
    );
    assert.deepEqual(zombies(), []);
  });

  test(`a workload that is to begin at a moment does not before, and has its own policy then (${way})`, async () => {
    const startAtNs = process.hrtime.bigint() + 300_000_000n;
    const policy = "cut -d ' ' -f 41 /proc/self/stat";
    const own = launchAndRead("sh", ["-c", policy]);
    const result = await by(() => launchAndRead("sh", ["-c", policy], { beforeExec: () => {}, startAtNs }));
    assert.ok((result.beganNs ?? 0n) >= startAtNs, `${result.beganNs} is before ${startAtNs}`);
    assert.equal(result.stdout, (await own).stdout);
    assert.equal((await launchAndRead("true", [], { beforeExec: () => {}, startAtNs: 1n })).fail, null);
  });

  test(`an abort ends a launcher that waits for its moment (${way})`, async () => {
    const startAtNs = process.hrtime.bigint() + 3_600_000_000_000n;
    const over = new AbortController();
    setTimeout(() => over.abort(), 100);
    const request = { beforeExec: () => {}, startAtNs, signal: over.signal };
    const result = await by(() => launch(launchRequest("true", [], request)));
    assert.equal((await result.child.exit).signal, 9);
    assert.equal(result.beganNs, null);
  });

  test(`a command that is not on PATH fails in stage exec with ENOENT and status 127 (${way})`, async () => {
    const result = await by(() => launchAndRead("corral-no-such-command", []));
    assert.deepEqual(result.fail, { stage: "exec", errno: 2, code: "ENOENT" });
    assert.equal(result.exit.code, 127);
  });

  test(`a command that may not be executed fails in stage exec with EACCES (${way})`, async () => {
    await withScript("#!/bin/sh\n", 0o644, async (file) => {
      const result = await by(() => launchAndRead(file, []));
      assert.deepEqual(result.fail, { stage: "exec", errno: 13, code: "EACCES" });
    });
  });

  test(`a script without an interpreter line runs in sh, as execvp does it (${way})`, async () => {
    await withScript('echo "script $1"\n', 0o755, async (file) => {
      assert.equal((await by(() => launchAndRead(file, ["one"]))).stdout, "script one\n");
    });
  });

  test(`a working directory that cannot be entered fails in stage workdir (${way})`, async () => {
    const result = await by(() => launchAndRead("true", [], options({ workdir: "/nonexistent" })));
    assert.deepEqual(result.fail, { stage: "workdir", errno: 2, code: "ENOENT" });
  });

  test(`attributes are set, read back and seen by the workload (${way})`, { skip: asRoot }, async () => {
    const result = await by(() =>
      launchAndRead(
        "sh",
        [
          "-c",
          "nice; cat /proc/self/oom_score_adj; ulimit -n; ulimit -Hn; pwd; id -u; id -g; id -G; taskset -cp $$ | sed 's/.*: //'",
        ],
        options({
          pgroup: true,
          nice: 5,
          oomScore: 321,
          ioprio: { class: 2, level: 7 },
          sched: { policy: 3, priority: 0 },
          affinity: "0",
          rlimits: [
            { resource: 7, soft: 123n, hard: 456n },
            { resource: 4, soft: 0n, hard: 0n },
          ],
          groups: [7, 8],
          gid: 65534,
          uid: 65534,
          workdir: "/tmp",
        }),
      ),
    );
    assert.equal(result.stdout, "5\n321\n123\n456\n/tmp\n65534\n65534\n65534 7 8\n0\n");
    assert.deepEqual(simple(result.sets), [
      `pgroup 0 ${result.child.pid}`,
      "oom-score 0 321",
      "nice 0 5",
      "ioprio 0 2:7",
      "sched 0 3:0",
      "affinity 0 0",
      "rlimit.7 0 123:456",
      "rlimit.4 0 0:0",
      "groups 0 7,8",
      "gid 0 65534",
      "uid 0 65534",
    ]);
  });

  test(`a failed attribute is reported and the workload runs, unless strict (${way})`, async () => {
    // 8191 is no cpu of this host.
    const lax = await by(() =>
      launchAndRead("echo", ["ran"], options({ affinity: "8191", joins: ["/nonexistent/tasks"] })),
    );
    assert.equal(lax.stdout, "ran\n");
    assert.deepEqual(
      lax.sets.map(({ name, code }) => [name, code]),
      [
        ["join", "ENOENT"],
        ["affinity", "EINVAL"],
      ],
    );
    const strict = await by(() => launchAndRead("echo", ["ran"], options({ affinity: "8191", strict: true })));
    assert.deepEqual(
      [strict.stdout, strict.fail, strict.exit.code],
      ["", { stage: "affinity", errno: 22, code: "EINVAL" }, 127],
    );
  });

  test(`a user that cannot be taken ends the launch although it is not strict (${way})`, { skip: asRoot }, async () => {
    const openLauncher = path.join(openPackageRoot(), path.relative(packageRoot(), launcherPath() ?? ""));
    const drop = ["run", "--uid", "65534", "--", openLauncher, "run", "--status", "1", "--uid", "0", "--", "id"];
    const { stdout, exit } = await by(() => run(openLauncher, drop));
    assert.equal(stdout, "ready\nfail uid 1\n");
    assert.equal(exit.code, 127);
  });

  test(`signals are at their default in the workload (${way})`, async () => {
    const { stdout } = await by(() => launchAndRead("grep", ["-E", "^Sig(Blk|Ign)", "/proc/self/status"]));
    assert.equal(stdout, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  });

  test(`a v1 tasks file is joined before the exec (${way})`, { skip: noV1 }, async () => {
    await withGroup(v1Root, async (group) => {
      const result = await by(() =>
        launchAndRead("cat", ["/proc/self/cgroup"], options({ joins: [`${group}/tasks`], strict: true })),
      );
      assert.deepEqual(simple(result.sets), [`join 0 ${group}/tasks`]);
      assert.match(result.stdout, new RegExp(`:cpu:${group.slice(v1Root.length)}$`, "m"));
    });
  });

  test(`a workload starts inside its v2 group (${way})`, { skip: noV2 }, async () => {
    await withGroup(v2Root, async (group) => {
      const result = await by(() => launchAndRead("cat", ["/proc/self/cgroup"], { cgroup: group }));
      assert.match(result.stdout, new RegExp(`^0::${group.slice(v2Root.length)}$`, "m"));
      const expected = way !== "node:child_process" ? [false, null] : [true, "no-addon"];
      assert.deepEqual([result.joinFallback, result.joinReason], expected);
    });
  });

  test(`a v2 group that is gone fails the launch instead of running outside (${way})`, { skip: noV2 }, async () => {
    const cgroup = `${v2Root}/corral-native-test-gone`;
    if (way !== "node:child_process") {
      await assert.rejects(launch(launchRequest("true", [], { cgroup })), (thrown) => nativeErrno(thrown) === "ENOENT");
      return;
    }
    const result = await by(() => launchAndRead("true", [], { cgroup }));
    assert.deepEqual(result.fail, { stage: "join", errno: 2, code: "ENOENT" });
  });

  test(`an aborted launch kills a launcher that hangs (${way})`, { skip: noV2 }, async () => {
    await withGroup(v2Root, async (group) => {
      writeFileSync(`${group}/cgroup.freeze`, "1");
      const controller = new AbortController();
      const launching = by(() => launch(launchRequest("true", [], { cgroup: group, signal: controller.signal })));
      // The timer would never come if the frozen child held the event loop.
      await sleep(100);
      controller.abort();
      const result = await launching;
      assert.equal((await result.child.exit).signal, 9);
      assert.equal(result.joinReason, way !== "node:child_process" ? "frozen" : "no-addon");
    });
  });
}

test("a group whose cgroup.kill was written is joined by the launcher when birth in it is deadly", {
  skip: noV2,
}, async (context) => {
  await withGroup(v2Root, async (group) => {
    writeFileSync(`${group}/cgroup.kill`, "1");
    const result = await launchAndRead("cat", ["/proc/self/cgroup"], { cgroup: group });
    assert.match(result.stdout, new RegExp(`^0::${group.slice(v2Root.length)}$`, "m"));
    assert.equal(result.exit.code, 0);
    context.diagnostic(`joinReason ${result.joinReason} on this kernel`);
    assert.equal(result.joinFallback, result.joinReason === "killed-at-birth");
  });
});

test("a status line cannot be forged by a path", async () => {
  const result = await launchAndRead("true", [], options({ joins: ["/nonexistent\nfail exec 1\\"] }));
  assert.equal(result.fail, null);
  assert.deepEqual(simple(result.sets), ["join 2 /nonexistent\nfail exec 1\\"]);
});

test("a reader of the status that went away does not stop the workload", async () => {
  const addon = requireAddonAlways();
  const [readEnd, writeEnd] = addon.pipe();
  const script = `exec 9>&-; ${launcherPath()} run --status 8 --nice 1 -- echo ran 8>&1 >&7 | true`;
  const { pidfd } = addon.spawn(
    "/bin/sh",
    toByteBlock(["sh", "-c", script]),
    toByteBlock(plainEnv),
    null,
    [-1, 1, 2, -1, -1, -1, -1, writeEnd],
    null,
    0,
  );
  (await import("node:fs")).closeSync(writeEnd);
  assert.equal(await readAll(addon, readEnd), "ran\n");
  while (addon.waitPidfd(pidfd) === null) await sleep(5);
  (await import("node:fs")).closeSync(pidfd);
});

test("malformed options are refused in stage usage", async () => {
  for (const bad of [
    ["--nice", "x"],
    ["--bogus", "1"],
    ["--rlimit", "7=1"],
    ["--affinity", "1-"],
    ["--sched", "3"],
    ["--nice", " 1"],
  ]) {
    const { stdout, exit } = await run(launcherPath() ?? "", ["run", "--status", "1", ...bad, "--", "echo", "ran"]);
    assert.deepEqual([stdout.replace("ready\n", ""), exit.code], ["fail usage 22\n", 127], bad.join(" "));
  }
});

test("a thousand launches leave no zombie and no descriptor", async () => {
  await (await launch(launchRequest("true", []))).child.exit;
  const before = openDescriptors().length;
  for (let batch = 0; batch < 100; batch += 1)
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const { child, fail } = await launch(launchRequest("true", []));
        assert.equal(fail, null);
        assert.equal((await child.exit).code, 0);
      }),
    );
  assert.equal(openDescriptors().length, before);
  assert.deepEqual(zombies(), []);
  assert.ok(readFileSync("/proc/self/stat", "utf8").length > 0);
});
