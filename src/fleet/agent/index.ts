/*
 * The agent's side of a fleet run: the life of one stream, as a table and a machine without any I/O. It knows no wire,
 * no process and no clock of its own.
 */
export type { AgentEffect, AgentEvent } from "./agent-event.ts";
export type { AgentWorld } from "./agent-stream.ts";
export { AgentStream, hasEnded } from "./agent-stream.ts";
export type { AgentEventKind, AgentState, Verdict } from "./transitions.ts";
export { agentEvents, agentStates, transitions } from "./transitions.ts";
