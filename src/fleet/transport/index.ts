/*
 * Streams of messages between a controller and its agents, whatever carries them. The machines of both sides know nothing
 * of it; who hosts a machine turns what it hears into events, and effects into what it says. It judges no message and knows
 * no run.
 */
export type { HostAddress } from "./address.ts";
export { formatHostAddress, isHostName, isLoopback, parseHostAddress } from "./address.ts";
export type { AgentDoor, AgentLetter, AgentService, PingReply, Refusal, StatusReply } from "./agent-side.ts";
export type { AgentDialer, AgentGate, WaitingAgent } from "./controller-side.ts";
export type { SecurityFiles } from "./credential-files.ts";
export { readSecretFile, readSecurity } from "./credential-files.ts";
export type { TransportLimits } from "./limits.ts";
export { transportLimits } from "./limits.ts";
export type { TransportSecurity } from "./security.ts";
export type { FleetStream, StreamListener } from "./stream.ts";
