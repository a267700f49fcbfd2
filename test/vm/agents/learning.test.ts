import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { openSync } from "node:fs";
import { after, before, test } from "node:test";
import { GuardClient, type ToolResult } from "../../../src/guard/client/index.ts";
import { runTool } from "../../../src/guard/tools/index.ts";
import { clearPlace, corralProgram, type GuardUnderTest, newPlace, startGuard } from "../guard/support.ts";
import { fixture } from "../support.ts";

const mib = 2 ** 20;
/** ls and wc want somewhere to write. */
const devNull = openSync("/dev/null", "r+");
const place = newPlace();
const config = `
version: 1
sessions:
  - { name: learns, tools: { defaults: learn } }
  - { name: others, uid: 4001, tools: { defaults: learn } }
  - { name: plain }
`;
let guard: GuardUnderTest;
before(async () => {
  guard = await startGuard(place, { config });
});
after(async () => {
  await guard.end("SIGKILL");
  await clearPlace(place);
});

/** Runs a command as a tool call of a session from this process. */
async function call(session: string, command: readonly string[], hint = ""): Promise<ToolResult> {
  const client = new GuardClient({ socket: guard.socket });
  try {
    const { result } = await runTool(client, {
      request: { session, hint, command: command.join(" ") },
      command,
      env: [`PATH=${process.env["PATH"]}`],
      fds: [devNull, devNull, devNull],
      onChild: () => {},
    });
    assert.ok(result !== null);
    return result;
  } finally {
    client.close();
  }
}

const highOf = ({ limits }: ToolResult): string | null =>
  limits.find(({ name }) => name === "memory-high")?.effective ?? null;

test("a call that says nothing of its memory has what its kind usually needs as memory.high, where its session wants that", async () => {
  const listing = await call("learns", ["ls", "/"]);
  assert.deepEqual([listing.exit_code, highOf(listing), listing.memory_usual_bytes], [0, String(32 * mib), 32 * mib]);
  assert.deepEqual([listing.memory_budget_bytes, listing.feedback], [null, null]);
  for (const none of [
    await call("plain", ["ls", "/"]),
    await call("learns", ["ls", "/"], "memory:64m"),
    await call("learns", ["setsid", "ls", "/"]),
  ])
    assert.deepEqual([highOf(none), none.memory_usual_bytes], [null, null]);
});

test("a call that needs more than its kind usually does comes to its end, slowed down, and its agent is told", async () => {
  // tail keeps what it may have to print.
  const script = "head -c 35000000 /dev/zero | tail -c 34000000 | wc -c";
  const { reason, exit_code, memory_high_hits, oom_kills, feedback } = await call("learns", ["sh", "-c", script]);
  assert.deepEqual([reason, exit_code, oom_kills, feedback?.kind], ["exit", 0, 0, "slowed"]);
  assert.ok((memory_high_hits ?? 0) > 0);
  assert.match(feedback?.text ?? "", /more than 32 MiB, what calls of its kind usually need\. .*memory:64m/);
});

// What is told of the last ten is lost when a guard is killed.
test("twenty calls teach what their kind needs, their owner alone, and the next guard too", async () => {
  for (let at = 0; at < 30; at += 1) assert.equal((await call("learns", ["git", "--version"])).exit_code, 0);
  const usualOf = async (session: string): Promise<number | null> =>
    (await call(session, ["git", "--version"])).memory_usual_bytes;
  const learned = await usualOf("learns");
  assert.ok(learned !== null && learned >= 16 * mib && learned < 64 * mib, `${learned} bytes`);
  assert.equal(await usualOf("others"), 64 * mib);
  await guard.end("SIGKILL");
  guard = await startGuard(place, { config });
  const kept = (await usualOf("learns")) ?? 0;
  assert.ok(kept < 64 * mib, `${kept} bytes`);
});

test("a report adds up what a session's calls were and used", async () => {
  const before = await guard.client.report("plain");
  assert.deepEqual([before.all.calls, before.tools], [0, []]);
  await call("plain", [fixture("touch-memory"), "20"], "memory:128m");
  await call("plain", [fixture("touch-memory"), "64"], "memory:32m");
  await call("plain", ["sh", "-c", "git --version; exit 4"]);
  const { all, tools, since } = await guard.client.report("plain");
  assert.deepEqual(
    [all.calls, all.failed, all.ooms, all.budgeted, all.over_declared, all.under_declared],
    [3, 2, 1, 2, 1, 1],
  );
  assert.deepEqual(
    tools.map(({ tool, calls }) => [tool, calls]),
    [
      ["touch-memory", 2],
      ["git", 1],
    ],
  );
  assert.ok((all.memory_peak_bytes ?? 0) >= 30 * mib && (all.memory_peak_bytes ?? 0) <= 32 * mib);
  assert.ok(all.waste_ratio !== null && all.waste_ratio > 0 && all.waste_ratio < 1);
  assert.ok(since !== null && all.cpu_sec > 0 && all.duration_sec > 0);
  const [node = "", ...corral] = corralProgram();
  const words = [...corral, "session", "report", "plain", "--socket", guard.socket];
  const { stdout, stderr } = spawnSync(node, words, { encoding: "utf8" });
  const lines = stdout.split("\n").map((line) => line.split(/\s+/).slice(0, 4));
  assert.deepEqual(
    lines.find(([tool]) => tool === "touch-memory"),
    ["touch-memory", "2", "1", "1"],
    stderr,
  );
  assert.deepEqual(
    lines.find(([tool]) => tool === "all"),
    ["all", "3", "2", "1"],
  );
});
