import type { Settings, SettingsSource } from "../run/settings/index.ts";
import { oneOf, overlaySettings, parseSettings, presetNames, presets, refusing } from "../run/settings/index.ts";
import { flagValue } from "./flag-values.ts";
import type { RawLimitFlags } from "./limit-flags.ts";

/** The command line as a source of settings. */
const commandLine: SettingsSource = refusing("USAGE", (setting) => `--${setting}`);

/**
 * Judges the flags that set limits, laid over the preset that is given beside them.
 * @throws CorralError USAGE with the flag and the rule
 */
export function readLimitFlags(flags: RawLimitFlags & { readonly preset?: string }): Settings {
  const preset = flags.preset === undefined ? "default" : flagValue("preset", flags.preset, oneOf(presetNames));
  return parseSettings(overlaySettings(presets[preset], flags), commandLine);
}
