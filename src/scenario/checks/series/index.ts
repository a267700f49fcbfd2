/**
 * scenario/checks/series/: what was sampled over time, and what can be asked of it: patterns over one series, comparisons of
 * phases. Pure: a record goes in, findings come out. Knows the model, the record and the words of findings.
 */

export type { FigureOptions } from "./figures.ts";
export { figureOf, judgeFigure } from "./figures.ts";
export {
  alwaysTrue,
  convergesTo,
  each,
  nondecreasing,
  rateWithin,
  ratioWithin,
  steadyWithin,
  strictlyIncreasing,
} from "./patterns.ts";
export type { PhaseRatio } from "./phases.ts";
export { counterDeltaPerPhase, firstPerPhase, lastPerPhase, ratioAcrossPhases, valueAtPhase } from "./phases.ts";
export type { Point, Series, Stretch } from "./series.ts";
export { groupSeries, levelSeries, rateSeries } from "./series.ts";
