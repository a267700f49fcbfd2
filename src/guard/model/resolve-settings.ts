import type { Limits } from "../../cgroup/index.ts";
import type { ConfigIssue, ConfigPath } from "../../report/config/index.ts";
import { pathName } from "../../report/config/index.ts";
import { parseDurationMs } from "../../report/index.ts";
import type { WrittenLimits } from "../../run/settings/file/index.ts";
import { toRawSettings } from "../../run/settings/file/index.ts";
import { parseSetting, parseSettings } from "../../run/settings/index.ts";
import type { RawTools } from "./config-schema.ts";
import type { GroupSetting, ToolCeilings, ToolSettings } from "./session-settings.ts";

/** Is told what is wrong with values together. */
export type Refuse = (issue: ConfigIssue) => void;

/** What limits mean, read with the parser of `corral run`'s flags. @param at where they are written */
export function resolveLimits(
  written: WrittenLimits<GroupSetting> | undefined,
  at: ConfigPath,
  refuse: Refuse,
): Limits {
  const { limits } = parseSettings(toRawSettings(written ?? {}), {
    name: (setting) => pathName([...at, setting]),
    refuse: ({ setting, message, details: { fix } }) =>
      refuse({ path: [...at, setting], at: "key", message: fix === undefined ? message : `${message}; ${fix}` }),
  });
  return limits;
}

function resolveCeilings(raw: RawTools["ceilings"]): ToolCeilings {
  const memory = raw?.memory === undefined ? "max" : parseSetting("memory-max", String(raw.memory));
  return {
    ...(memory === "max" ? {} : { memoryBytes: memory }),
    ...(raw?.cpu === undefined ? {} : { cpuPercent: raw.cpu }),
    ...(raw?.pids === undefined ? {} : { pids: raw.pids }),
  };
}

const milliseconds = (text: string | number | undefined): number | undefined =>
  text === undefined ? undefined : parseDurationMs(String(text));

/** How tool calls are kept: what is written over what holds anyway, key by key. */
export function resolveTools(
  raw: RawTools | undefined,
  base: ToolSettings,
  at: ConfigPath,
  refuse: Refuse,
): ToolSettings {
  return {
    limits: { ...base.limits, ...resolveLimits(raw?.limits, [...at, "limits"], refuse) },
    ceilings: { ...base.ceilings, ...resolveCeilings(raw?.ceilings) },
    background: raw?.background ?? base.background,
    waitMs: milliseconds(raw?.wait) ?? base.waitMs,
    timeMs: milliseconds(raw?.time) ?? base.timeMs,
    mostCalls: raw?.most_calls ?? base.mostCalls,
    defaults: raw?.defaults ?? base.defaults,
  };
}
