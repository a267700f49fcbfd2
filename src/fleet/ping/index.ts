/*
 * Asks agents who they are: for `corral fleet ping`, and before a run. It knows what agents answer, and no run.
 */
export { awaitAgent } from "./await-agent.ts";
export type { AgentAnswer, PingDocument, PingOptions } from "./ping-agents.ts";
export { pingAgents, pingText } from "./ping-agents.ts";
