/*
 * An agent as a process has it: the machine of its streams, with clocks, a transport and work. It knows no flags, and none
 * of what carries the streams.
 */
export { AgentHost } from "./agent-host.ts";
export type { AgentLog, AgentLogKind } from "./agent-log.ts";
