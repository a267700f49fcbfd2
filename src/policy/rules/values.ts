import * as v from "valibot";
import { checked, described, expects, written } from "../../report/config/index.ts";
import { parseDurationMs, parseNumberIn, parseSize, quote } from "../../report/index.ts";

/** The longest that a rule waits for anything. */
const longestMs = 366 * 86_400_000;

function boundedMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms > longestMs) throw new RangeError(`is longer than a year: ${quote(text)}`);
  return ms;
}

function positiveMs(text: string): number {
  const ms = boundedMs(text);
  if (ms < 0.001) throw new RangeError(`expects a duration above zero, not ${quote(text)}`);
  return ms;
}

/** A duration; a bare number is seconds. */
export const duration = (description: string) => described(written("a duration such as 10s", boundedMs), description);

export const positiveDuration = (description: string) =>
  described(written("a duration such as 10s", positiveMs), description);

export const size = (description: string) =>
  described(
    written("a size such as 64M", (text) => parseSize(text, null)),
    description,
  );

/** `12.5%` as 0.125. @throws RangeError */
export function parseShare(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  if (match === null) throw new RangeError(`expects a percentage such as 90%, not ${quote(text)}`);
  return parseNumberIn(match[1] ?? "", 0, 1_000_000, { integer: false }) / 100;
}

export const share = (description: string) =>
  described(v.pipe(v.string(expects("a percentage such as 90%")), checked<string>(parseShare)), description);

export const toNs = (text: string | number): bigint => BigInt(Math.round(parseDurationMs(String(text)) * 1e6));
export const toMs = (text: string | number): number => parseDurationMs(String(text));
export const toBytes = (text: string | number): number => parseSize(String(text), null);
