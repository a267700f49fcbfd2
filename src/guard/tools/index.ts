/**
 * guard/tools/: one tool call: what it is granted, its group from before its process to after its last one, what it used, and
 * what its agent is told. What may enter: sessions, a client and its connection. What it may not know: who may do what, HTTP.
 */

export { clearLeftCall } from "./left-call.ts";
export type { RanTool, ToolRun } from "./run-tool.ts";
export { runTool } from "./run-tool.ts";
export type { CallClient } from "./running-call.ts";
export type { ToolCallsOptions } from "./tool-calls.ts";
export { ToolCalls } from "./tool-calls.ts";
export type { ToolLogLine } from "./tool-log.ts";
export { ToolLog } from "./tool-log.ts";
