/*
 * A fleet run on a clock and a network that are not real: the machines of both sides, as they are, under whatever a seed
 * draws. For tests; a seed that broke a rule can be run again.
 */
export type { AgentFate, Fate } from "./fate.ts";
export { calmFate, drawFate } from "./fate.ts";
export { judgeRun } from "./judge-run.ts";
export type { Random } from "./random.ts";
export { randomOf } from "./random.ts";
export type { SimulatedRun } from "./simulate-run.ts";
export { simulateRun } from "./simulate-run.ts";
export type { AgentTruth } from "./simulated-agent.ts";
