/**
 * scenario/metrics/: the metrics of a run by name: which way each is better and how large a change means something. A table;
 * pure. Knows the model.
 */
export type { MetricDefinition, MetricKind, RunMetric } from "./registry.ts";
export {
  leastIterationsForTail,
  metricDefinition,
  payloadMetricDefinition,
  runMetricNames,
  runMetrics,
} from "./registry.ts";
