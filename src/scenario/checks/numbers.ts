/** A figure for a message: whole numbers as they are, others with four digits. */
export const figure = (value: number): string =>
  Number.isInteger(value) || !Number.isFinite(value) ? String(value) : String(Number(value.toPrecision(4)));

/** Arithmetic mean; NaN of nothing. */
export const mean = (values: readonly number[]): number => total(values) / values.length;

export const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Standard deviation of all values (not of a sample of them) over their mean; null for fewer than two, or a mean of 0. */
export function variationOf(values: readonly number[]): number | null {
  const average = mean(values);
  if (values.length < 2 || average <= 0) return null;
  return Math.sqrt(mean(values.map((value) => (value - average) ** 2))) / average;
}
