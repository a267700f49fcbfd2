import { compileMatch } from "../../kernel/match/index.ts";
import type { ConfigIssue, ConfigPath } from "../../report/config/index.ts";
import { pathName } from "../../report/config/index.ts";
import { toRawSettings } from "../settings/file/index.ts";
import type { RawSettings, SettingName, SettingsSource } from "../settings/index.ts";
import { overlaySettings, parseSettings, presets } from "../settings/index.ts";
import type { RawGoverning, RawRule } from "./config-schema.ts";
import type { WatchRule } from "./config-types.ts";

const settingsOf = ({ preset = "default", limits }: RawGoverning): RawSettings =>
  overlaySettings(presets[preset], toRawSettings(limits));

/** Where a setting of a rule was written: in the rule, else in the defaults, each by itself or as part of a preset. */
function placeOf(setting: SettingName, rule: RawRule, defaults: RawGoverning, at: ConfigPath): ConfigPath {
  const has = (settings: object | undefined): boolean => settings !== undefined && Object.hasOwn(settings, setting);
  if (has(rule.limits)) return [...at, "limits", setting];
  if (has(presets[rule.preset ?? "default"])) return [...at, "preset"];
  if (has(defaults.limits)) return ["defaults", "limits", setting];
  return has(presets[defaults.preset ?? "default"]) ? ["defaults", "preset"] : [...at, "limits", setting];
}

/**
 * Lays a rule over the defaults, key by key, and resolves it.
 * @param at path of the rule in the file
 * @param refuse is told what is wrong with its settings together
 */
export function resolveRule(
  rule: RawRule,
  defaults: RawGoverning,
  at: ConfigPath,
  refuse: (issue: ConfigIssue) => void,
): WatchRule {
  const place = (setting: SettingName): ConfigPath => placeOf(setting, rule, defaults, at);
  const source: SettingsSource = {
    name: (setting) => pathName(place(setting)),
    refuse: ({ setting, message, details }) => {
      const sentence = details.fix === undefined ? message : `${message}; ${details.fix}`;
      refuse({ path: place(setting), at: "key", message: sentence });
    },
  };
  const { limits, attributes } = parseSettings(overlaySettings(settingsOf(defaults), settingsOf(rule)), source);
  return {
    name: rule.name,
    match: compileMatch(rule.match),
    except: (rule.except ?? []).map(compileMatch),
    limits,
    attributes,
    strict: rule.strict ?? defaults.strict ?? false,
    intent: rule.intent ?? defaults.intent ?? null,
    slaEligible: rule.sla_eligible ?? defaults.sla_eligible ?? false,
    tags: { ...defaults.tags, ...rule.tags },
    tree: rule.tree ?? defaults.tree ?? true,
    keepLimits: rule.keep_limits ?? defaults.keep_limits ?? false,
    forceMove: rule.force_move ?? defaults.force_move ?? false,
  };
}
