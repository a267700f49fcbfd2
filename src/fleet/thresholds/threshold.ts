import { quote } from "../../report/index.ts";
import type { Operation } from "../model/index.ts";

/** What thresholds can be about; latencies in microseconds, `error_rate` a part of all attempts. */
export const thresholdMetrics = [
  "mean_us",
  "p50_us",
  "p90_us",
  "p95_us",
  "p99_us",
  "max_us",
  "ops_per_sec",
  "throughput_mibps",
  "ops",
  "errors",
  "error_rate",
] as const;
type ThresholdMetric = (typeof thresholdMetrics)[number];

/** Figures of all operations or of one kind; null where nothing was measured. */
export type ThresholdFigures = Readonly<Record<ThresholdMetric, number | null>>;

const comparisons = {
  "<": (value: number, limit: number) => value < limit,
  "<=": (value: number, limit: number) => value <= limit,
  ">": (value: number, limit: number) => value > limit,
  ">=": (value: number, limit: number) => value >= limit,
} as const;

export interface Threshold {
  /** As it was written. */
  readonly text: string;
  /** Null: all operations together. */
  readonly operation: Operation | null;
  readonly metric: ThresholdMetric;
  readonly comparison: keyof typeof comparisons;
  readonly limit: number;
}

export interface ThresholdVerdict {
  readonly threshold: string;
  /** Null: nothing was measured, which is no pass. */
  readonly value: number | null;
  readonly passed: boolean;
}

const ofOneKind: readonly string[] = thresholdMetrics.filter((name) => name !== "errors" && name !== "error_rate");

/**
 * Reads `[get.|put.|meta.]METRIC < | <= | > | >= NUMBER[%]`.
 * @throws RangeError whose message completes "<place> …"
 */
export function parseThreshold(text: string): Threshold {
  const match = /^\s*(?:(get|put|meta)\.)?(\w+)\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text);
  if (match === null) throw new RangeError(`expects a threshold such as p99_us < 5000, not ${quote(text)}`);
  const [, operation = null, name = "", comparison = "", number = "", percent = ""] = match;
  const metric = thresholdMetrics.find((one) => one === name);
  if (metric === undefined)
    throw new RangeError(`has no metric ${quote(name)}; these are: ${thresholdMetrics.join(", ")}`);
  if (operation !== null && !ofOneKind.includes(metric))
    throw new RangeError(`has ${metric} of ${operation} alone, which is counted for all operations only`);
  if (percent !== "" && metric !== "error_rate")
    throw new RangeError(`has a percentage; only error_rate is a part of something: ${quote(text)}`);
  return {
    text: text.trim(),
    operation: operation as Operation | null,
    metric,
    comparison: comparison as keyof typeof comparisons,
    limit: Number(number) / (percent === "" ? 1 : 100),
  };
}

/** @param figuresOf the figures of one kind of operations, or of all */
export function judgeThreshold(
  { text, operation, metric, comparison, limit }: Threshold,
  figuresOf: (operation: Operation | null) => ThresholdFigures,
): ThresholdVerdict {
  const value = figuresOf(operation)[metric];
  return { threshold: text, value, passed: value !== null && comparisons[comparison](value, limit) };
}
