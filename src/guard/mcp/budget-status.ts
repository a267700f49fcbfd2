import type { SessionBudget } from "../client/index.ts";
import { GuardClient } from "../client/index.ts";
import { formatMib } from "../model/index.ts";
import type { McpAnswer, McpTarget, McpTool } from "./mcp-tool.ts";

const sizeOf = (bytes: number | null): string => (bytes === null ? "unlimited" : formatMib(bytes));

/** A few lines of numbers, all of the session's own. */
function textOf({ session, memory, pids, cpu, pressure, calls, call_ceilings: most, frozen }: SessionBudget): string {
  const lines = [
    `Session ${session}${frozen ? ", frozen" : ""}`,
    `Memory: ${memory.current_bytes === null ? "not counted" : formatMib(memory.current_bytes)} in use, cap ${sizeOf(memory.cap_bytes)}, free ${sizeOf(memory.headroom_bytes)}`,
    `CPU: weight ${cpu.weight}, cap ${cpu.cap_percent === null ? "none" : `${cpu.cap_percent} % of one CPU`}`,
    `Processes: ${pids.current}, cap ${pids.cap ?? "none"}`,
    `Waiting in the last 10 s: ${(["cpu", "memory", "io"] as const).map((what) => `${what} ${pressure[what]?.some_avg10 ?? "-"} %`).join(", ")}`,
    `One call gets at most: memory ${sizeOf(most.memory_bytes)}, time ${most.time_ms === null ? "unlimited" : `${most.time_ms / 1000} s`}`,
    `Running calls: ${calls.length} of ${most.calls}`,
    ...calls.map(
      (one) =>
        `- ${one.call}: ${(one.running_ms / 1000).toFixed(1)} s, memory ${one.memory_bytes === null ? "-" : formatMib(one.memory_bytes)} of ${sizeOf(one.memory_budget_bytes)}`,
    ),
  ];
  return lines.join("\n");
}

/** `budget_status`: what the session has, uses and may still have. */
export const budgetStatusTool = (target: McpTarget): McpTool => ({
  name: "budget_status",
  title: "Budget of this session",
  description:
    "What this session has, uses and may still have: limits, memory in use and free, pressure, running calls. Ask before a command that needs much.",
  inputSchema: { type: "object", properties: {}, additionalProperties: false },
  outputSchema: {
    type: "object",
    properties: { schema: { const: "corral.session-budget/1" }, session: { type: "string" } },
    required: ["schema", "session", "memory", "pressure", "calls"],
  },
  readOnly: true,
  call: async (): Promise<McpAnswer> => {
    const client = new GuardClient(target.socket === null ? {} : { socket: target.socket });
    try {
      const budget = await client.budget(target.session ?? undefined);
      return { text: textOf(budget), structured: { ...budget }, isError: false };
    } finally {
      client.close();
    }
  },
});
