import type { RawSettings, SettingName } from "./vocabulary.ts";

/** The presets: starting values that explicit settings override. */
export const presets = {
  default: {},
  low: { "cpu-weight": "50", nice: "10" },
  high: { "cpu-weight": "200", nice: "-5" },
  memory: { "memory-limit": "2048", "oom-score": "500" },
  balanced: { "cpu-quota": "400", "memory-limit": "4096" },
} as const satisfies Readonly<Record<string, RawSettings>>;

/** Name of a preset (docs/run.md, Presets). */
export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as readonly PresetName[];

/** Settings that exclude each other, because they set one thing. */
export const conflicts: readonly (readonly [SettingName, SettingName])[] = [
  ["cpu-quota", "cpu-max"],
  ["memory-limit", "memory-max"],
  ["io-weight", "io-weight-raw"],
  ["cpu-idle", "cpu-weight"],
];

/** A setting that asks for something; a switch that is off asks for nothing that another could contradict. */
export const isSet = (settings: RawSettings, setting: SettingName): boolean =>
  settings[setting] !== undefined && settings[setting] !== false;

/**
 * Lays settings over others, key by key: what stands above wins, and takes with it what it would be in conflict with
 * below. Other keys of `above` come along.
 */
export function overlaySettings<T extends RawSettings>(below: RawSettings, above: T): RawSettings & T {
  const replaced = conflicts.flatMap(([a, b]) => [...(isSet(above, b) ? [a] : []), ...(isSet(above, a) ? [b] : [])]);
  const kept = Object.entries(below).filter(([setting]) => !replaced.includes(setting as SettingName));
  return { ...Object.fromEntries(kept), ...above };
}
