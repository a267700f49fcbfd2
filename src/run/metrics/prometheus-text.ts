import type { Metric } from "prom-client";
import Registry from "prom-client/lib/registry.js";
import type { JobMetrics, MetricFamily } from "./families.ts";
import { metricFamilies } from "./families.ts";

/** Media type of the text. */
export const prometheusContentType: string = Registry.PROMETHEUS_CONTENT_TYPE;

/** A family with its samples, as the registry asks for one: the values are set, nothing is ever incremented. */
function toMetric(name: string, { type, help, samples }: MetricFamily, metrics: JobMetrics): Metric {
  const values = samples(metrics).map(({ suffix, labels, value }) => ({ metricName: name + suffix, labels, value }));
  const metric = { name, get: async () => ({ name, help, type, values }) };
  return metric as unknown as Metric;
}

/** The metrics as Prometheus reads them, text format 0.0.4. */
export function renderPrometheus(metrics: JobMetrics): Promise<string> {
  const registry = new Registry();
  for (const [name, family] of Object.entries(metricFamilies)) registry.registerMetric(toMetric(name, family, metrics));
  return registry.metrics();
}
