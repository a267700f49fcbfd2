/*
 * What a run must have reached to count as passed: `p99_us < 5000`. Pure; the figures come from elsewhere.
 */
export type { Threshold, ThresholdFigures, ThresholdVerdict } from "./threshold.ts";
export { judgeThreshold, parseThreshold, thresholdMetrics } from "./threshold.ts";
