import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { AdaptiveLine } from "../../src/policy/index.ts";
import { host } from "../shared/group-parent.ts";
import { killQuietly } from "../shared/processes.ts";
import { capability, requires } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const program = join(process.cwd(), "dist/corral.cjs");
const pids: number[] = [];
after(() => {
  for (const pid of pids) killQuietly(pid);
});

function start(command: string, ...args: readonly string[]): number {
  const { pid = 0 } = spawn(command, args, { stdio: "ignore" });
  pids.push(pid);
  return pid;
}

/** A policy at work, with its lines as they come. */
function startPolicy(...args: readonly string[]) {
  const corral = spawn(process.execPath, [program, "policy", ...args, "--json"], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  corral.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => corral.once("close", resolve));
  const lines = (): AdaptiveLine[] =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as AdaptiveLine);
  return { corral, ended, lines };
}

const decisions = (lines: readonly AdaptiveLine[]) =>
  lines.flatMap((line) => (line.event === "compact" ? [[line.decision, line.outcome, line.reason] as const] : []));

const quick = [
  "--interval",
  "100ms",
  "--idle",
  "200ms",
  "--pageout-after",
  "200ms",
  "--cold-every",
  "0",
  "--min-rss",
  "100K",
];
const noSwap = /^SwapFree:\s+0 kB$/m.test(readFileSync("/proc/meminfo", "latin1"));

test("an idle process is made cold; without swap it is told that there is nothing to page out to, once", async (t) => {
  if (!requires(t, capability("CAP_SYS_NICE"), noSwap ? null : "this host has swap; test/vm/policy pages out")) return;
  const pid = start("sleep", "600");
  const { corral, ended, lines } = startPolicy("compact", "--pid", String(pid), ...quick);
  await until("it to be told", () => decisions(lines()).some(([decision]) => decision === "pageout"));
  corral.kill("SIGTERM");
  assert.equal(await ended, 0);
  assert.deepEqual(
    decisions(lines()).filter(([decision]) => decision !== "wait"),
    [
      ["cold", "applied", "its memory is the next to be reclaimed"],
      ["pageout", "rejected", "there is no free swap that it could be paged out to"],
    ],
  );
  const summary = lines().at(-1);
  assert.ok(summary?.event === "compact_summary");
  assert.deepEqual([summary.why, summary.colds, summary.compactions, summary.wakes], ["it was stopped", 1, 0, 0]);
});

test("a process that ends ends the policy, and several are watched each by itself", async () => {
  const [one, other] = [start("sleep", "600"), start("sleep", "600")];
  const { ended, lines } = startPolicy("compact", "--pid", `${one},${other}`, ...quick, "--dry-run");
  await until("both to be looked at", () => new Set(lines().map(({ subject }) => subject)).size === 2);
  killQuietly(one);
  await until("the first summary", () => lines().some(({ event }) => event === "compact_summary"));
  killQuietly(other);
  assert.equal(await ended, 0);
  const ends = lines().flatMap((line) => (line.event === "compact_summary" ? [[line.subject, line.why]] : []));
  assert.deepEqual(
    ends,
    [one, other].map((pid) => [`pid ${pid}`, `process ${pid} has ended`]),
  );
});

const refused = [
  [["compact"], 2, "neither a process nor a group was named; give one of --pid and --cgroup"],
  [
    ["compact", "--pid", "1", "--cgroup", "/a"],
    2,
    "--pid and --cgroup exclude each other; give one of --pid and --cgroup",
  ],
  [["compact", "--pid", "0"], 2, '--pid expects a whole number from 1 to 4194304, not "0"'],
  [["compact", "--pid", "1"], 125, "process 1 is left alone: everything depends on it; name another process"],
  [["compact", "--pid", "4194304"], 125, "process 4194304 does not exist"],
  [
    ["compact", "--cgroup", "/corral-absent"],
    125,
    "there is no group /corral-absent; name another group, as in /proc/PID/cgroup",
  ],
  [["compact", "--pid", "1", "--idle-cpu", "200"], 2, '--idle-cpu expects a number from 0 to 100, not "200"'],
  [["compact", "--pid", "1", "--interval", "1ms"], 2, '--interval expects a duration from 100 ms to 24 h, not "1ms"'],
  [["reclaim"], 2, "no group was named; give --cgroup PATH, as in /proc/PID/cgroup"],
  [
    ["reclaim", "--cgroup", "/a/../b"],
    2,
    '"/a/../b" is not the path of a control group; write it as in /proc/PID/cgroup: /system.slice/my.service',
  ],
  [["reclaim", "--cgroup", "/a", "--target", "0"], 2, "--target must be more than 0"],
  [
    ["reclaim", "--cgroup", "/a", "--min-size", "5"],
    2,
    '--min-size needs a unit, such as 5M; "5" could mean bytes or MiB',
  ],
  [
    ["reclaim", "--cgroup", "/a", "--duration", "x"],
    2,
    '--duration expects a duration such as 500ms, 10s or 5m, not "x"',
  ],
] as const;

for (const [args, status, message] of refused)
  test(`corral policy ${args.join(" ")} is refused in one line`, () => {
    const ran = spawnSync(process.execPath, [program, "policy", ...args], { encoding: "utf8" });
    assert.deepEqual([ran.status, ran.stdout, ran.stderr], [status, "", `[corral] ${message}\n`]);
  });

test("proactive reclaim says on cgroup v1 what it needs", (t) => {
  if (!requires(t, host.owner.memory?.version === 1 ? null : "the memory controller is not on v1")) return;
  const ran = spawnSync(process.execPath, [program, "policy", "reclaim", "--cgroup", "/a"], { encoding: "utf8" });
  assert.equal(ran.status, 125);
  assert.match(ran.stderr, /proactive reclaim needs the memory controller on cgroup v2/);
});
