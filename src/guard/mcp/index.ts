/**
 * guard/mcp/: the tools that `corral mcp` offers to models: what they take, what they do through a client of the guard, what
 * they answer. What may enter: the guard's client, who runs tool calls. What it may not know: the protocol, the daemon.
 */
export { budgetStatusTool } from "./budget-status.ts";
export type { McpAnswer, McpCall, McpTool } from "./mcp-tool.ts";
export { runWithBudgetTool } from "./run-with-budget.ts";
