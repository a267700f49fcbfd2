import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ToolResult } from "../model/index.ts";
import { ToolLog, toolLogLine } from "./tool-log.ts";

const result: ToolResult = {
  schema: "corral.tool-result/1",
  call: "tool_7_1",
  session: "s",
  reason: "exit",
  exit_code: 0,
  exit_signal: null,
  oom_kills: 0,
  oom_own_budget: false,
  memory_peak_bytes: 4096,
  memory_budget_bytes: null,
  memory_asked: false,
  memory_usual_bytes: null,
  memory_high_hits: 0,
  memory_max_hits: 0,
  cpu_user_us: 1,
  cpu_sys_us: 2,
  throttled_us: 0,
  pids_peak: 1,
  frozen_ms: 0,
  pressure: { cpu: null, memory: null, io: null },
  limits: [],
  lowered: [],
  hint_ignored: [],
  background: { policy: "kill", processes: 0 },
  duration_ms: 12.4,
  start_ns: 1,
  end_ns: 2,
  start_time: "2026-01-01T00:00:00.000Z",
  end_time: "2026-01-01T00:00:00.012Z",
  removed: true,
  feedback: null,
  attempts: [],
  retry: null,
  not_retried: null,
};
const call = { pid: 7, group: "/g", command: "true", hint: "memory:low", currentBytes: null };

test("a line has the keys of the original wrapper in their order and form, then ours", () => {
  const line = toolLogLine(result, call);
  const parsed = JSON.parse(line) as Record<string, unknown>;
  const original = ["ts", "pid", "cgroup", "cmd", "exit", "duration_ms", "peak_mem", "current_mem", "hint", "mem_high"];
  expect(Object.keys(parsed).slice(0, original.length)).toEqual(original);
  expect(parsed).toMatchObject({
    ts: 1_767_225_600_000_000_000,
    pid: 7,
    cgroup: "/g",
    cmd: "true",
    exit: 0,
    duration_ms: 12,
    peak_mem: "4096",
    current_mem: "unknown",
    hint: "memory:low",
    mem_high: "max",
    schema: "corral.tool-log/1",
  });
});

// W3: the original wrote commands of several lines as they are.
test("whatever a command and a hint are, there is one line of JSON, with at most 200 bytes of each", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), fc.string({ unit: "binary" }), (command, hint) => {
      const line = toolLogLine(result, { ...call, command, hint });
      expect(line.indexOf("\n")).toBe(line.length - 1);
      const { cmd } = JSON.parse(line) as { cmd: string };
      expect(Buffer.byteLength(cmd)).toBeLessThanOrEqual(200);
      expect(Buffer.from(line, "utf8").toString("utf8")).toBe(line);
    }),
  );
});

test("a text that is cut is cut between two characters", () => {
  const { cmd } = JSON.parse(toolLogLine(result, { ...call, command: "é".repeat(150) })) as { cmd: string };
  expect(cmd).toBe("é".repeat(100));
});

test("a log that cannot be written is told once, is a problem until it can, and counts the lines that it lacks", () => {
  const home = mkdtempSync(join(tmpdir(), "corral-log-"));
  const path = join(home, "logs", "tools.jsonl");
  const told: string[] = [];
  const log = new ToolLog((message) => void told.push(message));
  const why = `cannot write the log of tool calls to ${JSON.stringify(path)}: ENOENT`;
  log.open(path);
  log.add("1\n");
  log.add("2\n");
  expect([told, log.problem]).toEqual([[why], `${why}; lines lost: 2`]);
  mkdirSync(join(home, "logs"));
  log.add("3\n");
  expect([told.slice(1), log.problem]).toEqual([["the log of tool calls can be written again; lines lost: 2"], null]);
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["3\n", 0o600]);
  rmSync(home, { recursive: true });
});

test("a log is a regular file, no symbolic link, and there may be none", () => {
  const home = mkdtempSync(join(tmpdir(), "corral-log-"));
  const told: string[] = [];
  const log = new ToolLog((message) => void told.push(message));
  log.open(null);
  log.add("nowhere\n");
  expect([told, log.problem]).toEqual([[], null]);
  symlinkSync(join(home, "elsewhere"), join(home, "link"));
  log.open(join(home, "link"));
  expect(log.problem).toMatch(/: ELOOP$/);
  const before = statSync("/dev/null").mode;
  log.open("/dev/null");
  expect([log.problem, statSync("/dev/null").mode]).toEqual([
    'cannot write the log of tool calls to "/dev/null": it is no regular file',
    before,
  ]);
  rmSync(home, { recursive: true });
});
