import { closeSync, openSync, readSync } from "node:fs";
import { CorralError, errnoOf, quote } from "../index.ts";
import type { ConfigDocument, ConfigPath } from "./document.ts";
import { readConfigDocument } from "./document.ts";
import type { ConfigProblem } from "./error.ts";
import { ConfigError } from "./error.ts";
import type { ConfigIssue } from "./judge.ts";

const maxFileBytes = 2 ** 20;

/** A file without a path of its own in the message: its control characters are escaped. */
const fileName = (file: string): string => (/^[^\0-\x1f\x7f]+$/.test(file) ? file : quote(file));

/**
 * Reads a file, or a pipe, of at most 1 MiB of UTF-8: up to the first byte that is too many.
 * @throws CorralError CONFIG when it cannot be read
 */
export function readConfigText(path: string): string {
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

/** What the values of a file mean; null when something is wrong with them. */
export interface Judged<T> {
  readonly config: T | null;
  /** Empty exactly when there is a config. */
  readonly issues: readonly ConfigIssue[];
}

/**
 * Judges the text of a configuration file.
 * @param file what messages call it
 * @param judge says what the values mean, or everything that is wrong with them
 * @throws ConfigError (code CONFIG) with everything that is wrong
 */
export function parseConfig<T>(
  text: string,
  file: string,
  judge: (value: unknown, name: string, document: ConfigDocument) => Judged<T>,
): T {
  const name = fileName(file);
  if (Buffer.byteLength(text) > maxFileBytes) {
    throw new CorralError("CONFIG", `${name}: is larger than 1 MiB, more than any rules need`, { object: file });
  }
  const { document, problems } = readConfigDocument(text);
  if (document === null) throw new ConfigError(name, problems);
  const { config, issues } = judge(document.value, name, document);
  if (config === null) throw new ConfigError(name, distinct(document, issues));
  return config;
}

/** A mistake that several rules inherit is told once. */
function distinct(document: ConfigDocument, issues: readonly ConfigIssue[]): readonly ConfigProblem[] {
  const problems = issues.map(({ path, at, message }) => ({ ...document.locate(path, at), message }));
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

const nameOf = (rule: unknown): unknown =>
  typeof rule === "object" && rule !== null && "name" in rule ? rule.name : undefined;

/** The names of `rules` that an earlier rule has. Judges every name that is sound, whatever else is wrong with its rule. */
export function findDuplicates(
  rules: readonly unknown[],
  isSound: (path: ConfigPath) => boolean,
): readonly ConfigIssue[] {
  const first = new Map<string, number>();
  return rules.flatMap((rule, index): ConfigIssue[] => {
    const path = ["rules", index, "name"];
    const name = nameOf(rule);
    if (typeof name !== "string" || !isSound(path)) return [];
    const before = first.get(name);
    if (before === undefined) {
      first.set(name, index);
      return [];
    }
    const message = `rules[${index}].name is the name of rules[${before}] already: ${quote(name)}`;
    return [{ path, at: "value", message }];
  });
}
