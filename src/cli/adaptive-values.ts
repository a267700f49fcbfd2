import { parseDurationMs, parseNumberIn, parseSize } from "../report/index.ts";
import { flagValue } from "./flag-values.ts";

/** Flags as the parser found them, read with the default of each where it is not given. */
type Texts = Readonly<Record<string, unknown>>;

const given = (flags: Texts, flag: string): string | null => {
  const text = flags[flag];
  return typeof text === "string" ? text : null;
};

/** A flag as a value, or what stands for it. */
export function valueOr<T>(flags: Texts, flag: string, otherwise: T, parse: (text: string) => T): T {
  const text = given(flags, flag);
  return text === null ? otherwise : flagValue(flag, text, parse);
}

/** A share of 1, written as percent. */
export const shareOr = (flags: Texts, flag: string, otherwise: number): number =>
  valueOr(flags, flag, otherwise, (text) => parseNumberIn(text.replace(/\s*%$/, ""), 0, 100, { integer: false }) / 100);

const longestMs = 24 * 3_600_000;

/** Milliseconds of a duration that a timer can wait for. */
export const durationOr = <T>(flags: Texts, flag: string, otherwise: T, leastMs: number): number | T =>
  valueOr<number | T>(flags, flag, otherwise, (text) => {
    const ms = parseDurationMs(text);
    if (ms < leastMs || ms > longestMs)
      throw new RangeError(`expects a duration from ${leastMs} ms to 24 h, not ${JSON.stringify(text)}`);
    return ms;
  });

export const sizeOr = (flags: Texts, flag: string, otherwise: number): number =>
  valueOr(flags, flag, otherwise, (text) => parseSize(text, null));
