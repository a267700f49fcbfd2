/**
 * run/metrics/: what the results of all jobs add up to, for Prometheus and for people. Reads results and start records
 * and writes neither. No number is kept beside the results: each is a sum over them, made anew. Loaded by the commands that tell
 * metrics only; the way of a plain run does not pass here.
 */

export type { MetricsSource } from "./collect.ts";
export { openMetrics } from "./collect.ts";
export type { JobCounters } from "./counters.ts";
export type { MetricsDocument, ViolationsDocument } from "./documents.ts";
export { toMetricsDocument, toViolationsDocument } from "./documents.ts";
export type { JobMetrics, MetricFamily } from "./families.ts";
export type { Health, MetricsServer, ServeOptions } from "./http.ts";
export { healthStatuses, serveMetrics } from "./http.ts";
export type { ListenAddress } from "./listen-address.ts";
export { parseListen } from "./listen-address.ts";
export { liveStates } from "./live-jobs.ts";
export { renderFamilies, renderPrometheus } from "./prometheus-text.ts";
export { jobModes } from "./result-facts.ts";
export type { Fold } from "./result-fold.ts";
export { defaultLastViolations } from "./result-fold.ts";
export type { Sample } from "./sample.ts";
export { histogramSamples, sample } from "./sample.ts";
export type { Violation } from "./violations.ts";
