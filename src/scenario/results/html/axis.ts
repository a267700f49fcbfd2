/** Pixels of a drawing's inner width, and what is left of it for labels. */
export const width = 960;
export const left = 90;
export const right = 10;

/** Where a moment is, in pixels. */
export type TimeScale = (atMs: number) => number;

/** Moments of a run over the whole width. */
export function timeScale(endMs: number): TimeScale {
  const perMs = (width - left - right) / Math.max(1, endMs);
  return (atMs) => round(left + Math.min(Math.max(atMs, 0), endMs) * perMs);
}

export const round = (pixels: number): number => Math.round(pixels * 10) / 10;

/** The lowest of 1, 2, 5, 10, 20 … that is at least this. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5, 10].find((one) => one * magnitude >= value * (1 - 1e-9)) ?? 10;
  return factor * magnitude;
}

/** Round moments for the axis, about eight. */
export function ticks(endMs: number): number[] {
  const step = niceCeiling(endMs / 8);
  return Array.from({ length: Math.floor(endMs / step) + 1 }, (_, at) => at * step);
}
