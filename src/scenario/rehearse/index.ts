/**
 * scenario/rehearse/: a scenario from its file or its definition to judged runs: settled, run as often as is wanted, judged, and
 * what a test makes of that. Knows all rooms of scenarios; no flags, no terminals, no test runner.
 */
export { neededPaths } from "./needed-paths.ts";
export type { Rehearsal, RehearsedCheck } from "./rehearsal.ts";
export { documentOf } from "./rehearsal.ts";
export type { RehearseOptions } from "./rehearse.ts";
export { rehearse, rehearseFile } from "./rehearse.ts";
export { rehearsalsHtml, rehearsalsJson, rehearsalsJunit, rehearsalText } from "./reports.ts";
export type { PassOptions, SkippableTest } from "./require-pass.ts";
export { requirePass, ScenarioFailure } from "./require-pass.ts";
