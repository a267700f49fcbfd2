/**
 * run/settings/file/: the settings as a section of a YAML file or a JSON request. Loads schemas: entered by those who read
 * such files, never on the way of a run.
 */
export type { WrittenLimits } from "./written-limits.ts";
export { limitsSection, toRawSettings } from "./written-limits.ts";
