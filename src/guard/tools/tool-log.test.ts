import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ToolResult } from "../model/index.ts";
import { toolLogLine } from "./tool-log.ts";

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
