import { CorralError, parseDurationMs, quote } from "../../report/index.ts";

/*
 * Readers of single options. Each throws a CorralError USAGE that names the option. Values may be of any type:
 * programs in JavaScript are callers too.
 */

/** What a value is, in few and safe words. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return "a list";
  return (typeof value === "object" && value !== null) || typeof value === "function" ? "an object" : String(value);
}

export const wrong = (option: string, rule: string, cause?: unknown): CorralError =>
  new CorralError("USAGE", `${option} ${rule}`, { object: option, cause });

const expected = (option: string, what: string, value: unknown): CorralError =>
  wrong(option, `expects ${what}, not ${describeValue(value)}`);

/** A value that is an object with these keys at most. */
export function readOptions<T extends object>(what: string, value: T, keys: readonly (keyof T & string)[]): T {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw expected(what, "an object", value);
  const foreign = Object.keys(value).find((key) => !keys.some((known) => known === key));
  if (foreign === undefined) return value;
  throw new CorralError("USAGE", `there is no option ${foreign}`, {
    object: foreign,
    fix: `the options are ${keys.join(", ")}`,
  });
}

/** A text, not empty; undefined when it was not given. */
export function readText(option: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value === "") throw expected(option, "a text that is not empty", value);
  return value;
}

export function readFlag(option: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== "boolean") throw expected(option, "true or false", value);
  return value;
}

export function readChoice<const T extends string>(
  option: string,
  value: unknown,
  choices: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw expected(option, `one of ${choices.join(", ")}`, value);
  return found;
}

/** Milliseconds: of a number, or of a text with a unit. */
export function readDurationMs(option: string, value: unknown, minMs: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = typeof value === "string" ? textMs(option, value) : value;
  if (typeof ms !== "number") throw expected(option, 'milliseconds, or a text such as "5m"', value);
  if (!(ms >= minMs && ms <= 1e12)) throw expected(option, `a duration from ${minMs} ms to 31 years`, value);
  return ms;
}

function textMs(option: string, text: string): number {
  if (/\d\s*$/.test(text))
    throw wrong(option, `needs a unit, as in "10s", or a number of milliseconds: ${quote(text)}`);
  return readWith(option, text, parseDurationMs);
}

/** What a parser of the command line makes of a text. */
export function readWith<T>(option: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw wrong(option, cause.message, cause);
  }
}

/** Texts by name. */
export function readRecord(option: string, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw expected(option, "an object", value);
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== "string") throw expected(`${option}.${name}`, "a text", text);
  }
  return value as Readonly<Record<string, string>>;
}
