import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { SessionBudget } from "../../../src/guard/client/index.ts";
import { type McpPeer, startMcp } from "../../shared/mcp-client.ts";
import { until } from "../../shared/timing.ts";
import { clearPlace, corralProgram, type GuardUnderTest, groupNames, newPlace, startGuard } from "../guard/support.ts";
import { fixture } from "../support.ts";

const mib = 2 ** 20;
const place = newPlace();
const config = `
version: 1
sessions:
  - name: s
    limits: { memory-max: 512M, pids-max: 300 }
    tools: { ceilings: { memory: 128M }, time: 10m, most_calls: 4 }
  - { name: other, uid: 4007 }
`;
let guard: GuardUnderTest;
let peer: McpPeer;
before(async () => {
  guard = await startGuard(place, { config });
  peer = await startServer(["--session", "s"]);
});
after(async () => {
  await peer.close();
  await guard.end("SIGKILL");
  await clearPlace(place);
});

const startServer = (flags: readonly string[], through: readonly string[] = []): Promise<McpPeer> =>
  startMcp([...through, ...corralProgram(), "mcp", "--socket", guard.socket, ...flags]);

const run = (command: readonly string[], more: Record<string, unknown> = {}, by = peer) =>
  by.call("run_with_budget", { command, ...more });

const callsOf = (session: string): readonly string[] => groupNames(`${guard.root}/${session}/tools`);

test("a command runs as a call of the session, within what it asked for, and answers what it wrote and used", async () => {
  const script = "cat; cat /proc/self/cgroup; pwd; echo warned >&2; exit 3";
  const limits = { memory: "64m", cpu: 80, pids: 30 };
  const { isError, text, structured } = await run(["sh", "-c", script], { limits, timeout: "5m", cwd: "/proc" });
  const { result, stdout } = structured;
  assert.deepEqual([isError, structured.exit_code, result?.reason, result?.session], [false, 3, "exit", "s"]);
  assert.deepEqual([result?.memory_budget_bytes, result?.removed], [64 * mib, true]);
  assert.match(stdout.text, /^0::.*\/s\/tools\/tool_\d+_\d+_300000\n\/proc\n$/);
  assert.match(text, /^exit code 3, [\d.]+ s, peak memory \d+ MiB\nstdout:\n0::[\s\S]*\nstderr:\nwarned\n$/);
  assert.deepEqual(
    result?.limits.map(({ name, effective }) => [name, effective]),
    [
      ["cpu-quota", "80000 100000"],
      ["memory-max", String(64 * mib)],
      ["oom-group", "1"],
      ["pids-max", "30"],
    ],
  );
});

test("a command beyond its budget is an error that says what to ask for; an idempotent one is run again with more", async () => {
  const needs = [fixture("touch-memory"), "40"];
  const killed = await run(needs, { limits: { memory: "16m" } });
  assert.deepEqual([killed.isError, killed.structured.result?.reason], [true, "oom"]);
  assert.match(killed.text, /^killed by SIGKILL.*\n\[Resource\] .*or ask for more: hint="memory:32m"/);
  const again = await run(needs, { limits: { memory: "16m" }, idempotent: true });
  assert.deepEqual([again.isError, again.structured.exit_code], [false, 0], again.text);
  assert.deepEqual(
    again.structured.result?.attempts.map(({ memory_budget_bytes }) => (memory_budget_bytes ?? 0) / mib),
    [16, 32, 64],
  );
});

test("a command that runs for too long is killed and told so; one that does not exist is told", async () => {
  const late = await run(["sleep", "600"], { timeout: "500ms" });
  assert.deepEqual([late.isError, late.structured.result?.reason], [true, "timeout"]);
  const none = await run(["/no/such/program"]);
  assert.deepEqual([none.isError, none.text.startsWith("[COMMAND_NOT_FOUND]")], [true, true], none.text);
});

test("of a long output the begin and the end are answered", async () => {
  const script = "echo begin; yes | head -c 3000000; echo end";
  const { structured } = await run(["sh", "-c", script], { max_output_bytes: 1000 });
  const { stdout } = structured;
  assert.deepEqual([stdout.bytes, stdout.omitted_bytes], [3_000_010, 2_999_010]);
  assert.match(stdout.text, /^begin\ny\n[\s\S]*\[\.\.\. 2999010 bytes left out \.\.\.\][\s\S]*y\nend\n$/);
});

test("budget_status tells the session's limits, what is free, and the calls that run; a long call tells its progress; cancelled, it is killed", async () => {
  const end = new AbortController();
  const progress: { progress: number; message?: string | undefined }[] = [];
  const given = { command: ["sh", "-c", "setsid sleep 600 & sleep 600"], limits: { memory: "100m" } };
  const running = peer.client.callTool({ name: "run_with_budget", arguments: given }, undefined, {
    signal: end.signal,
    timeout: 300_000,
    onprogress: (told) => void progress.push(told),
  });
  const outcome = running.then(
    () => "answered",
    (error: unknown) => String(error),
  );
  await until(
    "its progress with its memory",
    () => progress.some(({ message = "" }) => message.endsWith("of 100 MiB")),
    60_000,
  );
  const status = (await peer.call("budget_status")).structured as unknown as SessionBudget;
  assert.deepEqual(
    [status.session, status.memory.cap_bytes, status.pids.cap, status.call_ceilings],
    ["s", 512 * mib, 300, { memory_bytes: 128 * mib, cpu_percent: null, pids: 300, time_ms: 600_000, calls: 4 }],
  );
  const free = status.memory.headroom_bytes ?? 0;
  assert.ok(free > 400 * mib && free <= 512 * mib, `${free} bytes are free`);
  assert.deepEqual(
    status.calls.map(({ attempt, memory_budget_bytes }) => [attempt, memory_budget_bytes]),
    [[1, 100 * mib]],
  );
  assert.ok(progress.every(({ progress: seconds }, at) => seconds > (progress[at - 1]?.progress ?? 0)));
  end.abort();
  assert.match(await outcome, /AbortError|abort/i);
  await until("the call and all that it started to be gone", () => callsOf("s").length === 0);
});

test("when the model's side goes away its calls are killed", async () => {
  const leaving = await startServer(["--session", "s"]);
  const running = run(["sleep", "600"], {}, leaving).catch(() => null);
  await until("the call to run", () => callsOf("s").length === 1);
  await leaving.close();
  await running;
  await until("the call to be gone", () => callsOf("s").length === 0);
});

test("a server inside of a session acts for that one; a stranger's session there is not", async () => {
  const enter = `echo $$ >${guard.root}/session_low/framework/cgroup.procs && exec "$@"`;
  const inside = await startServer([], ["sh", "-c", enter, "sh"]);
  const own = await run(["true"], {}, inside);
  const status = await inside.call("budget_status");
  await inside.close();
  assert.deepEqual([own.structured.result?.session, status.structured["session"]], ["session_low", "session_low"]);
  const marker = join(place.home, "ran");
  const user = ["setpriv", "--reuid", "4008", "--regid", "4008", "--clear-groups"];
  const stranger = await startServer(["--session", "other"], user);
  const refused = await run(["touch", marker], {}, stranger);
  await stranger.close();
  assert.deepEqual([refused.isError, refused.text], [true, '[SESSION_NOT_FOUND] there is no session "other"']);
  assert.equal(existsSync(marker), false);
});
