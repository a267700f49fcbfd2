/**
 * guard/memory/: what is done when the memory of sessions becomes scarce: policies that decide from readings (pure), and a thread that
 * looks, decides and writes. What may enter: places with what stands in their control files, settings. What it may not know:
 * clients, tenants, output.
 */
export type { Room } from "./admission-queue.ts";
export { AdmissionQueue } from "./admission-queue.ts";
export type { Observed, Stage } from "./decision.ts";
export { decisionActions, decisionReasons, stages } from "./decision.ts";
export type { DecisionFacts } from "./decision-facts.ts";
export { decisionFacts } from "./decision-facts.ts";
export type { FaultSettings } from "./fault-policy.ts";
export { IdleWatch } from "./idle-watch.ts";
export type { MemoryControlOptions } from "./memory-control.ts";
export { MemoryControl } from "./memory-control.ts";
export type { DoneDecision, ProtectionStatus } from "./messages.ts";
export type { Place, Standing } from "./place.ts";
export type { ProtectorSinks } from "./protector.ts";
export { Protector } from "./protector.ts";
