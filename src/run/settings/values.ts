import type { BytesOrMax, CpuMax } from "../../cgroup/index.ts";
import { parseNumberList } from "../../kernel/index.ts";
import { parseDurationMs, parseNumberIn, parseSizeOrMax, quote } from "../../report/index.ts";

/*
 * Parsers of values. Each throws a RangeError whose message completes the sentence "<setting> …".
 */

const mib = 2 ** 20;
const pageBytes = 4096;

export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number =>
    parseNumberIn(text, min, max, { integer: true });

export const wholeNumberOrMax =
  (min: number, max: number) =>
  (text: string): number | "max" =>
    text === "max" ? "max" : wholeNumber(min, max)(text);

/** Percent of one CPU to a quota per 100 ms; `max` is no quota. */
export const cpuQuota = (text: string): CpuMax => ({
  quotaUs: text === "max" ? "max" : Math.round(parseNumberIn(text, 1, 1_000_000, { integer: false }) * 1000),
  periodUs: 100_000,
});

/** `QUOTA PERIOD`, `max` or `max PERIOD` in microseconds. */
export function cpuMaxPair(text: string): CpuMax {
  const [quota = "", period = "100000", ...rest] = text.trim().split(/\s+/);
  if (rest.length > 0) throw new RangeError(`expects "QUOTA PERIOD" in microseconds, or max, not ${quote(text)}`);
  const periodUs = parseNumberIn(period, 1000, 1_000_000, { integer: true });
  return {
    quotaUs: quota === "max" ? "max" : parseNumberIn(quota, 1000, Number.MAX_SAFE_INTEGER, { integer: true }),
    periodUs,
  };
}

/** A memory size whose bare number counts `bareUnit`; at least one page. */
export const memorySize =
  (bareUnit: number) =>
  (text: string): BytesOrMax => {
    const bytes = parseSizeOrMax(text, bareUnit);
    if (bytes !== "max" && bytes < pageBytes) throw new RangeError(`is less than one page of memory: ${quote(text)}`);
    return bytes;
  };
export const memoryInMib = memorySize(mib);

/** A size with a mandatory unit; 0 and max are allowed. */
export const sizeWithUnit = (text: string): BytesOrMax => parseSizeOrMax(text, null);

/** Linux is built for 8192 CPUs at most (CONFIG_NR_CPUS), and for fewer memory nodes. */
const highestNumber = 8191;

/** A kernel list such as `0-3,6`. */
export function kernelList(text: string): string {
  const list = parseNumberList(text);
  if (list === null || list.length === 0) throw new RangeError(`expects a list such as 0-3,6, not ${quote(text)}`);
  if ((list.at(-1) ?? 0) > highestNumber)
    throw new RangeError(`expects numbers up to ${highestNumber}, not ${quote(text)}`);
  return text.trim();
}

/** One of a closed set of words. */
export const oneOf =
  <const T extends string>(choices: readonly T[]) =>
  (text: string): T => {
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw new RangeError(`expects one of ${choices.join(", ")}, not ${quote(text)}`);
    return found;
  };

/** A duration above zero, in milliseconds. */
export function durationMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms <= 0) throw new RangeError(`expects a duration above zero, not ${quote(text)}`);
  return ms;
}

/** A duration above zero, in whole microseconds. */
export const durationUs = (text: string): number => Math.round(durationMs(text) * 1000);
