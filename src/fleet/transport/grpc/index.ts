/*
 * Streams over gRPC, as fleet.proto has them, with TLS, certificates of callers, tokens, and bounds on all that a stranger
 * could use up. It knows what connections are; what is said on them it does not.
 */
export { listenForControllers } from "./agent-door.ts";
export type { CallOptions } from "./client.ts";
export { dialAgents } from "./dialer.ts";
export { openGate } from "./gate.ts";
export type { JoinOptions } from "./join.ts";
export { joinController } from "./join.ts";
export type { ListenOptions } from "./server.ts";
