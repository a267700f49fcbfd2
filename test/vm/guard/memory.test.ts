import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { GuardClient } from "../../../src/guard/client/index.ts";
import { runTool } from "../../../src/guard/tools/index.ts";
import { scaled, sleep, until } from "../../shared/timing.ts";
import { swapOff, swapOn } from "../policy/support.ts";
import { fixture, read, withParent, write } from "../support.ts";
import { clearPlace, corralProgram, type GuardUnderTest, type Line, newPlace, startGuard } from "./support.ts";

const mebibyte = 1024 * 1024;
/** Of all sessions together. */
const limitBytes = 500 * mebibyte;
const sessions = ["session_high", "session_low", "low2"] as const;
const configOf = (memory: string): string =>
  `version: 1\nmemory: { ${memory} }\nsessions: [{ name: low2, class: low }]\n`;

// Starting a guard takes a virtual machine many seconds: all tests use one, the last kills it.
const place = newPlace();
let guard: GuardUnderTest;
before(async () => {
  guard = await startGuard(place, { config: configOf("policy: two-stage") });
  write(`${guard.root}/memory.max`, String(limitBytes));
});
after(async () => {
  await guard.end("SIGKILL");
  await clearPlace(place);
});

interface Growing {
  readonly ended: Promise<string>;
  kill(): Promise<string>;
}

/** A program that grows to `mib` in a group, at `perSec` MiB a second, holds it, and ends by itself. */
function grow(group: string, mib: number, perSec: number, holdSec: number): Growing {
  const words = [fixture("grow-memory"), String(mib), String(perSec), String(holdSec)];
  const child = spawn("sh", ["-c", `echo $$ >${group}/cgroup.procs && exec "$@"`, "sh", ...words], { stdio: "ignore" });
  const ended = new Promise<string>((resolve) => {
    child.on("exit", (code, signal) => resolve(String(signal ?? code)));
  });
  return {
    ended,
    kill: () => {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

const framework = (session: string): string => `${place.root}/${session}/framework`;
const decisions = (): readonly Line[] => guard.lines.filter(({ event }) => event === "DECISION");
const observedOf = (line: Line) =>
  line["observed"] as { limit_bytes: number; headroom_bytes: number; reserve_bytes: number; stall_share: number };

/** What the protection may have written, of every session. */
const held = (): readonly (readonly string[])[] =>
  sessions.map((name) =>
    [
      "memory.high",
      "framework/cgroup.freeze",
      "tools/cgroup.freeze",
      "tools/memory.high",
      "memory.low",
      "cpu.weight",
    ].map((file) => read(`${place.root}/${name}/${file}`)),
  );
const nothingHeld = ["150", "50", "50"].map((weight) => ["max", "0", "0", "max", "0", weight]);

const untilLetGo = (): Promise<void> =>
  until("everything to be let go", () => JSON.stringify(held()) === JSON.stringify(nothingHeld), 10_000);

async function reload(memory: string): Promise<void> {
  const before = guard.lines.length;
  writeFileSync(guard.config, configOf(memory));
  guard.process.kill("SIGHUP");
  await until("the file to be read again", () => guard.lines.slice(before).some(({ event }) => event === "RELOADED"));
}

/** What the kernel says of its kills, for failures. */
const kernelOoms = (): string =>
  `${execFileSync("dmesg", { encoding: "utf8" })
    .split("\n")
    .filter((line) => /oom|Killed|out of memory/i.test(line))
    .slice(-12)
    .join("\n")}\n${JSON.stringify(decisions())}`;

/** Waits until the guard itself has seen it: it tells how things stood at its last look. */
async function untilHeadroom(holds: (bytes: number) => boolean): Promise<void> {
  const end = performance.now() + scaled(20_000);
  for (;;) {
    const { memory } = await guard.client.status();
    if (memory.headroom_bytes !== null && holds(memory.headroom_bytes)) return;
    assert.ok(performance.now() < end, JSON.stringify(memory));
    await sleep(50);
  }
}

const oomKills = (group: string): string => /^oom_kill (\d+)$/m.exec(read(`${group}/memory.events`))?.[1] ?? "none";

test("a high session and two low ones that exceed the limit together all live, and every step says what was seen", async () => {
  const high = grow(framework("session_high"), 250, 300, 600);
  await untilHeadroom((bytes) => bytes < 252 * mebibyte);
  const low = [grow(framework("session_low"), 170, 20, 1), grow(framework("low2"), 170, 20, 1)];
  await until("both to be clamped", () => decisions().filter(({ action }) => action === "clamp").length >= 2, 20_000);
  // Into what the clamps have kept for it: what low ones still gain under their clamps does the rest.
  const more = grow(framework("session_high"), 60, 100, 600);
  await until("both to be frozen", () => decisions().filter(({ action }) => action === "frozen").length >= 2, 30_000);
  assert.equal(oomKills(place.root), "0", kernelOoms());
  assert.deepEqual([await high.kill(), await more.kill()], ["SIGKILL", "SIGKILL"]);
  const ends = await Promise.all(low.map(({ ended }) => ended));
  assert.deepEqual([ends, oomKills(place.root)], [["0", "0"], "0"], kernelOoms());
  await untilLetGo();
  const made = decisions();
  assert.ok(
    made.some(({ action }) => action === "clamp"),
    "nobody was clamped: the test proves nothing",
  );
  for (const line of made) {
    const { limit_bytes, headroom_bytes, reserve_bytes, stall_share } = observedOf(line);
    const { policy, dry_run, failed, threshold, action, reason } = line as Line & { readonly threshold: number };
    assert.deepEqual([policy, dry_run, failed, limit_bytes], ["two-stage", false, [], limitBytes]);
    assert.notEqual(line.session, "session_high");
    if (action === "clamp" && reason === "headroom")
      assert.ok(headroom_bytes - reserve_bytes < threshold, JSON.stringify(line));
    if (action === "clamp" && reason === "stall") assert.ok(stall_share > threshold, JSON.stringify(line));
  }
  const { memory, memory_policy } = await guard.client.status();
  assert.deepEqual(
    [memory_policy, memory.policy, memory.memcg_bpf_ops, memory.held],
    ["two-stage", "two-stage", "absent", {}],
  );
  assert.equal(memory.decisions["clamp"], made.filter(({ action }) => action === "clamp").length);
  for (const mechanism of ["psi trigger", "inotify"])
    assert.ok(
      memory.wakes.some((one) => one.mechanism === mechanism),
      JSON.stringify(memory.wakes),
    );
});

test("when everybody is frozen and memory still runs out, a tool call is killed and told so; frameworks and the high session live", async () => {
  await reload("kill_headroom: 8, freeze_headroom: 9, clamp_headroom: 12");
  const low = grow(framework("session_low"), 20, 100, 600);
  const own = new GuardClient({ socket: guard.socket });
  const tool = runTool(own, {
    request: { session: "session_low" },
    command: [fixture("grow-memory"), "120", "200", "600"],
    env: [],
    fds: [-1, -1, -1],
    onChild: () => {},
  });
  const { call } = await guard.seen("TOOL_STARTED");
  await until(
    "the tool to grow",
    () => Number(read(`${place.root}/session_low/memory.current`)) > 135 * mebibyte,
    20_000,
  );
  const high = grow(framework("session_high"), 335, 100, 600);
  const kill = await guard.seen("DECISION", ({ action }) => action === "kill");
  assert.deepEqual([kill.session, kill["killed"]], ["session_low", `${place.root}/session_low/tools/${String(call)}`]);
  const { exit, result } = await tool;
  own.close();
  assert.deepEqual([exit.exit_signal, result?.reason, result?.oom_kills], ["SIGKILL", "oom", 0]);
  assert.ok(Number(result?.frozen_ms) > 0);
  assert.match(String(result?.feedback?.text), /its session or the host had no more/);
  assert.deepEqual([await low.kill(), await high.kill()], ["SIGKILL", "SIGKILL"], "one of the two had ended before");
  await untilLetGo();
});

test("a dry run says what it would do and writes nothing", async () => {
  await reload("dry_run: true");
  const high = grow(framework("session_high"), 5, 100, 600);
  await until(
    "high to be there",
    () => Number(read(`${place.root}/session_high/memory.current`)) > 4 * mebibyte,
    20_000,
  );
  const low = grow(framework("session_low"), 425, 300, 600);
  const line = await guard.seen("DECISION", ({ dry_run, action }) => dry_run === true && action === "clamp");
  assert.equal(line.session, "session_low");
  assert.deepEqual(held(), nothingHeld);
  await Promise.all([high.kill(), low.kill()]);
});

test("a tool call waits until there is the memory that its hint says, and begins then", async () => {
  await reload("admission_wait: 10m");
  const high = grow(framework("session_high"), 300, 300, 600);
  // What it saw before, when others were there, was less.
  await untilHeadroom((bytes) => bytes < 220 * mebibyte && bytes > 150 * mebibyte);
  const own = new GuardClient({ socket: guard.socket });
  const tool = runTool(own, {
    request: { session: "session_low", hint: "memory:150m" },
    command: ["/bin/true"],
    env: [],
    fds: [-1, -1, -1],
    onChild: () => {},
  });
  const queued = await guard.seen("TOOL_QUEUED");
  assert.deepEqual([queued.session, queued["need_bytes"]], ["session_low", 150 * mebibyte]);
  assert.ok(
    Number(queued["headroom_bytes"]) - Number(queued["reserve_bytes"]) < 150 * mebibyte,
    JSON.stringify(queued),
  );
  assert.equal((await guard.client.status()).memory.queued, 1);
  await high.kill();
  const { exit } = await tool;
  own.close();
  const admitted = await guard.seen("TOOL_ADMITTED");
  assert.deepEqual([exit.exit_code, admitted["reason"], admitted.session], [0, "room", "session_low"]);
});

test("an agent that waits gives memory back where there is swap, until that is switched off", async () => {
  swapOn();
  try {
    await reload("reclaim_idle: 1s");
    const low = grow(framework("session_low"), 150, 300, 600);
    const swapped = (): number => Number(read(`${framework("session_low")}/memory.swap.current`));
    await until("memory to go out to swap", () => swapped() > 4 * mebibyte, 30_000);
    await reload("reclaim_idle: 0s");
    const { before_bytes, reclaimed_bytes } = await guard.seen("RECLAIMED", ({ session }) => session === "session_low");
    assert.ok(Number(reclaimed_bytes) > 3 * mebibyte && Number(before_bytes) > 100 * mebibyte, String(reclaimed_bytes));
    await low.kill();
  } finally {
    swapOff();
  }
});

test("a guard that is killed while a session is frozen for others leaves it running and not clamped within a second", async () => {
  await reload("policy: two-stage");
  const from = guard.lines.length;
  const session = `${place.root}/session_low`;
  grow(framework("session_low"), 150, 300, 600);
  await until("low to grow", () => Number(read(`${session}/memory.current`)) > 149 * mebibyte, 20_000);
  grow(framework("session_high"), 325, 150, 600);
  const isFrozen = (): boolean => /^frozen 1$/m.test(read(`${framework("session_low")}/cgroup.events`));
  const wasTold = (): boolean => guard.lines.slice(from).some(({ action }) => action === "frozen");
  await until("it to be frozen", () => wasTold() && isFrozen(), 20_000);
  assert.notEqual(read(`${session}/memory.high`), "max");
  assert.equal((await guard.client.session("session_low")).memory_stage, "frozen");
  await guard.end("SIGKILL");
  await until("the restorer to thaw", () => !isFrozen(), 1000);
  await until(
    "it to lift the clamp and give the weight back",
    () => JSON.stringify(held()) === JSON.stringify(nothingHeld),
    1000,
  );
});

test("corral memcg protects a group from others that are there, says what mainline has not, and takes everything back", async () => {
  await withParent(
    async (parent) => {
      write(`${parent}/cgroup.subtree_control`, "+memory +cpu");
      const [high, low] = [`${parent}/high`, `${parent}/low`];
      for (const group of [high, low]) mkdirSync(group);
      const [node = "", corral = ""] = corralProgram();
      const args = ["memcg", "--high", high, "--low", low, "--delay-ms", "50", "--below-low", "--threshold", "10"];
      const child = spawn(node, [corral, ...args], { stdio: ["ignore", "pipe", "pipe"] });
      const lines: Line[] = [];
      createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line) as Line));
      let stderr = "";
      child.stderr.on("data", (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      const ended = new Promise((resolve) => child.on("close", resolve));
      await until("it to have begun", () => lines.some(({ event }) => event === "STARTED"), 20_000);
      // Huge pages: a fault brings two MiB.
      const kept = grow(high, 150, 300, 600);
      await until("high to grow", () => Number(read(`${high}/memory.current`)) > 150 * mebibyte, 20_000);
      const other = grow(low, 140, 20, 1);
      await until("memory to run short", () => lines.some(({ action }) => action === "clamp"), 20_000);
      assert.equal(oomKills(parent), "0");
      await kept.kill();
      assert.deepEqual([await other.ended, oomKills(parent)], ["0", "0"], JSON.stringify(lines));
      const files = [`${high}/memory.low`, `${low}/memory.high`, `${low}/cgroup.freeze`, `${low}/cpu.weight`];
      await until("all to be let go", () => files.map(read).join(" ") === "0 max 0 100", 10_000);
      child.kill("SIGTERM");
      assert.equal(await ended, 0, stderr);
      assert.ok(lines.some(({ action, writes }) => action === "protect" && JSON.stringify(writes).includes('"max"')));
      assert.equal(stderr.split("\n").filter((line) => line.includes("--delay-ms")).length, 1, stderr);
      assert.equal(lines.at(-1)?.event, "STATS");
    },
    { "memory.max": String(300 * mebibyte) },
  );
});
