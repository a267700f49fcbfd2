/**
 * run/settings/: the limits and attributes as a person writes them: one vocabulary for the flags of the command line,
 * the keys of a file and the options of the library, and what their texts mean. Knows nothing of where they were
 * written: how a setting is called, and what becomes of a wrong one, is the caller's. Imports no file format.
 */

export type {
  DurationOption,
  IoLatencyOption,
  IoMaxOption,
  LimitOptions,
  ListOption,
  RlimitOption,
  SizeOption,
} from "./options.ts";
export { libraryOptions, limitSettingsFromOptions } from "./options.ts";
export type { PresetName } from "./overlay.ts";
export { overlaySettings, presetNames, presets } from "./overlay.ts";
export { parseSetting, parseSettings } from "./parse.ts";
export type { SettingProblem, SettingsSource } from "./source.ts";
export { refusing } from "./source.ts";
export { durationMs, oneOf, wholeNumber } from "./values.ts";
export type { RawSettings, SettingName, Settings, TextSetting } from "./vocabulary.ts";
export { settingKinds, settingNames } from "./vocabulary.ts";
