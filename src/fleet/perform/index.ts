/*
 * A fleet run as a whole: its machine on real streams, its results, and how it stands. What it may not know: flags, output.
 */
export type { FleetRunEnd, FleetRunRequest, RunningFleet } from "./start-fleet-run.ts";
export { startFleetRun } from "./start-fleet-run.ts";
