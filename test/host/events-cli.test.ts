import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import type { EventsDocument, SourceName } from "../../src/events/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { linesIn, sourceIs, startMonitor } from "../shared/monitoring.ts";
import { killQuietly, readProc } from "../shared/processes.ts";
import type { Reason } from "../shared/requires.ts";
import { program, requires, root } from "../shared/requires.ts";
import { scaled, sleep, until } from "../shared/timing.ts";
import { copyProgram, startProgram } from "../shared/watching.ts";

const bench = openBench();

/** Why a source cannot be used here, or null. */
const reasons: Readonly<Record<SourceName, Reason>> = {
  bpf: await sourceIs("bpf"),
  "proc connector": await sourceIs("proc connector"),
  polling: null,
};

const flagOf = (source: SourceName): readonly string[] => ["--source", source.replace(" ", "-")];

/** Where cgroup v2 is mounted, null where it is not. */
const v2Mount = (): string | null =>
  / \/ (\/\S+) [^\n]* - cgroup2 /.exec(readFileSync("/proc/self/mountinfo", "utf8"))?.[1] ?? null;

/** Sources that miss nothing. */
const exact = ["bpf", "proc connector"] as const;

/** A bash under a name of its own, so that nothing else on the host is followed; what it does is told from its exec on. */
let roots = 0;
function newRoot(): { readonly name: string; readonly file: string } {
  roots += 1;
  const name = `ev-root-${roots}`;
  return { name, file: copyProgram(bench, name, "/bin/bash") };
}

// A bash whose standard input is a socket reads the files of an interactive one, without --norc.

/** A bash replaces itself by its last program; not so when a word of its own follows. */
const kept = (script: string): string => `${script}\n:`;

/** Runs a script to its end. */
async function runScript(file: string, script: string): Promise<void> {
  await once(spawn(file, ["-c", kept(script)], { stdio: "ignore" }), "exit");
}

type Line<Event extends EventsDocument["event"]> = Extract<EventsDocument, { event: Event }>;
const only = <Event extends EventsDocument["event"]>(lines: readonly EventsDocument[], event: Event): Line<Event>[] =>
  lines.filter((line): line is Line<Event> => line.event === event);

/** Lets a script run under a followed name, and returns what was told of it. */
async function tellOf(t: TestContext, source: SourceName, script: string, flags: readonly string[] = []) {
  const { name, file } = newRoot();
  const monitor = await startMonitor(t, bench, [...flagOf(source), "-c", name, ...flags]);
  await runScript(file, script);
  await monitor.told("EXIT", ({ comm }) => comm === name);
  return { name, ...(await monitor.stop()) };
}

for (const source of exact) {
  test(`all of 57 programs that a command forks and executes are told as its own (${source})`, async (t) => {
    if (!requires(t, reasons[source])) return;
    // Each a subshell that executes nothing, in it a program, and each with a code of its own.
    const script = 'for ((i = 1; i <= 57; i += 1)); do ( /bin/bash -c "exit $i"; exit $((100 + i)) ) & done; wait';
    const { name, lines } = await tellOf(t, source, script);
    assert.equal(only(lines, "EXEC").length, 1 + 57);
    const codes = only(lines, "EXIT").map(({ exit_code }) => exit_code ?? -1);
    const wanted = Array.from({ length: 57 }, (_, index) => [index + 1, index + 101]).flat();
    assert.deepEqual(
      codes.sort((one, other) => one - other),
      [0, ...wanted].sort((one, other) => one - other),
      name,
    );
  });

  test(`P4: mode 2 follows subshells of subshells and daemons that leave their parents (${source})`, async (t) => {
    if (!requires(t, reasons[source])) return;
    const { name, file } = newRoot();
    const monitor = await startMonitor(t, bench, [...flagOf(source), "-c", name]);
    const daemon = "setsid bash -c '(sleep 0.5; bash -c \"exit 77\"; exit 78) & exit 79' &";
    await runScript(file, `((((bash -c 'exit 71'; exit 72); exit 73); exit 74); exit 75); (${daemon} exit 76)`);
    await monitor.told("EXIT", ({ exit_code }) => exit_code === 78);
    const { lines } = await monitor.stop();
    const codes = only(lines, "EXIT").map(({ exit_code }) => exit_code ?? -1);
    const marks = codes.filter((code) => code > 70).sort((one, other) => one - other);
    assert.deepEqual(marks, [71, 72, 73, 74, 75, 76, 77, 78, 79]);
    // Its first parent had ended long before.
    const last = only(lines, "EXIT").find(({ exit_code }) => exit_code === 78);
    assert.ok(!only(lines, "EXEC").some(({ pid, comm }) => pid === last?.ppid && comm === name));
  });

  test(`a process ends when its last thread does, not with its main thread (${source})`, async (t) => {
    if (!requires(t, reasons[source], program("gcc"))) return;
    const built = path.join(bench.dir, "leader-end");
    execFileSync("gcc", ["-pthread", "-D_GNU_SOURCE", "-o", built, "test/host/fixtures/leader-end.c"]);
    const { lines } = await tellOf(t, source, `${built} exit 200 5`);
    const ends = only(lines, "EXIT").filter(({ comm }) => comm === "leader-end");
    assert.deepEqual(
      ends.map(({ exit_code }) => exit_code),
      [5],
    );
    assert.ok(Number(ends[0]?.since_exec_ns) >= 200e6, JSON.stringify(ends));
  });

  test(`a process that lives too short has neither beginning nor end, a longer one both (${source})`, async (t) => {
    if (!requires(t, reasons[source])) return;
    const { name, lines, err } = await tellOf(t, source, "/bin/true; sleep 1.5; /bin/true", ["-d", "700"]);
    const told = lines.flatMap((line) => ("pid" in line ? [`${line.event} ${line.comm}`] : []));
    assert.deepEqual(told, [`EXEC ${name}`, "EXEC sleep", "EXIT sleep", `EXIT ${name}`]);
    // What has ended before /proc was asked ran a file that nobody knows, unless the kernel told it.
    assert.match(
      err,
      source === "bpf" ? /; 2 processes too short\n$/ : /; 2 processes too short(; \d+ execs? of unknown files)?\n$/,
    );
  });

  test(`P1, P5: arguments are told whole; a signal as such, with its core dump, and durations (${source})`, async (t) => {
    if (!requires(t, reasons[source])) return;
    const script =
      "bash -c 'sleep 0.5; :' 'a b' ''; (kill -KILL $BASHPID); (ulimit -c 0; kill -SEGV $BASHPID); (exit 3)";
    const { lines } = await tellOf(t, source, script);
    const [, line] = only(lines, "EXEC");
    const argv = ["bash", "-c", "sleep 0.5; :", "a b", ""];
    assert.deepEqual([line?.argv, line?.full_command, line?.argv_truncated], [argv, argv.join(" "), false]);
    const ends = only(lines, "EXIT").filter(({ pid }) => !only(lines, "EXEC").some((exec) => exec.pid === pid));
    assert.deepEqual(
      ends.map(({ exit_code, exit_signal, core_dumped }) => [exit_code, exit_signal, core_dumped]),
      [
        [null, "SIGKILL", false],
        [null, "SIGSEGV", false],
        [3, null, false],
      ],
    );
    const slept = only(lines, "EXIT").find(({ pid }) => pid === line?.pid);
    assert.ok((slept?.duration_ms ?? 0) >= 500 && Number(slept?.since_fork_ns) >= Number(slept?.since_exec_ns));
  });

  test(`what was recorded is told again byte for byte, and otherwise filtered (${source})`, async (t) => {
    if (!requires(t, reasons[source])) return;
    const record = bench.fresh("record.jsonl");
    const script = "for ((i = 0; i < 20; i += 1)); do (/bin/true $i); done; sleep 0.4; cat </etc/passwd";
    const flags = ["-d", "200", ...(source === "bpf" ? ["--opens"] : [])];
    const { name, out } = await tellOf(t, source, script, [...flags, "--record", record]);
    const again = await bench.corral(["events", "--replay", record, "-c", name, ...flags]);
    assert.deepEqual([again.status, again.out], [0, out]);
    const all = await bench.corral(["events", "--replay", record, "-c", name]);
    // The root, 20, sleep and cat.
    assert.equal(only(linesIn(all.out), "EXEC").length, 23);
  });
}

for (const source of [...exact, "polling"] as const)
  test(`P2: whatever a process calls itself, every line is valid JSON in UTF-8, and no byte is lost (${source})`, async (t) => {
    if (!requires(t, reasons[source])) return;
    const followed = newRoot();
    const names = ['q"\\u0000\n{', "\u2028\u{1f600}\x1b[2J"].map((text) => Buffer.from(text));
    names.push(Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0xc3]));
    for (const name of names) copyFileSync("/bin/bash", Buffer.concat([Buffer.from(`${bench.dir}/`), name]));
    const quoted = names.map(
      (name) => `$'${[...name].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}'`,
    );
    const long = "x".repeat(4096);
    const hold = "'sleep 600; :'";
    const script = quoted.map((name) => `${bench.dir}/${name} --norc -c ${hold} ${name} &`).join(" ");
    const interval = source === "polling" ? ["--poll-interval", "50ms"] : [];
    const monitor = await startMonitor(t, bench, [...flagOf(source), "-c", followed.name, ...interval]);
    const shell = startProgram(t, followed.file, [
      "--norc",
      "-c",
      `${script} /bin/bash --norc -c ${hold} ${long} & wait`,
    ]);
    const cut = await monitor.told("EXEC", ({ argv }) => argv?.[4]?.startsWith("xxx") === true);
    const isOf = (name: Buffer) => (line: Line<"EXEC">) =>
      commBytes(line).equals(name.subarray(0, 15)) && line.argv?.[2] === "-c";
    for (const name of names) {
      const { argv, bytes } = await monitor.told("EXEC", isOf(name));
      const raw = bytes?.["argv"];
      const last = typeof raw === "object" ? Buffer.from(raw[4] ?? "", "base64") : Buffer.from(argv?.[4] ?? "", "utf8");
      assert.deepEqual(last, name);
    }
    assert.deepEqual(
      [cut.argv?.slice(0, 4), cut.argv_truncated],
      [["/bin/bash", "--norc", "-c", "sleep 600; :"], true],
    );
    await monitor.told("EXEC", () => monitor.all("EXEC").filter(({ comm }) => comm === "sleep").length === 4);
    for (const { pid } of monitor.all("EXEC")) killQuietly(pid);
    await shell.ended;
    const { stdout } = await monitor.stop();
    assert.ok(Buffer.from(stdout.toString("utf8"), "utf8").equals(stdout), "valid UTF-8");
  });

function commBytes({ comm, bytes }: Line<"EXEC">): Buffer {
  const raw = bytes?.["comm"];
  return typeof raw === "string" ? Buffer.from(raw, "base64") : Buffer.from(comm ?? "", "utf8");
}

test("P12: the parent of a process whose name has blanks and parentheses is known, also with a higher pid", async (t) => {
  const { file } = newRoot();
  const odd = copyProgram(bench, ") S 1 (x", "/bin/bash");
  const note = bench.fresh("pid");
  const shell = startProgram(t, file, ["--norc", "-c", `'${odd}' -c 'sleep 600 & echo $! >${note}; wait; :'; :`]);
  await until("the sleeper is there", () => existsSync(note) && readFileSync(note, "utf8").endsWith("\n"));
  const sleeper = Number(readFileSync(note, "utf8"));
  const flags = ["--source", "polling", "--poll-interval", "50ms", "-p", String(shell.pid)];
  const monitor = await startMonitor(t, bench, flags);
  await sleep(scaled(300));
  killQuietly(sleeper, "SIGTERM");
  const { ppid } = await monitor.told("EXIT", ({ pid }) => pid === sleeper);
  assert.equal(readProc(`${ppid}/comm`) ?? ") S 1 (x\n", ") S 1 (x\n");
});

test("P8: without filters every process is told, which the help says", async (t) => {
  const monitor = await startMonitor(t, bench, []);
  const child = startProgram(t, "/bin/sleep");
  await monitor.told("EXEC", ({ pid }) => pid === child.pid);
  await monitor.stop();
  const page = readFileSync("docs/events.md", "utf8");
  assert.match(page, /`--mode MODE`, `-m` \| 1, or 2 with `--comm` or `--pid`/);
});

test("P3, P6, P11: opens of one file are one line and one count before the end; what is over the limit is counted", async (t) => {
  if (!requires(t, reasons.bpf)) return;
  const files = Array.from({ length: 100 }, (_, index) => `/dev/null/${index}`);
  // After the files of its own start.
  const script = `sleep 1.2; for i in {1..57}; do : </etc/hostname; done; for f in ${files.join(" ")}; do : <$f; done 2>/dev/null`;
  const { name, lines } = await tellOf(t, "bpf", script, ["--opens", "--trace-rate", "20"]);
  const opens = only(lines, "FILE_OPEN").filter(({ comm, filepath }) => comm === name && filepath === "/etc/hostname");
  assert.deepEqual(
    opens.map(({ count, reason, result }) => [count, reason, (result ?? -1) >= 0]),
    [
      [1, undefined, true],
      [57, "process_exit", true],
    ],
  );
  const mine = lines.filter((line) => "comm" in line && line.comm === name);
  const end = mine.at(-1);
  assert.equal(end?.event, "EXIT");
  const told = only(mine, "FILE_OPEN").filter(({ filepath }) => filepath.startsWith("/dev/null/")).length;
  const dropped = mine.reduce((sum, line) => sum + (("dropped" in line ? line.dropped : 0) ?? 0), 0);
  assert.ok(dropped > 0 && told > 0, `${told} told, ${dropped} dropped`);
  assert.ok(told + dropped >= 100, `${told} told, ${dropped} dropped`);
});

test("P11: counts are told when the monitor is stopped", async (t) => {
  if (!requires(t, reasons.bpf)) return;
  const { name, file } = newRoot();
  const monitor = await startMonitor(t, bench, ["-c", name, "--opens", "--trace-rate", "0"]);
  startProgram(t, file, ["--norc", "-c", "for i in {1..9}; do : </etc/hostname; done; read x"]);
  await monitor.told("FILE_OPEN", ({ filepath }) => filepath === "/etc/hostname");
  const { lines } = await monitor.stop();
  const counts = only(lines, "FILE_OPEN").filter(({ filepath }) => filepath === "/etc/hostname");
  assert.deepEqual(
    counts.map(({ count, reason }) => [count, reason]),
    [
      [1, undefined],
      [9, "shutdown"],
    ],
  );
});

test("P10: what a source cannot tell is said, and the rest is told", async (t) => {
  const { name, file } = newRoot();
  const monitor = await startMonitor(t, bench, [
    ...flagOf("polling"),
    "-c",
    name,
    "--opens",
    "--readline",
    "--poll-interval",
    "20ms",
  ]);
  startProgram(t, file, ["--norc", "-c", "read x"]);
  await monitor.told("EXEC", ({ comm }) => comm === name);
  const { warnings } = await monitor.stop();
  assert.deepEqual(
    warnings.slice(-2).map((line) => line.slice(0, 22)),
    ["WARNING: no opens: the", "WARNING: no readline: "],
  );
});

test("filters by group, user and program find the same with every source", async (t) => {
  const told: unknown[] = [];
  for (const source of exact) {
    if (reasons[source] !== null) continue;
    const file = copyProgram(bench, "ev-mine", "/bin/sleep");
    const monitor = await startMonitor(t, bench, [...flagOf(source), "--exe", file, "--user", "nobody"]);
    const start = (uid: number) => spawn(file, ["0.2"], { stdio: "ignore", uid, gid: uid });
    chmodSync(file, 0o755);
    await Promise.all([start(0), start(65_534)].map((child) => once(child, "exit")));
    await monitor.told("EXIT", ({ uid }) => uid === 65_534);
    const { lines } = await monitor.stop();
    told.push(lines.slice(1).map(({ event }) => event));
  }
  if (!requires(t, told.length === 0 ? "no source that misses nothing" : null)) return;
  for (const one of told) assert.deepEqual(one, ["EXEC", "EXIT"]);
});

for (const source of exact)
  test(`--cgroup tells the processes of a group and of the groups below, and no others (${source})`, async (t) => {
    const mount = v2Mount();
    if (!requires(t, reasons[source], root(), mount === null ? "cgroup v2 is not mounted" : null)) return;
    const group = path.join(mount ?? "", `corral-test-events-${process.pid}-${source.slice(0, 3)}`);
    const below = path.join(group, "below");
    mkdirSync(below, { recursive: true });
    t.after(() => [below, group].map((directory) => rmdirSync(directory)));
    const file = copyProgram(bench, `ev-group-${source.slice(0, 3)}`, "/bin/sleep");
    const given = source === "bpf" ? group : `/${path.basename(group)}/`;
    const monitor = await startMonitor(t, bench, [...flagOf(source), "--cgroup", given]);
    const join = (directory: string): string => `(echo $BASHPID >${directory}/cgroup.procs; exec ${file} 0.3)`;
    await runScript("/bin/bash", `${join(group)} & ${join(below)} & ${file} 0.3 & wait`);
    await until("both ends are told", () => monitor.all("EXIT").filter(({ comm }) => comm !== "bash").length === 2);
    const { lines } = await monitor.stop();
    const name = path.basename(group);
    assert.deepEqual(
      only(lines, "EXEC")
        .map(({ comm, cgroup }) => `${comm} ${cgroup}`)
        .sort(),
      [`${path.basename(file)} /${name}`, `${path.basename(file)} /${name}/below`],
    );
  });

test("lines that are typed into bash are told", async (t) => {
  if (!requires(t, reasons.bpf, program("script"))) return;
  const monitor = await startMonitor(t, bench, ["--readline"]);
  if (!requires(t, monitor.started.err().includes("no readline") ? "this bash has no readline of its own" : null))
    return;
  const typed = `echo ev-${process.pid}`;
  const shell = spawn("script", ["-qec", "/bin/bash --norc -i", "/dev/null"], { stdio: ["pipe", "ignore", "ignore"] });
  shell.stdin.end(`${typed}\nexit\n`);
  const { comm, truncated } = await monitor.told("BASH_READLINE", ({ command }) => command === typed);
  assert.deepEqual([comm, truncated], ["bash", false]);
  await monitor.stop();
});

test("it stops with status 0 and a summary: on a signal, when nobody reads, after a time, after some lines", async (t) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const { status, err } = await (await startMonitor(t, bench, [])).stop(signal);
    assert.deepEqual([status, /^\[corral\] \d+ lines? of \d+ events?; \d+ lost/m.test(err)], [0, true]);
  }
  const begin = performance.now();
  const timed = await bench.corral(["events", "--json", "--duration", "300ms", "-c", "nobody-at-all"]);
  assert.deepEqual([timed.status, linesIn(timed.out).length], [0, 1]);
  assert.ok(performance.now() - begin > 300);
  const churn = startProgram(t, "/bin/bash", ["--norc", "-c", "while true; do /bin/true; done"]);
  const counted = await bench.corral(["events", "--json", "--count", "3", "-p", String(churn.pid)]);
  assert.deepEqual([counted.status, linesIn(counted.out).length], [0, 4]);
  const piped = await bench.corral(["events", "--json"], {
    wrap: ["/bin/bash", "-o", "pipefail", "-c", '"$@" | head -n 3', "x"],
    limitMs: 20_000,
  });
  assert.deepEqual([piped.status, linesIn(piped.out).length], [0, 3]);
});

test("a table is for people: one row per line, and nothing that a process chose moves the terminal", async (t) => {
  const file = copyProgram(bench, "ev\x1b[31m", "/bin/true");
  const followed = newRoot();
  const started = bench.start(["events", "--table", "-c", followed.name], { limitMs: 30_000 });
  t.after(() => started.kill("SIGKILL"));
  while (!started.out().includes("WHAT")) await new Promise((resolve) => setTimeout(resolve, 20));
  await runScript(followed.file, `'${file}' $'a\\nb'`);
  while (!/EXIT .*ev-root/.test(started.out())) await new Promise((resolve) => setTimeout(resolve, 20));
  started.kill("SIGTERM");
  const { out } = await started.ended;
  assert.match(out, /^TIME \(UTC\) {3}EVENT /);
  assert.match(out, /^\d\d:\d\d:\d\d\.\d{3} EXEC +\d+ +\d+ "ev\\u001b\[31m" +"\S+" "a\\nb"$/m);
  assert.doesNotMatch(out, /[^\n\x20-\x7e]/);
});

test("a recording that was cut off is told up to there, then refused", async (t) => {
  const record = bench.fresh("record.jsonl");
  const { name, file } = newRoot();
  const monitor = await startMonitor(t, bench, ["-c", name, "--record", record]);
  await runScript(file, "/bin/true; /bin/true");
  await monitor.told("EXIT", ({ comm }) => comm === name);
  await monitor.stop();
  const whole = readFileSync(record, "utf8");
  writeFileSync(record, whole.slice(0, whole.lastIndexOf('{"kind":"end"')));
  const { status, out, err } = await bench.corral(["events", "--replay", record, "-c", name]);
  assert.equal(status, 125);
  assert.ok(only(linesIn(out), "EXEC").length >= 1);
  assert.match(err, /^\[corral\] the recording "[^"]+" was cut off: \d+ whole items, and no end$/m);
});

test("an earlier recording is moved aside, and nothing is overwritten", async () => {
  const record = bench.fresh("record.jsonl");
  const again = async () => bench.corral(["events", "--record", record, "--duration", "100ms"]);
  assert.equal((await again()).status, 0);
  const first = readFileSync(record, "utf8");
  const { status, err } = await again();
  assert.equal(status, 0);
  assert.ok(err.includes(`the recording that was in "${record}" is in "${record}.1" now`), err);
  assert.equal(readFileSync(`${record}.1`, "utf8"), first);
  assert.ok(readFileSync(record, "utf8").startsWith('{"schema":"corral.event-recording/'));
});

for (const [args, message] of [
  [["-az"], "there is no flag -z"],
  [["-m", "3"], '--mode expects 0, 1 or 2, not "3"'],
  [["-m", "2"], "--mode 2 tells only processes that are followed"],
  [["-c", "a,,b"], '--comm has an empty part: "a,,b"'],
  [["-c", "a[b"], '--comm has a [ without its ]: "a[b"'],
  [["-p", "x"], '--pid expects a whole number from 1 to 4194304, not "x"'],
  [["-d", "0"], "--min-duration must be more than 0"],
  [["-d", "soon"], '--min-duration expects a duration such as 500ms, 10s or 5m, not "soon"'],
  [["--exe", "true"], "--exe expects an absolute path"],
  [["--user", "no such user"], '--user names no user: "no such user"'],
  [["--cgroup", "/no/such/group"], '--cgroup names no cgroup v2 group: "/no/such/group"'],
  [["--source", "ftrace"], '--source expects auto, bpf, proc-connector or polling, not "ftrace"'],
  [["--json", "--table"], "--table does not go with --json"],
  [["--replay", "x", "--record", "y"], "--record does not go with --replay"],
  [["--open-window", "1s"], "--open-window is about opened files"],
  [["--count", "0"], "--count expects a whole number from 1 to"],
] as const)
  test(`events ${args.join(" ")} is refused in one line`, async () => {
    const { status, out, err } = await bench.corral(["events", ...args], { limitMs: 5000 });
    assert.deepEqual([status, out], [2, ""]);
    assert.ok(err.startsWith(`[corral] ${message}`) && err.split("\n").length === 2, err);
  });

test("what cannot be begun is refused with status 125, and leaves nothing behind", async () => {
  const refused = async (...args: string[]) => {
    const { status, err } = await bench.corral(["events", ...args], { limitMs: scaled(5000) });
    return [status, err];
  };
  assert.deepEqual(await refused("-p", "4194303"), [125, "[corral] process 4194303 does not exist\n"]);
  const [status, err] = await refused("--record", "/no/such/directory/file", "-c", "x");
  assert.equal(status, 125);
  assert.match(String(err), /cannot write the recording "\/no\/such\/directory\/file": ENOENT/);
  const own = bench.fresh("notes");
  writeFileSync(own, "somebody's own\n");
  const [foreign, whose] = await refused("--record", own, "-c", "x");
  assert.deepEqual([foreign, readFileSync(own, "utf8")], [125, "somebody's own\n"]);
  assert.match(String(whose), /holds something else than a recording of events; name another file/);
  const [missing, why] = await refused("--replay", "/no/such/file");
  assert.deepEqual([missing, why], [125, '[corral] the recording "/no/such/file" cannot be read: ENOENT\n']);
});

test("-m, -c, -p and -a: the last one decides, as with getopt", async (t) => {
  const other = startProgram(t, "/bin/sleep", ["600"]);
  const tells = async (...flags: string[]): Promise<number> => {
    const monitor = await startMonitor(t, bench, flags);
    const child = spawn("/bin/true", ["last-wins"], { stdio: "ignore" });
    await once(child, "exit");
    const { lines } = await monitor.stop();
    return only(lines, "EXEC").filter(({ pid }) => pid === child.pid).length;
  };
  const pid = String(other.pid);
  assert.deepEqual(
    [await tells("-p", pid, "-a"), await tells("-ap", pid), await tells("-cx", "-m0"), await tells("-m0", "-cx")],
    [1, 0, 1, 0],
  );
});

expectNoLeftovers(bench);
