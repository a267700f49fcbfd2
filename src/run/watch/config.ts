import { closeSync, openSync, readSync } from "node:fs";
import { CorralError, errnoOf, parseDurationMs, quote } from "../../report/index.ts";
import type { ConfigDocument, ConfigPath } from "./config-document.ts";
import { readConfigDocument } from "./config-document.ts";
import type { ConfigProblem } from "./config-error.ts";
import { ConfigError } from "./config-error.ts";
import type { ConfigIssue } from "./config-judge.ts";
import { isWithin, judgeValues } from "./config-judge.ts";
import { resolveRule } from "./config-rules.ts";
import type { RawGoverning, RawRule, RawWatchConfig } from "./config-schema.ts";
import type { WatchConfig, WatchRule } from "./config-types.ts";
import { retryDefaults } from "./config-types.ts";

const maxFileBytes = 2 ** 20;

/** A file without a path of its own in the message: its control characters are escaped. */
const fileName = (file: string): string => (/^[^\0-\x1f\x7f]+$/.test(file) ? file : quote(file));

/**
 * Reads and judges a configuration file of at most 1 MiB.
 * @throws ConfigError (code CONFIG) with everything that is wrong in the file; CorralError CONFIG when it cannot be read
 */
export function loadWatchConfig(path: string): WatchConfig {
  return parseWatchConfig(readWhole(path), path);
}

/** Reads a file, or a pipe, up to the first byte that is too many. */
function readWhole(path: string): string {
  const refuse = (why: string, cause?: unknown): CorralError =>
    new CorralError("CONFIG", `${fileName(path)}: ${why}`, { object: path, cause });
  const buffer = Buffer.alloc(maxFileBytes + 1);
  let length = 0;
  try {
    const fd = openSync(path, "r");
    try {
      for (let got = -1; got !== 0 && length <= maxFileBytes; length += got)
        got = readSync(fd, buffer, length, buffer.length - length, null);
    } finally {
      closeSync(fd);
    }
  } catch (thrown) {
    throw refuse(`cannot be read: ${errnoOf(thrown) ?? String(thrown)}`, thrown);
  }
  if (length > maxFileBytes) throw refuse("is larger than 1 MiB, more than any rules need");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, length));
  } catch (cause) {
    throw refuse("is not UTF-8 text", cause);
  }
}

/**
 * Judges the text of a configuration file and resolves it: defaults and presets laid under the rules, patterns compiled,
 * user names looked up, disks found.
 * @param file what messages call it
 * @throws ConfigError (code CONFIG) with everything that is wrong
 */
export function parseWatchConfig(text: string, file: string): WatchConfig {
  const name = fileName(file);
  if (Buffer.byteLength(text) > maxFileBytes) {
    throw new CorralError("CONFIG", `${name}: is larger than 1 MiB, more than any rules need`, { object: file });
  }
  const { document, problems } = readConfigDocument(text);
  if (document === null) throw new ConfigError(name, problems);
  const { config, issues } = resolve(document.value, name);
  if (config === null) throw new ConfigError(name, distinct(document, issues));
  return config;
}

/** A mistake that several rules inherit is told once. */
function distinct(document: ConfigDocument, issues: readonly ConfigIssue[]): readonly ConfigProblem[] {
  const problems = issues.map(({ path, at, message }) => ({ ...document.locate(path, at), message }));
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

interface Resolved {
  readonly config: WatchConfig | null;
  readonly issues: readonly ConfigIssue[];
}

/** Resolves what is sound even when other parts are not, so that one reading tells every mistake. */
function resolve(value: unknown, file: string): Resolved {
  const issues = [...judgeValues(value)];
  const isSound = (path: ConfigPath): boolean => !issues.some((issue) => isWithin(issue.path, path));
  const raw = value as Partial<RawWatchConfig> | null;
  const written = Array.isArray(raw?.rules) ? raw.rules : [];
  const defaults: RawGoverning | null = isSound(["defaults"]) ? (raw?.defaults ?? {}) : null;
  const soundRules = [...written.entries()].filter(([index]) => isSound(["rules", index]));
  const refuse = (issue: ConfigIssue): void => void issues.push(issue);
  refuseDuplicates(soundRules, refuse);
  const rules = soundRules.map(
    ([index, rule]): WatchRule =>
      resolveRule(rule, defaults ?? {}, ["rules", index], defaults === null ? () => {} : refuse),
  );
  return { config: issues.length === 0 ? toConfig(value as RawWatchConfig, rules, file) : null, issues };
}

function refuseDuplicates(rules: readonly (readonly [number, RawRule])[], refuse: (issue: ConfigIssue) => void): void {
  const first = new Map<string, number>();
  for (const [index, { name }] of rules) {
    const before = first.get(name);
    if (before === undefined) first.set(name, index);
    else {
      const message = `rules[${index}].name is the name of rules[${before}] already: ${quote(name)}`;
      refuse({ path: ["rules", index, "name"], at: "value", message });
    }
  }
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
