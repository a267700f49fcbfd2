/**
 * policy/engine/: decides what is done to which process when. What may enter: inputs with their times, as data. What it may not
 * know: clocks, the kernel, sockets, files: it is pure, so that the same inputs make the same decisions, live, in a test on a
 * made clock, and when a recording is replayed.
 */
export type { Case } from "./case.ts";
export type { Act, Decision } from "./decision.ts";
export type { KeyExplanation, SelectionExplanation } from "./explain.ts";
export { explainSelection } from "./explain.ts";
export type { AdoptedProcess, EngineInput, KeptCase, LookedUp, MissedEnd, Remembered } from "./input.ts";
export type { EngineOptions, EngineSize } from "./policy-engine.ts";
export { PolicyEngine } from "./policy-engine.ts";
export type { Needs } from "./selection.ts";
export { needsOf } from "./selection.ts";
