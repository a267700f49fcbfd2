import type { CommandClass } from "./command-class.ts";
import { commandClasses } from "./command-class.ts";
import { mib } from "./mib.ts";

/** So many calls make a history. */
export const leastSamples = 20;

const quantile = 0.95;
const margin = 1.5;

/** Less would slow down what hardly needs anything: the program's own file counts too. */
const leastBytes = 16 * mib;

/** The value that so many of a hundred do not exceed: the nearest rank. */
function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
}

/** What calls of a class usually need: 1.5 times the 95th percentile of what earlier ones needed; a rule of thumb until there are 20. */
export function usualBytes(of: CommandClass, peaks: readonly number[]): number {
  if (peaks.length < leastSamples) return commandClasses[of].usualBytes;
  return Math.max(leastBytes, Math.ceil(quantileOf(peaks, quantile) * margin));
}
