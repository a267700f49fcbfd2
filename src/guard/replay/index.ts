/**
 * guard/replay/: how well policies of memory keep agents alive: traces with the published statistics, followed by real
 * processes in the sessions of a real guard, and what many runs say. What may enter: options, how this program starts itself, a
 * signal to stop. What it may not know: flags, output, how a policy decides.
 */
export { toDocument } from "./document.ts";
export type { IsolationDocument } from "./document-schema.ts";
export { isolationSchema } from "./document-schema.ts";
export type { RunOutcome } from "./outcome.ts";
export type { NamedDocument } from "./pool.ts";
export { poolDocuments, readDocument } from "./pool.ts";
export { runLine, toText } from "./report.ts";
export { runReplay } from "./run-replay.ts";
export type { ReplayOptions, ReplayPolicy } from "./scenario.ts";
export { leastTraceMs, replayPolicies } from "./scenario.ts";
