/*
 * What the parts of a fleet agree on: messages as values, time limits, and what a run's exit status means. It knows
 * neither wire nor clock.
 */
export type { FleetOutcome } from "./exit-status.ts";
export { byWeight, fleetExit, weightiest } from "./exit-status.ts";
export type { AgentLimits, ControllerLimits } from "./limits.ts";
export { agentLimits, controllerLimits } from "./limits.ts";
export type {
  AgentFailure,
  AgentMessage,
  AgentSaying,
  Assignment,
  ControlMessage,
  Totals,
  WallNs,
} from "./messages.ts";
export { isTerminal, noTotals } from "./messages.ts";
