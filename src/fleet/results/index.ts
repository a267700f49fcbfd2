/*
 * What a fleet run leaves behind: a directory with its configuration, its status, what every agent and all of them together
 * did, as tables, as JSON, as histograms and second by second. Merging adds histograms up and never averages. It knows the
 * machine of the controller and no wire.
 */
export type { FleetMetadata, FleetResults, FleetStatus } from "./documents.ts";
export { fleetMetadataSchema, fleetResultsSchema, fleetStatusSchema } from "./documents.ts";
export { resultColumns } from "./result-rows.ts";
export { ResultsDirectory } from "./results-directory.ts";
export { resultStem, stageStem } from "./results-files.ts";
export { resultCells, resultsText } from "./results-text.ts";
export { runLine } from "./run-lines.ts";
export type { RecorderClock, RunFacts } from "./run-recorder.ts";
export { RunRecorder } from "./run-recorder.ts";
export { seriesColumns } from "./series.ts";
export { statusText } from "./status-text.ts";
