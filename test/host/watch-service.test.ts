import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, describe, test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { receiveNotices } from "../shared/notify-socket.ts";
import { parsePrometheus } from "../shared/prometheus.ts";
import { program, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";
import { ask, copyProgram, startProgram, startWatch } from "../shared/watching.ts";

const bench = openBench();
after(async () => {
  const { groups, records } = bench.leftovers();
  await bench.close();
  assert.deepEqual([groups, records], [[], []]);
});

const sleeper = copyProgram(bench, "sleeper");
const rule = `  - { name: r, match: { exe: ${sleeper} }, limits: { pids-max: 50 } }`;
const withKeys = (...keys: readonly string[]): string => ["version: 1", ...keys, "rules:", rule, ""].join("\n");
const release = ["--on-stop", "release"] as const;

describe("the configuration", () => {
  test("that is sound is said to be, with the number of its rules", async () => {
    const file = bench.fresh("ok.yaml");
    writeFileSync(file, withKeys());
    const { status, out, err } = await bench.corral(["watch", "--config", file, "--check-config"]);
    assert.deepEqual([status, out, err], [0, `${file}: ok, 1 rule\n`, ""]);
  });

  for (const flags of [["--check-config"], [], ["--explain", "1"]]) {
    test(`with mistakes is refused with every one at its place (${flags.join(" ") || "to watch"})`, async () => {
      const file = bench.fresh("bad.yaml");
      writeFileSync(file, "version: 1\nrules:\n  - name: r\n    match: { come: x }\n    limits: { nice: 20 }\n");
      const { status, out, err } = await bench.corral(["watch", "--config", file, ...flags]);
      assert.deepEqual([status, out], [2, ""]);
      assert.match(err, new RegExp(`^${file}:4:14: .*\n${file}:5:21: .*\n$`));
    });
  }

  test("that is not there is one line that names it", async () => {
    const { status, err } = await bench.corral(["watch", "--config", "/no/such/file"]);
    assert.deepEqual([status, err], [2, "[corral] /no/such/file: cannot be read: ENOENT\n"]);
  });

  test("is /etc/corral/watch.yaml unless another is named, and flags that contradict each other are refused", async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [["--check-config", "--explain", "1"], /^\[corral\] --explain does not go with --check-config/],
      [["--on-stop", "drop"], /^\[corral\] --on-stop expects keep or release, not "drop"/],
      [["--explain", "1", "--on-stop", "keep"], /^\[corral\] --on-stop is for a watch that runs/],
      [["--explain", "x"], /^\[corral\] --explain expects a whole number/],
      [["--config", ""], /^\[corral\] --config needs the name of a file; leave it out for \/etc\/corral\/watch.yaml/],
    ];
    for (const [flags, message] of cases) {
      const { status, err } = await bench.corral(["watch", ...flags]);
      assert.equal(status, 2);
      assert.match(err, message);
    }
  });
});

describe("--explain", () => {
  const file = bench.fresh("explain.yaml");
  writeFileSync(
    file,
    `version: 1
rules:
  - { name: other, match: { comm: nothing } }
  - { name: mine, match: { exe: ${sleeper}, uid: 0 }, except: [{ cwd: /proc }] }
`,
  );

  test("says of every rule and key what the process has and whether it holds", async (t) => {
    if (!requires(t, root())) return;
    const { pid } = startProgram(t, sleeper, ["600"], { cwd: "/proc" });
    await until("it runs the program", () => readComm(pid) === "sleeper");
    const text = await bench.corral(["watch", "--config", file, "--explain", String(pid)]);
    assert.deepEqual(text.out.split("\n"), [
      `no rule has process ${pid}`,
      "rule other: does not match",
      '  match   comm "nothing": does not hold; it has "sleeper"',
      "rule mine: matches, but is excepted",
      '  match   uid "0": holds; it has "0"',
      `  match   exe "${sleeper}": holds; it has "${sleeper}"`,
      '  except  cwd "/proc": holds; it has "/proc"',
      "",
    ]);
    const json = await bench.corral(["watch", "--config", file, "--explain", String(pid), "--json"]);
    const { schema, rule: name, left_alone } = JSON.parse(json.out);
    assert.deepEqual([schema, name, left_alone], ["corral.watch-explain/1", null, null]);
  });

  test("says why a process is left alone whatever the rules say, and names one that is not there", async () => {
    const one = await bench.corral(["watch", "--config", file, "--explain", "1"]);
    assert.match(one.out, /^process 1 is left alone: it is process 1\n/);
    const none = await bench.corral(["watch", "--config", file, "--explain", "4194304"]);
    assert.deepEqual([none.status, none.err], [125, "[corral] process 4194304 does not exist\n"]);
  });
});

const readComm = (pid: number): string => execFileSync("cat", [`/proc/${pid}/comm`], { encoding: "utf8" }).trim();

test("names that processes chose to do harm are told as one escaped line, in both forms", async (t) => {
  const hostile = copyProgram(bench, 'a\n\u001b[2J\r\u202e"x');
  const pattern = `  - { name: hostile, match: { exe: "${bench.dir}/a*" } }\n`;
  const file = bench.fresh("hostile.yaml");
  writeFileSync(file, `version: 1\nrules:\n${pattern}`);
  const people = bench.start(["watch", "--config", file, ...release]);
  await until("it watches", () => people.err().includes("watching by 1 rule"));
  const { pid } = startProgram(t, hostile, ["600"]);
  await until("it is told", () => people.err().includes(`governed ${pid}`));
  people.kill("SIGTERM");
  const { err } = await people.ended;
  const line = err.split("\n").find((one) => one.includes(`governed ${pid}`)) ?? "";
  assert.match(line, /^\[corral\] governed \d+ \("a\\n\\u001b\[2J\\r\\u202e\\"x"\) by rule hostile as job [\w.-]+, /);
  assert.doesNotMatch(err, /[\x00-\x09\x0b-\x1f\x7f\u202e]/);
  const watch = await startWatch(t, bench, `version: 1\nrules:\n${pattern}`);
  const told = await watch.told("governed", (event) => event.pid === pid);
  assert.equal(told.comm, 'a\n\u001b[2J\r\u202e"x');
  await watch.stop();
});

test("--quiet says nothing, and one watch follows the other with the same exit status for TERM and INT", async (t) => {
  const file = bench.fresh("quiet.yaml");
  writeFileSync(file, withKeys(`listen: "unix:${bench.dir}/quiet.sock"`));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const quiet = bench.start(["watch", "--config", file, "--quiet", ...release]);
    const { pid } = startProgram(t, sleeper);
    await until("it is governed", () => bench.records().length > 0, 10_000);
    assert.ok(pid > 0);
    quiet.kill(signal);
    const { status, out, err } = await quiet.ended;
    assert.deepEqual([status, out, err], [0, "", ""]);
  }
});

describe("the service manager", () => {
  const environment = (address: string): Readonly<Record<string, string>> => ({
    NOTIFY_SOCKET: address,
    WATCHDOG_USEC: "400000",
  });

  test("is told when the first scan is over, of the status, of reloads in pairs, and of the end", async (t) => {
    if (!requires(t, program("perl"))) return;
    const address = path.join(bench.dir, "notify-1");
    const notices = await receiveNotices(t, address);
    const watch = await startWatch(t, bench, withKeys(), [...release], { env: environment(address) });
    const has = (word: string): boolean => notices().some(([first = ""]) => first.startsWith(word));
    await until("READY=1", () => has("READY=1"));
    assert.deepEqual(notices()[0], ["READY=1", "STATUS=healthy; 0 governed, 0 waiting"]);
    startProgram(t, sleeper);
    await until("the status follows", () =>
      notices().some((lines) => lines.at(-1) === "STATUS=healthy; 1 governed, 0 waiting"),
    );
    const before = process.hrtime.bigint() / 1000n;
    await watch.reload("version: 1\nrules: none\n");
    await watch.reload(withKeys());
    await until("both reloads", () => notices().filter(([first]) => first === "READY=1").length === 3);
    const words = notices().map(([first = ""]) => first);
    const stories = words.filter((word) => /^(READY|RELOADING)/.test(word));
    assert.deepEqual(stories, ["READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1"]);
    const stamps = notices().flatMap(([, second = ""]) => /^MONOTONIC_USEC=(\d+)$/.exec(second)?.[1] ?? []);
    assert.equal(stamps.length, 2);
    assert.ok(stamps.every((stamp) => BigInt(stamp) >= before && BigInt(stamp) <= process.hrtime.bigint() / 1000n));
    await watch.stop();
    await until("STOPPING=1", () => has("STOPPING=1"));
  });

  test("hears the watchdog at half its time, not while the process is stopped, and again afterwards", async (t) => {
    if (!requires(t, program("perl"))) return;
    const address = path.join(bench.dir, "notify-2");
    const notices = await receiveNotices(t, address);
    const watch = await startWatch(t, bench, withKeys(), [...release], { env: environment(address) });
    const beats = (): number => notices().filter(([first]) => first === "WATCHDOG=1").length;
    const from = performance.now();
    await until("five beats", () => beats() >= 5);
    assert.ok(performance.now() - from < 2000, "a beat comes every 200 ms");
    watch.started.kill("SIGSTOP");
    await until("it is stopped", () => readState(watch.started.pid) === "T");
    const stopped = beats();
    const later = performance.now();
    await until("three beats would have come", () => performance.now() - later > 600);
    assert.ok(beats() <= stopped + 1);
    watch.started.kill("SIGCONT");
    await until("it beats again", () => beats() > stopped + 2);
    await watch.stop();
  });
});

const readState = (pid: number): string =>
  execFileSync("ps", ["-o", "state=", "-p", String(pid)], { encoding: "utf8" }).trim();

describe("/metrics and /healthz", () => {
  test("tell of the watch and of its jobs", async (t) => {
    const socket = path.join(bench.dir, "metrics.sock");
    const watch = await startWatch(t, bench, withKeys(`listen: "unix:${socket}"`));
    assert.equal((await watch.told("started")).listen, `unix:${socket}`);
    const one = startProgram(t, sleeper);
    startProgram(t, sleeper);
    await until("both are governed", () => watch.all("governed").length === 2);
    process.kill(one.pid, "SIGKILL");
    await watch.told("ended");
    const health = await ask(socket, "/healthz");
    const { status, problems, governed, waiting, source } = JSON.parse(health.body);
    assert.deepEqual([health.status, status, problems, governed, waiting], [200, "healthy", [], 1, 0]);
    const { body } = await ask(socket, "/metrics");
    const families = parsePrometheus(body);
    const of = (name: string): unknown => families[name]?.series;
    assert.deepEqual(of("corral_watch_processes"), {
      'corral_watch_processes{state="governed"}': 1,
      'corral_watch_processes{state="waiting"}': 0,
      'corral_watch_processes{state="refused"}': 0,
    });
    assert.deepEqual(of("corral_watch_rules"), { corral_watch_rules: 1 });
    assert.deepEqual(of("corral_watch_event_driven"), { corral_watch_event_driven: source === null ? 0 : 1 });
    const discovered = families["corral_watch_discovery_seconds"]?.series["corral_watch_discovery_seconds_count"];
    assert.equal(discovered, source === null ? 0 : 2);
    assert.equal(families["corral_jobs_live"]?.series['corral_jobs_live{state="running"}'], 1);
    await watch.stop();
  });

  test("a scanner that cannot see the processes makes the watch unhealthy, and the watchdog hears nothing more", async (t) => {
    if (!requires(t, root(), program("nsenter"), program("perl"))) return;
    const socket = path.join(bench.dir, "sick.sock");
    const address = path.join(bench.dir, "notify-3");
    const notices = await receiveNotices(t, address);
    const watch = await startWatch(
      t,
      bench,
      withKeys(`listen: "unix:${socket}"`, "scan_interval: 100ms"),
      [...release],
      {
        // A mount namespace of its own: what is mounted there is seen there alone.
        wrap: ["unshare", "--mount", "--propagation", "private"],
        env: { NOTIFY_SOCKET: address, WATCHDOG_USEC: "200000" },
      },
    );
    const inside = ["--target", String(watch.started.pid), "--mount"];
    await until("it is healthy", () => notices().some(([first]) => first === "WATCHDOG=1"));
    execFileSync("nsenter", [...inside, "mount", "-t", "tmpfs", "none", "/proc"]);
    await until("five scans have failed", () => watch.all("scan_failed").length >= 5);
    const sick = await ask(socket, "/healthz");
    const { status, problems } = JSON.parse(sick.body);
    assert.deepEqual([sick.status, status], [503, "unhealthy"]);
    assert.match(problems[0], /^\d+ scans have failed in a row$/);
    const beats = (): number => notices().filter(([first]) => first === "WATCHDOG=1").length;
    const before = beats();
    await until("more scans have failed", () => watch.all("scan_failed").length >= 12);
    assert.equal(beats(), before);
    execFileSync("nsenter", [...inside, "umount", "/proc"]);
    await until("it beats again", () => beats() > before);
    assert.equal((await ask(socket, "/healthz")).status, 200);
    await watch.stop();
  });

  test("an address that cannot be had ends the watch before it governs anything", async (t) => {
    const { pid } = startProgram(t, sleeper);
    const file = bench.fresh("taken.yaml");
    writeFileSync(file, withKeys(`listen: "unix:${bench.dir}"`));
    const { status, err } = await bench.corral(["watch", "--config", file]);
    assert.equal(status, 125);
    assert.match(err, /^\[corral\] cannot listen on /);
    assert.deepEqual([bench.records(), pid > 0], [[], true]);
    assert.equal((await bench.corral(["watch", "--config", file])).status, 125, "the lock is free again");
  });
});
