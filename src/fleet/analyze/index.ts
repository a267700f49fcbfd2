/*
 * What can be done with what runs have left behind: tell one again, compare several, draw them. Reads directories of results
 * and writes nothing.
 */
export type { FleetComparison } from "./compare-runs.ts";
export { compareRuns, fleetCompareSchema } from "./compare-runs.ts";
export { findRuns } from "./find-runs.ts";
export { runsPage } from "./html.ts";
export type { StoredRun } from "./read-run.ts";
export { readRun } from "./read-run.ts";
export { comparisonText, runText } from "./text.ts";
