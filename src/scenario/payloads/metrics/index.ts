/**
 * scenario/payloads/metrics/: numbers out of what a payload printed, and the flags it may be given. Texts go in, values and
 * problems come out; pure. Knows the model and the record, nothing of processes.
 */
export { flagProblem } from "./known-flags.ts";
export type { PayloadTexts, ReadablePayload, ReadMetrics } from "./read-metrics.ts";
export { readMetrics, tailOf } from "./read-metrics.ts";
