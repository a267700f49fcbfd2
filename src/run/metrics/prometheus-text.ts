import type { Metric } from "prom-client";
import Registry from "prom-client/lib/registry.js";
import type { JobMetrics, MetricFamily } from "./families.ts";
import { metricFamilies } from "./families.ts";

/** Media type of the text. */
export const prometheusContentType: string = Registry.PROMETHEUS_CONTENT_TYPE;

/** A family with its samples, as the registry asks for one: the values are set, nothing is ever incremented. */
function toMetric<Known>(name: string, { type, help, samples }: MetricFamily<Known>, known: Known): Metric {
  const values = samples(known).map(({ suffix, labels, value }) => ({ metricName: name + suffix, labels, value }));
  const metric = { name, get: async () => ({ name, help, type, values }) };
  return metric as unknown as Metric;
}

/** Any table of metrics as Prometheus reads it, text format 0.0.4. */
export function renderFamilies<Known>(
  families: Readonly<Record<string, MetricFamily<Known>>>,
  known: Known,
): Promise<string> {
  const registry = new Registry();
  for (const [name, family] of Object.entries(families)) registry.registerMetric(toMetric(name, family, known));
  return registry.metrics();
}

/** The metrics of the jobs as Prometheus reads them. */
export const renderPrometheus = (metrics: JobMetrics): Promise<string> => renderFamilies(metricFamilies, metrics);
