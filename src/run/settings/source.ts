import type { ErrorCode, ErrorDetails } from "../../report/index.ts";
import { CorralError } from "../../report/index.ts";
import type { SettingName } from "./vocabulary.ts";

/** One thing that is wrong with settings. */
export interface SettingProblem {
  /** The setting that is to be changed. */
  readonly setting: SettingName;
  /** The rule, as a sentence that begins with the setting's name. */
  readonly message: string;
  readonly details: ErrorDetails;
}

/** Where settings were written: what a setting is called there, and what becomes of a wrong one. */
export interface SettingsSource {
  /** `--cpu-quota` on the command line, `rules[2].limits.cpu-quota` in a file, `limits.cpuQuota` in the library. */
  readonly name: (setting: SettingName) => string;
  /** Throws, or takes a note and lets the reading go on without the setting. */
  readonly refuse: (problem: SettingProblem) => void;
}

/** A source in which the first problem is thrown as a CorralError with this code. */
export const refusing = (code: ErrorCode, name: SettingsSource["name"]): SettingsSource => ({
  name,
  refuse: ({ message, details }) => {
    throw new CorralError(code, message, details);
  },
});
