/*
 * How a fleet run stands while it goes on: states, rates, latencies, stragglers, for a terminal, for machines and for
 * Prometheus. A look at the controller's machine and at what agents told last; it changes nothing.
 */
export type { FleetEvent } from "./events.ts";
export { fleetEventSchema, toFleetEvent, toTick } from "./events.ts";
export type { LiveAgent, LiveFigures, LiveRun, LiveView } from "./live-board.ts";
export { LiveBoard } from "./live-board.ts";
export { fleetMetricFamilies } from "./metrics.ts";
export { viewLine, viewLines } from "./view-text.ts";
