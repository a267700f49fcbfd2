import type { ConfigIssue, ConfigPath, Judged } from "../../report/config/index.ts";
import { findDuplicates, isWithin, judgeValues, parseConfig, readConfigText } from "../../report/config/index.ts";
import { parseDurationMs } from "../../report/index.ts";
import { resolveRule } from "./config-rules.ts";
import type { RawGoverning, RawWatchConfig } from "./config-schema.ts";
import { watchConfigSchema } from "./config-schema.ts";
import type { WatchConfig, WatchRule } from "./config-types.ts";
import { retryDefaults } from "./config-types.ts";

/**
 * Reads and judges a configuration file of at most 1 MiB.
 * @throws ConfigError (code CONFIG) with everything that is wrong in the file; CorralError CONFIG when it cannot be read
 */
export function loadWatchConfig(path: string): WatchConfig {
  return parseWatchConfig(readConfigText(path), path);
}

/**
 * Judges the text of a configuration file and resolves it: defaults and presets laid under the rules, patterns compiled,
 * user names looked up, disks found.
 * @param file what messages call it
 * @throws ConfigError (code CONFIG) with everything that is wrong
 */
export function parseWatchConfig(text: string, file: string): WatchConfig {
  return parseConfig(text, file, resolve);
}

/** Resolves what is sound even when other parts are not, so that one reading tells every mistake. */
function resolve(value: unknown, file: string): Judged<WatchConfig> {
  const issues = [...judgeValues(watchConfigSchema, value)];
  const isSound = (path: ConfigPath): boolean => !issues.some((issue) => isWithin(issue.path, path));
  const raw = value as Partial<RawWatchConfig> | null;
  const written = Array.isArray(raw?.rules) ? raw.rules : [];
  const defaults: RawGoverning | null = isSound(["defaults"]) ? (raw?.defaults ?? {}) : null;
  const soundRules = [...written.entries()].filter(([index]) => isSound(["rules", index]));
  issues.push(...findDuplicates(written, isSound));
  const refuse = (issue: ConfigIssue): void => void issues.push(issue);
  const rules = soundRules.map(
    ([index, rule]): WatchRule =>
      resolveRule(rule, defaults ?? {}, ["rules", index], defaults === null ? () => {} : refuse),
  );
  return { config: issues.length === 0 ? toConfig(value as RawWatchConfig, rules, file) : null, issues };
}

function toConfig(raw: RawWatchConfig, rules: readonly WatchRule[], file: string): WatchConfig {
  const { attempts, initial, max } = { ...retryDefaults, ...raw.retry };
  return {
    file,
    discovery: raw.discovery ?? "auto",
    scanIntervalMs: parseDurationMs(String(raw.scan_interval ?? "10s")),
    listen: raw.listen ?? null,
    retry: { attempts, initialMs: parseDurationMs(String(initial)), maxMs: parseDurationMs(String(max)) },
    rules,
  };
}
