/*
 * The controller's side of a fleet run: what becomes of every agent and of the run as a whole, as a machine without any
 * I/O. It knows no wire, no process and no clock of its own.
 */
export type { RunWorld } from "./agent-link.ts";
export type { ClockEstimate, ClockSample } from "./clock-estimate.ts";
export { estimateClock, roundTripNs } from "./clock-estimate.ts";
export type { Reading } from "./expectations.ts";
export { expectations } from "./expectations.ts";
export type { ConnectRefusal, FailureCause } from "./failure.ts";
export type { FleetRunOptions } from "./fleet-run.ts";
export { FleetRun } from "./fleet-run.ts";
export type { Link, LinkFailure, LinkState } from "./link.ts";
export { linkStates } from "./link.ts";
export type { RunEffect, RunEvent, RunPhase, WorkMessage } from "./run-event.ts";
