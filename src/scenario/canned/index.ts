/**
 * scenario/canned/: the scenarios that are shipped in scenarios/: their names, what they say of themselves, and copies of them
 * to begin with. What may enter: names and paths. What it may not know: how a scenario is settled or run, and output.
 */

export { beginFrom } from "./begin.ts";
export { cannedNames, cannedPath, readCanned } from "./canned.ts";
export type { CannedListDocument } from "./document.ts";
export { toCannedListDocument } from "./document.ts";
