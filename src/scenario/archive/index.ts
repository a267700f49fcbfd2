/**
 * scenario/archive/: results of scenarios as files. Opens the paths it is given and nothing else; what the documents mean is
 * results'.
 */
export { readScenarioDocuments } from "./read.ts";
