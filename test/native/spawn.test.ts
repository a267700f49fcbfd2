import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, realpathSync } from "node:fs";
import { test } from "node:test";
import { nativeErrno, requireAddon, signalName, spawnProcess } from "../../src/kernel/index.ts";
import { openDescriptors, plainEnv, readAll, run, spawnMode, ways, zombies } from "./support.ts";

const sh = (script: string) => run("/bin/sh", ["-c", script]);

function inheritable(): string[] {
  // Descriptors of the test runner that lack close-on-exec pass to every child, as they do in C.
  return openDescriptors().filter((fd) => {
    try {
      return (
        (Number.parseInt(/flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "0", 8) &
          0o2000000) ===
        0
      );
    } catch {
      return false;
    }
  });
}

for (const [name, way] of ways) {
  test(`an exit code is reported (${name})`, async () => {
    const { exit } = await way(() => sh("exit 7"));
    assert.deepEqual([exit.code, exit.signal], [7, null]);
  });

  test(`a signal is reported by number (${name})`, async () => {
    const { exit } = await way(() => sh("kill -TERM $$"));
    assert.deepEqual([exit.code, exit.signal === null ? null : signalName(exit.signal)], [null, "SIGTERM"]);
  });

  test(`arguments, environment and argv[0] arrive byte for byte (${name})`, async () => {
    const { stdout } = await way(() =>
      run("/bin/sh", ["-c", 'printf "%s|" "$0" "$@" "$X"', "zero", "a b", "", "ü\n"], ["X=y=z"]),
    );
    assert.equal(stdout, "zero|a b||ü\n|y=z|");
  });

  test(`a program that does not exist is ENOENT (${name})`, async () => {
    await assert.rejects(
      way(() => run("/nonexistent/program", [])),
      (thrown) => nativeErrno(thrown) === "ENOENT",
    );
  });

  test(`a program that may not be executed is EACCES (${name})`, async () => {
    await assert.rejects(
      way(() => run("/proc/version", [])),
      (thrown) => nativeErrno(thrown) === "EACCES",
    );
  });

  test(`a working directory that does not exist is ENOENT (${name})`, async () => {
    const request = {
      file: "/bin/true",
      argv: ["true"],
      env: [],
      cwd: "/nonexistent",
      fds: [],
      cgroup: null,
      mode: spawnMode(),
    };
    await assert.rejects(
      way(() => spawnProcess(request)),
      (thrown) => nativeErrno(thrown) === "ENOENT",
    );
  });

  test(`kill tells whether the child was still there (${name})`, async () => {
    const child = await way(() =>
      spawnProcess({
        file: "/bin/sleep",
        argv: ["sleep", "60"],
        env: [],
        cwd: null,
        fds: [-1, -1, -1],
        cgroup: null,
        mode: spawnMode(),
      }),
    );
    assert.equal(child.kill(15), true);
    assert.equal((await child.exit).signal, 15);
    assert.equal(child.kill(15), false);
    assert.equal(child.pidfd, null);
  });

  test(`the end of a child is told once, with the addon before its pid can be another's (${name})`, async () => {
    const child = await way(() =>
      spawnProcess({
        file: "/bin/true",
        argv: ["true"],
        env: [],
        cwd: null,
        fds: [-1, -1, -1],
        cgroup: null,
        mode: spawnMode(),
      }),
    );
    const told: (readonly [boolean, boolean])[] = [];
    child.onEnd((reaped) => told.push([reaped, zombies().includes(child.pid)]));
    await child.exit;
    const late = await new Promise<boolean>((resolve) => child.onEnd(resolve));
    const reaped = name.startsWith("node");
    assert.deepEqual([told, late], [[[reaped, !reaped]], true]);
  });

  test(`a NUL in an argument is refused instead of cutting it (${name})`, async () => {
    await assert.rejects(
      way(() => run("/bin/true", ["a\0b"])),
      { code: "START_FAILED" },
    );
  });
}

test("a failed exec names the call, keeps the errno and leaves no zombie and no descriptor", async () => {
  const before = openDescriptors().length;
  await assert.rejects(
    spawnProcess({
      file: "/nonexistent",
      argv: ["x"],
      env: [],
      cwd: null,
      fds: [0, 1, 2],
      cgroup: null,
      mode: spawnMode(),
    }),
    (thrown: Error & { code: string; found: string }) => {
      assert.deepEqual([thrown.code, thrown.found, thrown.message], ["NATIVE_CALL", "ENOENT", "execve failed: ENOENT"]);
      const { code, errno, syscall } = thrown.cause as NodeJS.ErrnoException;
      assert.deepEqual({ code, errno, syscall }, { code: "ENOENT", errno: -2, syscall: "execve" });
      return true;
    },
  );
  assert.equal(openDescriptors().length, before);
  assert.deepEqual(zombies(), []);
});

test("resource usage comes with the exit", async () => {
  const { exit } = await sh("i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done");
  assert.ok(exit.usage !== null && exit.usage.userUs > 1000, JSON.stringify(exit.usage));
  assert.ok(exit.usage.minorFaults > 0);
});

test("the peak memory is unknown when this process hides it and a number when the child is larger", async () => {
  const small = await run("/bin/true", []);
  assert.equal(small.exit.usage?.maxRssBytes, null);
  const bytes = 300 * 1024 * 1024;
  const large = await run(process.execPath, ["-e", `Buffer.alloc(${bytes}, 1)`]);
  assert.ok((large.exit.usage?.maxRssBytes ?? 0) > bytes, JSON.stringify(large.exit));
});

test("a core dump is told from a plain death by signal", async () => {
  const { exit } = await sh("ulimit -c 0; kill -SEGV $$");
  assert.deepEqual([exit.signal, exit.coreDumped], [11, false]);
  // Whether a core is really written depends on the host's core_pattern; both facts are read from waitid.
  assert.equal(typeof (await sh("ulimit -c unlimited 2>/dev/null; cd /tmp; kill -QUIT $$")).exit.coreDumped, "boolean");
});

test("descriptors are mapped by index, swaps and duplicates included", async () => {
  const addon = requireAddon();
  const names = ["/dev/null", "/dev/zero", "/dev/full", "/proc/version"];
  // Low numbers on purpose: the map of the child overlaps the numbers of the parent.
  const opened = names.map((name) => openSync(name, "r"));
  const [a = -1, b = -1, c = -1, d = -1] = opened;
  const [readEnd, writeEnd] = addon.pipe();
  const size = Math.max(...opened, writeEnd) + 1;
  const fds = Array.from({ length: size }, () => -1);
  fds[1] = writeEnd;
  fds[a] = b;
  fds[b] = c;
  fds[c] = a;
  fds[d] = d;
  fds[0] = a;
  const wanted = new Map([
    [0, names[0]],
    [a, names[1]],
    [b, names[2]],
    [c, names[0]],
    [d, names[3]],
  ]);
  const script = [...wanted.keys()].map((fd) => `echo ${fd} $(readlink /proc/$$/fd/${fd})`).join(";");
  const child = await spawnProcess({
    file: "/bin/sh",
    argv: ["sh", "-c", script],
    env: plainEnv,
    cwd: null,
    fds,
    cgroup: null,
    mode: spawnMode(),
  });
  for (const fd of [...opened, writeEnd]) closeSync(fd);
  const lines = (await readAll(addon, readEnd)).trim().split("\n");
  assert.deepEqual(
    lines,
    [...wanted].map(([fd, name]) => `${fd} ${realpathSync(name ?? "")}`),
  );
  await child.exit;
});

test("the child has the mapped descriptors and no other that is close-on-exec", async () => {
  const { stdout } = await run("/bin/ls", ["/proc/self/fd"]);
  const passed = stdout.trim().split("\n");
  // 0 was asked to be closed, so ls itself opened the directory there.
  const unexpected = passed.filter((fd) => !["0", "1", "2"].includes(fd) && !inheritable().includes(fd));
  assert.deepEqual(unexpected, []);
});

test("every signal is at its default in the child and none is blocked, although Node ignores SIGPIPE", async () => {
  const { stdout } = await run("/bin/sh", ["-c", "grep -E '^Sig(Blk|Ign)' /proc/self/status"]);
  assert.equal(stdout, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
});

test("an unreferenced child does not keep the process alive", async () => {
  const child = await spawnProcess({
    file: "/bin/sleep",
    argv: ["sleep", "60"],
    env: [],
    cwd: null,
    fds: [-1, -1, -1],
    cgroup: null,
    mode: spawnMode(),
  });
  child.unref();
  child.ref();
  child.kill(9);
  assert.equal((await child.exit).signal, 9);
});

test("thousands of spawns under garbage collection lose no exit, no descriptor and no memory of the parent", async () => {
  await run("/bin/true", []);
  const before = openDescriptors().length;
  const total = 3000;
  const limit = performance.now() + 10_000;
  const kept: unknown[] = [];
  let done = 0;
  const worker = async (): Promise<void> => {
    while (done < total && performance.now() < limit) {
      done += 1;
      const code = done % 200;
      kept[done % 50] = Array.from({ length: 2000 }, (_item, index) => ({ index, text: `${done}:${index}` }));
      const child = await spawnProcess({
        file: "/bin/sh",
        argv: ["sh", "-c", `exit ${code}`],
        env: [`N=${"x".repeat(done % 5000)}`],
        cwd: "/",
        fds: [-1, -1, -1],
        cgroup: null,
        mode: spawnMode(),
      });
      assert.equal((await child.exit).code, code);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  assert.ok(done >= 1000, `only ${done} spawns in 10 s`);
  assert.equal(openDescriptors().length, before);
  assert.deepEqual(zombies(), []);
});

test("thousands of failing spawns leak nothing", async () => {
  const before = openDescriptors().length;
  for (let attempt = 0; attempt < 2000; attempt += 1)
    await assert.rejects(
      spawnProcess({
        file: "/nonexistent",
        argv: ["x"],
        env: [],
        cwd: null,
        fds: [0],
        cgroup: null,
        mode: spawnMode(),
      }),
    );
  assert.equal(openDescriptors().length, before);
  assert.deepEqual(zombies(), []);
});
