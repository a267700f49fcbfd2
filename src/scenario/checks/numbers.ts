import { total } from "../../report/index.ts";

/** A figure for a message: whole numbers as they are, others with four digits. */
export const figure = (value: number): string =>
  Number.isInteger(value) || !Number.isFinite(value) ? String(value) : String(Number(value.toPrecision(4)));

/** Arithmetic mean; NaN of nothing. */
export const mean = (values: readonly number[]): number => total(values) / values.length;

/** Standard deviation of all values (not of a sample of them) over their mean; null for fewer than two, or a mean of 0. */
export function variationOf(values: readonly number[]): number | null {
  const average = mean(values);
  if (values.length < 2 || average <= 0) return null;
  return Math.sqrt(mean(values.map((value) => (value - average) ** 2))) / average;
}

/** `at least 1 and at most 5`. */
export function boundsText({ atLeast, atMost }: { readonly atLeast?: number; readonly atMost?: number }): string {
  const low = atLeast === undefined ? [] : [`at least ${figure(atLeast)}`];
  const high = atMost === undefined ? [] : [`at most ${figure(atMost)}`];
  return [...low, ...high].join(" and ");
}

/** Whether a number lies within bounds, both included. */
export const isWithinBounds = (
  value: number,
  {
    atLeast = Number.NEGATIVE_INFINITY,
    atMost = Number.POSITIVE_INFINITY,
  }: { readonly atLeast?: number; readonly atMost?: number },
): boolean => value >= atLeast && value <= atMost;
