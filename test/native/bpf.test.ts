import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, type TestContext, test } from "node:test";
import type { BpfLifecycle, BpfOptions, BpfProgram, BpfRecord } from "../../src/kernel/index.ts";
import {
  bpfLayout,
  identityOf,
  launcherPath,
  openBpfLifecycle,
  openBpfOpens,
  openBpfReadline,
  packageRoot,
  requireAddon,
} from "../../src/kernel/index.ts";
import { CorralError } from "../../src/report/index.ts";
import { openPackageRoot } from "../shared/readable-copy.ts";
import { program, requires, root } from "../shared/requires.ts";
import { scaled } from "../shared/timing.ts";
import { openDescriptors, run, v2Root, until as waitUntil, whyNoGroup, withGroup, withoutAddon } from "./support.ts";

const until = (condition: () => boolean): Promise<void> => waitUntil(condition, scaled(5000));

const addonPath = launcherPath()?.replace(/corral-launch$/, "corral.node") ?? "";
const everything: BpfOptions = { ringBytes: 8 << 20, cgroup: null };

const folder = mkdtempSync(path.join(tmpdir(), "corral-bpf-"));
after(() => rmSync(folder, { recursive: true }));

/** Opens programs for the test, or skips it with the kernel's reason. */
function openOrSkip<R>(t: TestContext, open: () => BpfProgram<R>): BpfProgram<R> | null {
  try {
    const opened = open();
    t.after(() => opened.close());
    return opened;
  } catch (thrown) {
    t.skip(`no BPF here: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return null;
  }
}

const lifecycleOrSkip = (t: TestContext, options = everything) => openOrSkip(t, () => openBpfLifecycle(options));

/** Reads everything that has arrived. */
function readAll<R>(opened: BpfProgram<R>): R[] {
  const records: R[] = [];
  for (let some = opened.read(512); some.length > 0; some = opened.read(512)) records.push(...some);
  return records;
}

/** Runs a program to its end and returns its records. */
async function recordsOf(opened: BpfProgram<BpfLifecycle>, file: string, args: readonly string[]) {
  const child = spawn(file, args, { stdio: "ignore", argv0: file });
  const tgid = child.pid ?? 0;
  const records: BpfLifecycle[] = [];
  await until(() => {
    records.push(...readAll(opened));
    return records.some((record) => record.kind === "exit" && record.tgid === tgid);
  });
  return { tgid, records: records.filter((record) => record.tgid === tgid) };
}

async function execOf(opened: BpfProgram<BpfLifecycle>, file: string, args: readonly string[]) {
  const { records } = await recordsOf(opened, file, args);
  const exec = records.find((record) => record.kind === "exec");
  assert.ok(exec?.kind === "exec");
  const { comm, filename, exe, argv, argvTruncated } = exec;
  return { comm, filename, exe, argv, argvTruncated };
}

/** A program of this name that ends at once. */
function namedProgram(name: string): string {
  const file = path.join(folder, name);
  copyFileSync("/bin/true", file);
  chmodSync(file, 0o755);
  return file;
}

test("the fields of the records are where the decoder looks for them", () => {
  assert.deepEqual(requireAddon().bpfLayout(), bpfLayout);
});

test("the life of a process is told with what the kernel knows of it", async (t) => {
  const opened = lifecycleOrSkip(t);
  if (opened === null) return;
  const before = process.hrtime.bigint();
  const child = spawn("/bin/sleep", ["600"], { stdio: "ignore" });
  const tgid = child.pid ?? 0;
  const identity = identityOf(tgid);
  child.kill("SIGKILL");
  const records: BpfLifecycle[] = [];
  await until(() => {
    records.push(...readAll(opened).filter((record) => record.tgid === tgid));
    return records.length === 3;
  });
  const uid = process.getuid?.() ?? 0;
  const common = { timestampNs: 0n, startTicks: identity?.startTicks, cgroupId: 0n, tgid, ppid: process.pid, uid };
  assert.deepEqual(
    records.map((record) => ({ ...record, timestampNs: 0n, cgroupId: 0n })),
    [
      { ...common, kind: "fork" },
      {
        ...common,
        kind: "exec",
        comm: "sleep",
        filename: "/bin/sleep",
        exe: realpathSync("/bin/sleep"),
        argv: ["/bin/sleep", "600"],
        argvTruncated: false,
      },
      { ...common, kind: "exit", status: 9 },
    ],
  );
  const times = records.map(({ timestampNs }) => timestampNs);
  assert.ok(times.every((time, index) => time > (times[index - 1] ?? before)));
  assert.ok(times.every((time) => time < process.hrtime.bigint()));
});

for (const [script, status] of [
  ["exit 42", 42 << 8],
  ["ulimit -c 0; kill -SEGV $$", 11],
] as const)
  test(`the status is that of wait(2): ${script}`, async (t) => {
    const opened = lifecycleOrSkip(t);
    if (opened === null) return;
    const { records } = await recordsOf(opened, "/bin/bash", ["-c", script]);
    const exit = records.at(-1);
    assert.deepEqual(exit?.kind === "exit" ? exit.status : null, status);
  });

test("a core dump shows in the status as it does to the parent", async (t) => {
  const opened = lifecycleOrSkip(t);
  if (opened === null) return;
  const script = `cd ${folder} && ulimit -c unlimited; kill -SEGV $$`;
  const { exit } = await run("/bin/bash", ["-c", script]);
  const ends = readAll(opened).flatMap((record) => (record.kind === "exit" ? [record] : []));
  const status = 11 | (exit.coreDumped === true ? 0x80 : 0);
  assert.ok(ends.some((record) => record.ppid === process.pid && record.status === status));
});

test("a process that vfork(2) makes is told like any other", async (t) => {
  if (!requires(t, program("python3"))) return;
  const opened = lifecycleOrSkip(t);
  if (opened === null) return;
  // posix_spawn(3) of glibc uses CLONE_VFORK.
  const script = `import os; os.waitpid(os.posix_spawn("/bin/true", ["/bin/true"], {}), 0)`;
  const child = spawn("/usr/bin/python3", ["-c", script], { stdio: "ignore" });
  const records: BpfLifecycle[] = [];
  await until(() => {
    records.push(...readAll(opened));
    return records.some((record) => record.kind === "exit" && record.tgid === child.pid);
  });
  assert.deepEqual(
    records.filter(({ ppid }) => ppid === child.pid).map(({ kind }) => kind),
    ["fork", "exec", "exit"],
  );
});

test("names and arguments that are not UTF-8, or hold what terminals and JSON do not, arrive as they are", async (t) => {
  const opened = lifecycleOrSkip(t);
  if (opened === null) return;
  const name = 'a "b\\\n\u001b[31m\u2603';
  const file = namedProgram(name);
  const plain = ["", " ", "a\nb", '"', "\u{1f600}"];
  const comm = Buffer.from(name).subarray(0, 15).toString("utf8").replace("\ufffd", "");
  const seen = await execOf(opened, file, plain);
  assert.deepEqual(
    { ...seen, comm: seen.comm.slice(0, comm.length) },
    { comm, filename: file, exe: realpathSync(file), argv: [file, ...plain], argvTruncated: false },
  );
  const raw = await run("/usr/bin/env", ["true"]);
  assert.equal(raw.exit.code, 0);
  // A shell makes the bytes that JavaScript's spawn cannot.
  const child = spawn("/bin/bash", ["-c", "exec /bin/true $'x\\xff\\xfey'"], { stdio: "ignore" });
  const records: BpfLifecycle[] = [];
  await until(() => {
    records.push(...readAll(opened).filter((record) => record.tgid === child.pid));
    return records.some((record) => record.kind === "exit");
  });
  const argvs = records.flatMap((record) => (record.kind === "exec" ? [record.argv] : []));
  assert.deepEqual(argvs.at(-1), ["/bin/true", "x\udcff\udcfey"]);
});

test("long paths and arguments are cut off, and say so", async (t) => {
  const opened = lifecycleOrSkip(t);
  if (opened === null) return;
  const deep = path.join(folder, "d".repeat(200), "e".repeat(100));
  mkdirSync(path.dirname(deep), { recursive: true });
  copyFileSync("/bin/true", deep);
  const long = await execOf(opened, deep, ["x"]);
  assert.deepEqual([long.filename, long.exe], [deep.slice(0, 255), realpathSync(deep)]);
  const many = await execOf(opened, "/bin/true", ["y".repeat(600)]);
  assert.deepEqual(many, {
    comm: "true",
    filename: "/bin/true",
    exe: realpathSync("/bin/true"),
    argv: ["/bin/true", "y".repeat(512 - "/bin/true".length - 1)],
    argvTruncated: true,
  });
  const exact = "z".repeat(512 - "/bin/true".length - 2);
  assert.deepEqual((await execOf(opened, "/bin/true", [exact])).argvTruncated, false);
  const character = await execOf(opened, "/bin/true", [`${"y".repeat(501)}\u2603`]);
  assert.deepEqual(character.argv?.at(-1), "y".repeat(501));
});

test("threads that start and end are not told", async (t) => {
  if (!requires(t, program("python3"))) return;
  const opened = lifecycleOrSkip(t);
  if (opened === null) return;
  const script = `
import threading
threads = [threading.Thread(target=lambda: None) for _ in range(50)]
for thread in threads: thread.start()
for thread in threads: thread.join()`;
  const { records } = await recordsOf(opened, "/usr/bin/python3", ["-c", script]);
  assert.deepEqual(
    records.map(({ kind }) => kind),
    ["fork", "exec", "exit"],
  );
});

test("a reader that stalls with a small ring loses records and counts each of them", async (t) => {
  const opened = lifecycleOrSkip(t, { ...everything, ringBytes: 4096 });
  if (opened === null) return;
  const forks = 300;
  await run("/bin/bash", ["-c", `for ((i = 0; i < ${forks}; i += 1)); do (exit 0); done`]);
  const kept = readAll(opened).length;
  assert.ok(
    kept < forks && kept + opened.lost() + opened.misses() >= 2 * forks + 3,
    `${kept} kept, ${opened.lost()} lost`,
  );
  const lost = opened.lost();
  const { records } = await recordsOf(opened, "/bin/true", []);
  assert.deepEqual([records.length, opened.lost()], [3, lost]);
});

test("without wake-ups the ring fills in silence, with them every record is told", async (t) => {
  const opened = lifecycleOrSkip(t);
  if (opened === null) return;
  let woken = 0;
  const watcher = opened.watch(() => {
    woken += readAll(opened).length === 0 ? 0 : 1;
  }, assert.fail);
  t.after(() => watcher.close());
  opened.setWaking(false);
  await run("/bin/true", []);
  readAll(opened);
  const before = woken;
  for (let round = 0; round < 5; round += 1) await run("/bin/true", []);
  assert.ok(woken - before <= 1, `woken ${woken - before} times`);
  opened.setWaking(true);
  readAll(opened);
  const silent = woken;
  await run("/bin/true", []);
  await until(() => woken > silent);
});

test("only processes in the group are told when asked for, with or without those below it", async (t) => {
  const reason = whyNoGroup(v2Root);
  if (!requires(t, reason === false ? null : reason)) return;
  await withGroup(v2Root, async (group) => {
    const [id, parentId] = [group, path.dirname(group)].map((one) => statSync(one, { bigint: true }).ino);
    const filters = [
      { id: id ?? 0n, subtree: false },
      { id: parentId ?? 0n, subtree: true },
      { id: parentId ?? 0n, subtree: false },
    ];
    const programs = filters.map((cgroup) => lifecycleOrSkip(t, { ringBytes: 1 << 20, cgroup }));
    const inside = ["-c", `echo $$ > ${group}/cgroup.procs; /bin/true; :`];
    await run("/bin/bash", inside);
    await run("/bin/true", []);
    const told = programs.map((opened) => (opened === null ? [] : readAll(opened)));
    const kinds = told.map((records) => records.map(({ kind, cgroupId }) => [kind, cgroupId === id]));
    // Of the shell only the end: it came into the group after its exec.
    const expected = [
      ["fork", true],
      ["exec", true],
      ["exit", true],
      ["exit", true],
    ];
    if (programs[0] !== null) assert.deepEqual(kinds, [expected, expected, []]);
  });
});

test("opened files are told with flags and result, one's own are not", async (t) => {
  const opened = openOrSkip(t, () => openBpfOpens(everything));
  if (opened === null) return;
  const missing = path.join(folder, "missing");
  const wanted = [missing, "/etc/hostname"];
  statSync(folder);
  writeFileSync(path.join(folder, "own"), "");
  const child = spawn("/bin/cat", [missing, "/etc/hostname"], { stdio: "ignore" });
  const tgid = child.pid ?? 0;
  const records: BpfRecord[] = [];
  await until(() => {
    records.push(...readAll(opened));
    return records.some((record) => record.kind === "open" && record.tgid === tgid && record.path === "/etc/hostname");
  });
  const told = records.flatMap((record) =>
    record.kind === "open" && record.tgid === tgid && wanted.includes(record.path)
      ? [[record.comm, record.path, record.flags, record.result]]
      : [],
  );
  assert.deepEqual(told, [
    ["cat", missing, 0, -2],
    ["cat", "/etc/hostname", 0, 3],
  ]);
  assert.deepEqual(
    records.filter(({ tgid: whose }) => whose === process.pid),
    [],
  );
});

test("a line that bash reads from its terminal is told", async (t) => {
  if (!requires(t, program("script"))) return;
  const opened = openOrSkip(t, () => openBpfReadline(everything));
  if (opened === null) return;
  const child = spawn("script", ["-qec", "/bin/bash --norc -i", "/dev/null"], {
    stdio: ["pipe", "ignore", "ignore"],
    env: { ...process.env, HISTFILE: "", TERM: "dumb" },
  });
  t.after(() => child.kill());
  child.stdin.write(`echo "corral reads"\n: ${"x".repeat(300)}\n`);
  const lines: BpfRecord[] = [];
  await until(() => {
    lines.push(...readAll(opened));
    return lines.some((record) => record.kind === "readline" && record.truncated);
  });
  assert.deepEqual(
    lines.map((record) => (record.kind === "readline" ? [record.comm, record.text, record.truncated] : [])),
    [
      ["bash", 'echo "corral reads"', false],
      ["bash", `: ${"x".repeat(253)}`, true],
    ],
  );
});

test("a program without a function readline is refused", (t) => {
  if (!requires(t, root())) return;
  assert.throws(() => openBpfReadline(everything, "/bin/true"), {
    code: "NATIVE_CALL",
    message: "/bin/true has no function readline of its own",
  });
});

test("closed programs give back every descriptor and every mapping, and read nothing", async (t) => {
  const first = lifecycleOrSkip(t);
  if (first === null) return;
  const maps = () => execFileSync("/bin/grep", ["-c", "bpf-map", `/proc/${process.pid}/maps`], { encoding: "utf8" });
  const [before, mapped] = [openDescriptors().length, maps()];
  const nobodys = { uid: 1, comm: "nobodys", exe: "/nobodys", anyMounts: true, directory: folder, id: 1 };
  writeFileSync(path.join(folder, "cgroup.procs"), "");
  for (let round = 0; round < 20; round += 1) {
    for (const open of [openBpfLifecycle, openBpfOpens, openBpfReadline]) {
      const opened = open({ ...everything, ringBytes: 1 << 16 });
      opened.mover.addProgram(nobodys);
      opened.close();
      opened.close();
      assert.deepEqual([opened.read(1), opened.writtenTo === opened.readTo], [[], opened.writtenTo === opened.readTo]);
    }
  }
  assert.deepEqual([openDescriptors().length, maps()], [before, mapped]);
});

test("worker threads that end with open and busy programs do not crash", async (t) => {
  if (lifecycleOrSkip(t) === null) return;
  const { stdout, exit } = await run(process.execPath, [
    "-e",
    `
    const { Worker } = require("worker_threads");
    const { spawn } = require("child_process");
    const code = \`
      const addon = require(\${JSON.stringify(${JSON.stringify(addonPath)})});
      const open = (kind) => addon.bpfOpen(kind, 65536, 0n, 0, 0n, 0n, 0, 0);
      const native = open(0);
      addon.bpfAttach(native.handle);
      const left = open(1);
      for (const { handle } of [native, left]) {
        addon.bpfMoverThread(handle);
        addon.bpfMoverProgram(handle, 0, "nobodys", "/nobodys", 1, "/dev/null", 1);
      }
      const data = Buffer.from(native.producer, 4096);
      addon.watchFd(native.ringFd, 1, () => data.readUInt32LE(0));
      require("worker_threads").parentPort.postMessage("up");\`;
    (async () => {
      for (let round = 0; round < 10; round += 1) {
        const worker = new Worker(code, { eval: true });
        await new Promise((resolve) => worker.once("message", resolve));
        spawn("/bin/true");
        await worker.terminate();
      }
      const { readdirSync, readFileSync, readlinkSync } = require("fs");
      console.log("survived", readdirSync("/proc/self/fd").some((fd) => {
        try { return readlinkSync("/proc/self/fd/" + fd).includes("bpf"); } catch { return false; }
      }), readdirSync("/proc/self/task").some((tid) => {
        try { return readFileSync("/proc/self/task/" + tid + "/comm", "utf8").includes("corral-mover"); } catch { return false; }
      }));
    })();`,
  ]);
  assert.deepEqual([stdout, exit.code, exit.signal], ["survived false false\n", 0, null]);
});

test("what is collected without being closed is freed", async (t) => {
  if (lifecycleOrSkip(t) === null) return;
  const { stdout, exit } = await run(process.execPath, [
    "--expose-gc",
    "-e",
    `
    const addon = require(${JSON.stringify(addonPath)});
    const count = () => require("fs").readdirSync("/proc/self/fd").length;
    const before = count();
    for (let round = 0; round < 5; round += 1) addon.bpfOpen(0, 65536, 0n, 0, 0n, 0n, 0, 0);
    setTimeout(() => { gc(); setTimeout(() => console.log(count() - before), 50); }, 10);`,
  ]);
  assert.deepEqual([stdout, exit.code, exit.signal], ["0\n", 0, null]);
});

test("an unprivileged user is refused with EPERM", async (t) => {
  if (!requires(t, root()) || lifecycleOrSkip(t) === null) return;
  const open = path.join(openPackageRoot(), path.relative(packageRoot(), addonPath));
  const script = `
    const addon = require(${JSON.stringify(open)});
    try { addon.bpfOpen(0, 65536, 0n, 0, 0n, 0n, 0, 0); console.log("answers"); }
    catch (error) { console.log(error.syscall, error.errno); }`;
  const user = ["--reuid", "65534", "--clear-groups", "--inh-caps=-all", process.execPath, "-e", script];
  assert.equal((await run("/usr/bin/setpriv", user)).stdout, "bpf(BPF_MAP_CREATE) -1\n");
});

test("what is switched off or lacks the addon is refused with the reason", async (t) => {
  process.env["CORRAL_NO_BPF"] = "1";
  t.after(() => delete process.env["CORRAL_NO_BPF"]);
  assert.throws(() => openBpfLifecycle(everything), {
    code: "NATIVE_CALL",
    message: "BPF programs are switched off: CORRAL_NO_BPF=1 is set",
  });
  await withoutAddon(async () => {
    assert.throws(
      () => openBpfLifecycle(everything),
      (thrown) => thrown instanceof CorralError && thrown.code === "NATIVE_MISSING",
    );
  });
});
