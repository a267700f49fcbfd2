import * as v from "valibot";
import { described, oneOrMany, section, truth, written } from "../../../report/config/index.ts";
import { parseSetting } from "../parse.ts";
import type { RawSettings, SettingName, TextSetting } from "../vocabulary.ts";
import { settingKinds } from "../vocabulary.ts";

/** Settings as a file has them: `cpu-quota: 200`, not yet judged together. */
export type WrittenLimits<Name extends SettingName = SettingName> = {
  readonly [K in Name]?: string | number | boolean | readonly (string | number)[];
};

/** One setting, written as on the command line. */
function settingSchema(setting: SettingName): v.GenericSchema {
  const kind = settingKinds[setting];
  if (kind === "switch") return truth;
  const one = written("a text or a number", (value) => parseSetting(setting as TextSetting, value));
  return kind === "text" ? one : oneOrMany(one, "a text");
}

/** A section of a file whose keys are settings, each judged for itself. */
export const limitsSection = <Name extends SettingName>(names: readonly Name[]): v.GenericSchema<WrittenLimits<Name>> =>
  section(
    Object.fromEntries(
      names.map((setting) => [
        setting,
        v.exactOptional(described(settingSchema(setting), `As --${setting} of corral run.`)),
      ]),
    ),
  ) as unknown as v.GenericSchema<WrittenLimits<Name>>;

/** `cpu-quota: 200` as the text the flag would have. */
export function toRawSettings(limits: WrittenLimits = {}): RawSettings {
  const texts = Object.entries(limits).map(([setting, value]) => {
    const list = (Array.isArray(value) ? value : [value]).map(String);
    const kind = settingKinds[setting as SettingName];
    return [setting, kind === "switch" ? value : kind === "list" ? list : list[0]] as const;
  });
  return Object.fromEntries(texts);
}
