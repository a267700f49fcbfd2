import { CorralError, quote } from "../report/index.ts";

/** Runs a parser for one flag; its RangeError becomes a usage error that names the flag. */
export function flagValue<T>(flag: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CorralError("USAGE", `--${flag} ${cause.message}`, { object: `--${flag}`, found: text, cause });
  }
}

/** Splits `NAME=VALUE`; the value is null when there is no `=`. */
export function nameAndValue(text: string): readonly [string, string | null] {
  const at = text.indexOf("=");
  const name = at === -1 ? text : text.slice(0, at);
  if (name === "") throw new RangeError(`expects NAME=VALUE, not ${quote(text)}`);
  return [name, at === -1 ? null : text.slice(at + 1)];
}
