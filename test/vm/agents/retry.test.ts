import assert from "node:assert/strict";
import { type SpawnOptions, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { GuardClient, type ToolRequest, type ToolResult } from "../../../src/guard/client/index.ts";
import { runTool } from "../../../src/guard/tools/index.ts";
import { until } from "../../shared/timing.ts";
import { clearPlace, corralProgram, type GuardUnderTest, groupNames, newPlace, startGuard } from "../guard/support.ts";
import { fixture } from "../support.ts";

const mib = 2 ** 20;
const place = newPlace();
const config = `
version: 1
sessions:
  - { name: wide, limits: { memory-max: 512M } }
  - { name: narrow, limits: { memory-max: 40M } }
`;
let guard: GuardUnderTest;
before(async () => {
  guard = await startGuard(place, { config });
});
after(async () => {
  await guard.end("SIGKILL");
  await clearPlace(place);
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly result: ToolResult;
}

/** Runs `corral tool run` with flags and a command. */
async function toolRun(
  flags: readonly string[],
  command: readonly string[],
  stdin: "ignore" | "pipe" | number = "ignore",
): Promise<Ended> {
  const report = join(place.home, `report-${process.hrtime.bigint()}.json`);
  const [node = "", ...corral] = corralProgram();
  const own = ["tool", "run", "--socket", guard.socket, "--report", report, ...flags];
  const options: SpawnOptions = { stdio: [stdin, "pipe", "pipe"] };
  const child = spawn(node, [...corral, ...own, "--", ...command], options);
  const said = { stdout: "", stderr: "" };
  child.stdout?.on("data", (data: Buffer) => {
    said.stdout += data.toString();
  });
  child.stderr?.on("data", (data: Buffer) => {
    said.stderr += data.toString();
  });
  child.stdin?.end("typed\n");
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, ...said, result: JSON.parse(readFileSync(report, "utf8")) as ToolResult };
}

const inMib = (result: ToolResult): readonly (readonly [string, number])[] =>
  result.attempts.map(({ reason, memory_budget_bytes }) => [reason, (memory_budget_bytes ?? 0) / mib]);

/** Says that it starts and what it reads, then uses 40 MiB. */
const needs40 = ["sh", "-c", 'echo start; cat; exec "$0" 40 >/dev/null', fixture("touch-memory")];

test("an idempotent call whose budget was used up is run again with twice of it until it is enough", async () => {
  const flags = ["--session", "wide", "--hint", "memory:16m", "--retry", "2", "--idempotent"];
  const { code, stdout, stderr, result } = await toolRun(flags, needs40);
  assert.deepEqual([code, stdout], [0, "start\nstart\nstart\n"], stderr);
  assert.deepEqual(inMib(result), [
    ["oom", 16],
    ["oom", 32],
    ["exit", 64],
  ]);
  assert.deepEqual([result.retry, result.not_retried, result.feedback], [null, null, null]);
  assert.deepEqual(stderr.match(/run again with \d+ MiB, attempt \d of 3/g), [
    "run again with 32 MiB, attempt 2 of 3",
    "run again with 64 MiB, attempt 3 of 3",
  ]);
  await until("no call to be left", () => groupNames(`${guard.root}/wide/tools`).length === 0);
});

/** The same from this process: no program is started for it but the launcher. */
async function called(
  request: Omit<ToolRequest, "command">,
  command: readonly string[],
): Promise<{ readonly result: ToolResult; readonly runs: number }> {
  const client = new GuardClient({ socket: guard.socket });
  let runs = 0;
  try {
    const { result } = await runTool(client, {
      request,
      command,
      env: [`PATH=${process.env["PATH"]}`],
      fds: [-1, -1, -1],
      onChild: () => {
        runs += 1;
      },
    });
    assert.ok(result !== null);
    return { result, runs };
  } finally {
    client.close();
  }
}

test("a call is run again no more often than was asked for, and with no more than its session has free", async () => {
  const once = { session: "wide", hint: "memory:8m", retry: 1, idempotent: true };
  const used = await called(once, [fixture("touch-memory"), "40"]);
  const runs = [
    ["oom", 8],
    ["oom", 16],
  ];
  assert.deepEqual([inMib(used.result), used.runs, used.result.not_retried], [runs, 2, "attempts-used"]);
  const narrow = { session: "narrow", hint: "memory:32m", retry: 2, idempotent: true };
  const { result } = await called(narrow, [fixture("touch-memory"), "60"]);
  const [first, ...rest] = inMib(result);
  assert.deepEqual(first, ["oom", 32]);
  // 32 to at most 40 MiB: what the session has free decides whether that is a quarter more.
  for (const [, budget] of rest) assert.ok(budget <= 40, `${budget} MiB`);
  assert.equal(result.not_retried, "no-headroom");
});

test("a call that is not marked idempotent is advised and not run again", async () => {
  const { result, runs } = await called({ session: "wide", hint: "memory:16m", retry: 2 }, [
    fixture("touch-memory"),
    "40",
  ]);
  assert.deepEqual([runs, result.retry, result.not_retried], [1, null, "not-idempotent"]);
  const text = result.feedback?.text ?? "";
  assert.match(text, /ask for more: AGENT_RESOURCE_HINT="memory:32m"\. It was not run again: it is not marked/);
});

test("a SIGKILL is no lack of memory, and nothing is run again for it", async () => {
  const request = { session: "wide", hint: "memory:16m", retry: 2, idempotent: true };
  const { result } = await called(request, ["sh", "-c", "kill -KILL $$"]);
  assert.deepEqual([inMib(result), result.not_retried], [[["signal", 16]], null]);
});

test("a connection runs again only what it was granted, once, and in the same session", async () => {
  const client = new GuardClient({ socket: guard.socket });
  const request = { session: "wide", hint: "memory:16m", retry: 2, idempotent: true };
  const { result } = await called(request, ["true"]);
  const codeOf = (wanted: ToolRequest): Promise<string> =>
    client.startTool(wanted).then(
      () => "started",
      (error: { readonly code: string }) => error.code,
    );
  assert.equal(await codeOf({ ...request, retry_of: result.call }), "SESSION_NOT_FOUND");
  client.close();
});

test("every run reads a file from its start; what came through a pipe is gone, and so the call is not run again", async () => {
  const file = join(place.home, "input");
  writeFileSync(file, "line\n");
  const fd = openSync(file, "r");
  const flags = ["--session", "wide", "--hint", "memory:32m", "--retry", "1", "--idempotent"];
  const fromFile = await toolRun(flags, needs40, fd);
  closeSync(fd);
  assert.deepEqual([fromFile.code, fromFile.stdout], [0, "start\nline\nstart\nline\n"], fromFile.stderr);
  const fromPipe = await toolRun(flags, needs40, "pipe");
  assert.deepEqual([fromPipe.code, fromPipe.stdout], [137, "start\ntyped\n"], fromPipe.stderr);
  assert.equal(fromPipe.result.retry?.memory_bytes, 64 * mib);
  assert.match(fromPipe.stderr, /not run again: .* its standard input cannot be given twice/);
});
