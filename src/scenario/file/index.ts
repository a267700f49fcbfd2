/**
 * scenario/file/: scenarios as YAML and JSON: the schema, and from a file to the model and back. Loads YAML and schemas. What may
 * not enter: what values mean on a host.
 */
export { snakeKeys, snakePath } from "./keys.ts";
export type { ScenarioFile } from "./load.ts";
export { examineScenario, loadScenario, parseScenario } from "./load.ts";
export { isModulePath } from "./load-module.ts";
export { parseReclaim } from "./op-schema.ts";
export { scenarioParts, scenarioSchema } from "./scenario-schema.ts";
export type { SoundPart } from "./sound-part.ts";
export { soundPart } from "./sound-part.ts";
export { durationOf, numbersOf } from "./values.ts";
