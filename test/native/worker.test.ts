import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join, relative } from "node:path";
import { test } from "node:test";
import { packageRoot, requireWorker } from "../../src/kernel/index.ts";
import { readProc } from "../shared/processes.ts";
import { openPackageRoot } from "../shared/readable-copy.ts";
import { requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const worker = requireWorker();
const run = (...args: string[]) => spawnSync(worker, args, { encoding: "utf8" });
const fast = ["--rate", "50", "--batch", "3", "--duration-ms", "200"];

/** The counts of the last line: made, failed, errno, rounds. How many rounds there are is up to the machine. */
function countsIn(stdout: string): readonly [number, number, number, number] {
  const [, ...counts] = /\nend (\d+) (\d+) (\d+) (\d+) \d+\n$/.exec(stdout) ?? [];
  const [made = 0, failed = 0, errno = 0, rounds = 0] = counts.map(Number);
  assert.ok(rounds > 0 && rounds <= 10, stdout);
  return [made, failed, errno, rounds];
}

test("a worker makes as many processes as there are rounds times the batch, and tells each one's time", () => {
  const { status, stdout, stderr } = run("fork-exit", ...fast);
  const lines = stdout.trimEnd().split("\n");
  assert.deepEqual([status, stderr], [0, ""]);
  const [made, failed, errno, rounds] = countsIn(stdout);
  assert.deepEqual([made, failed, errno], [3 * rounds, 0, 0]);
  assert.deepEqual(
    lines.slice(0, -1).map((line) => line.split(" ").length),
    Array.from({ length: rounds }, () => 4),
  );
});

test("a child that cannot do its work is counted, with the errno of its exec", () => {
  for (const [wanted, ...args] of [
    [2, "fork-exec", ...fast, "--exec", "/no/such"],
    [0, "fork-exec", ...fast, "--exec", "/bin/false"],
    [0, "fork-touch", ...fast, "--pages", "1000000000000"],
  ] as const) {
    const [made, failed, errno, rounds] = countsIn(run(...args).stdout);
    assert.deepEqual([made, failed, errno], [3 * rounds, 3 * rounds, wanted]);
  }
});

test("a process that cannot be made is counted with its errno", (t) => {
  // Of a user who has no processes.
  if (!requires(t, root())) return;
  const open = join(openPackageRoot(), relative(packageRoot(), worker));
  const { stdout } = spawnSync(open, ["fork-exit", ...fast, "--nproc", "1"], { encoding: "utf8", uid: 64_123 });
  // EAGAIN of fork(2).
  const [made, failed, errno, rounds] = countsIn(stdout);
  assert.deepEqual([made, failed, errno], [0, 3 * rounds, 11]);
});

for (const bad of [
  [],
  ["fork"],
  ["fork-exit", "--rate"],
  ["fork-exit", "--rate", "0"],
  ["fork-exit", "--pages", "-1"],
  ["fork-exit", "--x", "1"],
  ["gauge", "--rounds", "x"],
  ["gauge", "--beside", "1024"],
  ["trace"],
  ["trace", "--steps", "0:0"],
  ["trace", "--steps", "0:1,"],
  ["trace", "--steps", "0:1,5"],
  ["trace", "--steps", "0:x"],
])
  test(`corral-worker ${bad.join(" ")} does nothing`, () => {
    const { status, stdout, stderr } = run(...bad);
    assert.deepEqual([status, stdout], [125, ""]);
    assert.match(stderr, /^usage: corral-worker .*\n$/);
  });

test("the gauge measures computing, a sleep and a process, each as often as it is told", () => {
  const { status, stdout, stderr } = run(
    "gauge",
    "--rounds",
    "3",
    "--turns",
    "1000",
    "--sleep-us",
    "100",
    "--beside",
    "1",
  );
  assert.deepEqual([status, stderr], [0, ""]);
  const rounds = stdout.trimEnd().split("\n");
  assert.equal(rounds.length, 3);
  for (const line of rounds) assert.match(line, /^round [1-9]\d* \d+ [1-9]\d*$/);
  const [few, many] = ["1000", "1000000"].map((turns) =>
    Math.min(
      ...Array.from(
        run("gauge", "--rounds", "5", "--turns", turns, "--sleep-us", "0").stdout.matchAll(/^round (\d+)/gm),
        (one) => Number(one[1]),
      ),
    ),
  );
  // A thousand times the work, of which a machine's noise hides little.
  assert.ok((many ?? 0) > 100 * (few ?? 0), `${few} ns, ${many} ns`);
});

test("TERM ends it between two processes, with its counts", async () => {
  const child = spawn(worker, ["fork-exit", "--rate", "1", "--batch", "1", "--duration-ms", "60000"]);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  await until("the first process has ended", () => text.includes("\n"));
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "close"), [0, null]);
  assert.match(text, /\nend 1 0 0 1 \d+\n$/);
});

test("it ends with who reads it", async () => {
  const script = `${worker} fork-exit --rate 100 --batch 1 --duration-ms 60000 & echo $!; kill -KILL $$`;
  const { stdout } = spawnSync("sh", ["-c", script], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 10_000,
  });
  const pid = Number(stdout.split("\n")[0]);
  await until("the worker is gone", () => readProc(`${pid}/cmdline`)?.includes("corral-worker") !== true);
});

test("a trace has the memory of its first step before it starts, and of each step in turn", async () => {
  const child = spawn(worker, ["trace", "--steps", "0:5000,20000:20000,30000:500"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let told = "";
  child.stdout.on("data", (chunk: Buffer) => {
    told += chunk.toString();
  });
  await until("the first memory", () => told.startsWith("ready 0 "));
  const residentKib = (): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readProc(`${child.pid}/status`) ?? "")?.[1]);
  // Pages of 4 KiB, and a little for the program; huge ones may round up.
  assert.ok(residentKib() >= 20_000 && residentKib() < 26_000, `${residentKib()} KiB`);
  const closed = once(child, "close");
  child.kill("SIGUSR1");
  assert.deepEqual(await closed, [0, null]);
  const lines = told
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" "));
  assert.deepEqual(
    lines.map(([word, , , pages]) => [word, pages]),
    [
      ["ready", "5000"],
      ["step", "20000"],
      ["step", "500"],
      ["end", undefined],
    ],
  );
  const [, first, second, end] = lines.map(([, at]) => Number(at) / 1000);
  const [, took] = lines.map(([, , ns]) => Number(ns) / 1000);
  // Each wait counts from the end of the step before.
  assert.ok(
    (first ?? 0) >= 20_000 && (second ?? 0) >= (first ?? 0) + (took ?? 0) + 30_000 && (end ?? 0) >= (second ?? 0),
    told,
  );
});

test("a trace that is told to stop before it starts says so", async () => {
  const child = spawn(worker, ["trace", "--steps", "0:1,1000:2"], { stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  child.stdout.on("data", (chunk: Buffer) => {
    told += chunk.toString();
  });
  await until("its first memory", () => told.startsWith("ready 0 "));
  const closed = once(child, "close");
  child.kill("SIGTERM");
  assert.deepEqual(await closed, [0, null]);
  assert.match(told, /\nstopped 0\n$/);
});
