/**
 * scenario/rehearse/: a scenario from its file or its definition to judged documents: settled, run as often as is wanted, judged.
 * Knows all rooms of scenarios; no flags, no terminals.
 */
export { neededPaths } from "./needed-paths.ts";
export type { RehearseOptions } from "./rehearse.ts";
export { rehearse, rehearseFile } from "./rehearse.ts";
