import assert from "node:assert/strict";
import { type SpawnOptions, spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { GuardClient, type ToolResult } from "../../../src/guard/client/index.ts";
import { runTool } from "../../../src/guard/tools/index.ts";
import { until } from "../../shared/timing.ts";
import { fixture, read } from "../support.ts";
import {
  clearPlace,
  type GuardUnderTest,
  groupNames,
  type Line,
  newPlace,
  startGuard,
  toolPrograms,
} from "./support.ts";

const mib = 2 ** 20;
const place = newPlace();
const log = join(place.home, "tools.jsonl");
const config = `
version: 1
tool_log: ${log}
sessions:
  - { name: s, limits: { memory-max: 512M }, tools: { ceilings: { memory: 64M }, most_calls: 8 } }
  - { name: waits, tools: { background: wait, wait: 60s } }
  - { name: adopts, tools: { background: adopt } }
`;
let guard: GuardUnderTest;
before(async () => {
  guard = await startGuard(place, { config });
});
after(async () => {
  await guard.end("SIGKILL");
  await clearPlace(place);
});

interface Run {
  readonly session?: string;
  readonly hint?: string;
  readonly onChild?: (pid: number, group: string) => void;
}

/** Runs a command as a tool call from this process: no program is started for it but the launcher. */
async function call(
  command: readonly string[],
  { session = "s", hint = "", onChild = () => {} }: Run = {},
): Promise<ToolResult> {
  const client = new GuardClient({ socket: guard.socket });
  try {
    const { result } = await runTool(client, {
      request: { session, hint, command: command.join(" ") },
      command,
      env: [`PATH=${process.env["PATH"]}`],
      fds: [-1, -1, -1],
      onChild: (child, { group }) => onChild(child.pid, group),
    });
    assert.ok(result !== null);
    return result;
  } finally {
    client.close();
  }
}

const shell = (script: string, run: Run = {}): Promise<ToolResult> => call(["sh", "-c", script], run);

const callsOf = (session: string): readonly string[] => groupNames(`${guard.root}/${session}/tools`);

test("a call is in its limited group before it executes, ends as its command does, and leaves no group", async () => {
  const result = await shell('grep -q "/s/tools/tool_" /proc/self/cgroup && exit 7', {
    hint: "memory:32m cpu=50 pids=20",
  });
  assert.deepEqual([result.reason, result.exit_code, result.exit_signal, result.removed], ["exit", 7, null, true]);
  assert.deepEqual(
    result.limits.map(({ name, status, effective }) => [name, status, effective]),
    [
      ["cpu-quota", "applied", "50000 100000"],
      ["memory-max", "applied", String(32 * mib)],
      ["oom-group", "applied", "1"],
      ["pids-max", "applied", "20"],
    ],
  );
  assert.ok((result.memory_peak_bytes ?? 0) > 0 && (result.cpu_sys_us ?? 0) + (result.cpu_user_us ?? 0) > 0);
  assert.equal(result.memory_budget_bytes, 32 * mib);
  assert.deepEqual(callsOf("s"), []);
});

test("a hint above the ceiling is lowered, one that is not understood ignored, and both are told", async () => {
  const result = await shell("exit 0", { hint: "memory:2g gpu=1 class=high memory:a[$(touch$IFS/run/owned)]g" });
  assert.deepEqual([result.memory_budget_bytes, result.lowered], [64 * mib, ["memory", "class"]]);
  const ignored = guard.lines.filter((line) => line.event === "HINT_IGNORED" && line["call"] === result.call);
  assert.equal(ignored.length, 2);
  assert.deepEqual(result.hint_ignored, [
    { part: 2, key: null, why: "unknown" },
    { part: 4, key: "memory", why: "twice" },
  ]);
  assert.equal(existsSync("/run/owned"), false);
});

test("a call that uses up its budget is told so by what the kernel counted; its session goes on", async () => {
  const result = await call([fixture("touch-memory"), "256"], { hint: "memory:32m" });
  assert.deepEqual(
    [result.reason, result.exit_signal, result.oom_own_budget, result.removed],
    ["oom", "SIGKILL", true, true],
  );
  assert.equal(result.feedback?.next_memory_bytes, 64 * mib);
  assert.match(result.feedback?.text ?? "", /^\[Resource\] .* Peak memory 32 MiB\. Its budget of 32 MiB was used up\./);
});

// W5: the original took every 137 for an OOM.
test("a SIGKILL, or an exit with 137, is no lack of memory", async () => {
  const killed = await shell("kill -KILL $$");
  assert.deepEqual([killed.reason, killed.exit_signal, killed.feedback], ["signal", "SIGKILL", null]);
  const exited = await shell("exit 137");
  assert.deepEqual([exited.reason, exited.exit_code, exited.feedback], ["exit", 137, null]);
});

test("an OOM of a grandchild is found although the command exits by itself", async () => {
  const result = await shell(`${fixture("touch-memory")} 256; exit 1`, { hint: "memory:32m" });
  assert.equal(result.reason, "oom");
});

test("a call that runs for longer than it said is killed with all it started", async () => {
  const result = await shell("sleep 600 & sleep 600", { hint: "time=300ms" });
  assert.deepEqual([result.reason, result.exit_signal, result.removed], ["timeout", "SIGKILL", true]);
  assert.match(result.feedback?.text ?? "", /killed after 0\.3 s/);
});

test("what a call leaves behind is killed, awaited or adopted, as its session says", async () => {
  const killed = await shell("setsid sleep 600 & exit 0");
  assert.deepEqual([killed.exit_code, killed.background, killed.removed], [0, { policy: "kill", processes: 1 }, true]);
  const waited = await shell("setsid sleep 1 & exit 0", { session: "waits" });
  assert.deepEqual([waited.background, waited.removed], [{ policy: "wait", processes: 1 }, true]);
  const adopted = await shell("setsid sleep 600 & exit 0", { session: "adopts" });
  assert.deepEqual([adopted.background, adopted.removed], [{ policy: "adopt", processes: 1 }, true]);
  const pids = read(`${guard.root}/adopts/framework/cgroup.procs`).split("\n").map(Number);
  assert.equal(pids.length, 1);
  assert.match(read(`/proc/${pids[0]}/cmdline`), /^sleep/);
  process.kill(pids[0] ?? 0, "SIGKILL");
});

for (const [name, program] of toolPrograms) {
  const start = (command: readonly string[], options: SpawnOptions) => {
    const [file = "", ...args] = program();
    const flags = ["--session", "s", "--socket", guard.socket];
    return spawn(file, [...args, "tool", "run", ...flags, "--", ...command], options);
  };

  test(`a client that is killed takes its call with it, and no group is left: ${name}`, async () => {
    const client = start(["sleep", "600"], { stdio: "ignore" });
    const isIts = ({ call: id }: Line): boolean => String(id).startsWith(`tool_${client.pid}_`);
    await guard.seen("TOOL_STARTED", isIts);
    client.kill("SIGKILL");
    assert.equal((await guard.seen("TOOL_ENDED", isIts))["reason"], "abandoned");
    await until("its group to go", () => callsOf("s").length === 0);
  });

  test(`corral tool run exits as its command does, passes signals on, tells an OOM on stderr, and takes the hint of old: ${name}`, async () => {
    const run = (command: readonly string[], env: Record<string, string> = {}) => {
      const child = start(command, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
      const said = { stdout: "", stderr: "" };
      child.stdout?.on("data", (data: Buffer) => {
        said.stdout += data.toString();
      });
      child.stderr?.on("data", (data: Buffer) => {
        said.stderr += data.toString();
      });
      const ended = new Promise<{ code: number | null } & typeof said>((resolve) =>
        child.on("close", (code) => resolve({ code, ...said })),
      );
      return { child, ended };
    };
    assert.deepEqual(await run(["sh", "-c", "echo out; echo err >&2; exit 3"]).ended, {
      code: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
    const oom = await run([fixture("touch-memory"), "256"], { AGENT_RESOURCE_HINT: "memory:16m" }).ended;
    assert.equal(oom.code, 137);
    assert.match(oom.stderr, /^\[Resource\] .*AGENT_RESOURCE_HINT="memory:32m"/m);
    const signalled = run(["sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 1; done"]);
    await new Promise((resolve) => signalled.child.stdout?.once("data", resolve));
    signalled.child.kill("SIGTERM");
    assert.equal((await signalled.ended).code, 9);
    assert.equal((await run(["/no/such/program"]).ended).code, 127);
    await until("no call to be left", () => callsOf("s").length === 0);
  });
}

test("the log has one line per call with the keys of the original, for its owner's eyes alone", async () => {
  await shell('true # line one\n# line two with "quotes" and \\ and \u001b');
  const lines = readFileSync(log, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const last = lines.at(-1) ?? {};
  assert.equal(last["cmd"], 'sh -c true # line one\n# line two with "quotes" and \\ and \u001b');
  assert.deepEqual([last["session"], last["exit"], last["reason"], last["hint"]], ["s", 0, "exit", ""]);
  assert.equal(statSync(log).mode & 0o777, 0o600);
  assert.ok(lines.some((line) => line["reason"] === "oom" && line["oom_kills"] !== 0));
});
