import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parsePrometheus } from "../../../test/shared/prometheus.ts";
import { toMetricsDocument, toViolationsDocument } from "./documents.ts";
import type { JobMetrics, MetricFamily } from "./families.ts";
import { metricFamilies } from "./families.ts";
import { prometheusContentType, renderPrometheus } from "./prometheus-text.ts";
import type { ResultFacts } from "./result-facts.ts";
import { emptyFold, foldResult } from "./result-fold.ts";

const facts: ResultFacts = {
  jobId: 'evil" 1\n{}',
  mode: "run",
  reason: "oom",
  started: true,
  slaEligible: true,
  slaReason: "constraint_not_applied",
  endTime: "2026-01-02T03:04:05.678Z",
  startTime: "2026-01-02T03:04:03.178Z",
  durationUs: 2_500_000n,
  exitCode: null,
  pid: 7,
  cpuUs: 1_250_000n,
  throttledUs: 500_000n,
  oomKills: 2n,
  constraints: [
    { name: "memory-limit", status: "applied" },
    { name: "io-weight", status: "not_enforceable" },
  ],
};

const metrics: JobMetrics = {
  version: '1.2.3-"odd\\name"\n',
  fold: {
    ...[facts, { ...facts, mode: "attach", slaEligible: false } as const].reduce(
      (so, one) => foldResult(so, one, 50),
      emptyFold,
    ),
    unreadable: 3,
  },
  live: { starting: 0, running: 2, ending: 0, orphaned: 1, detached: 0, lingering: 0 },
};

/** Only the series that are not 0. */
const counted = (series: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(series).filter(([, value]) => value !== 0));

test("the text says what the fold says, in the format of Prometheus, and no job by name", async () => {
  const text = await renderPrometheus(metrics);
  const told = Object.values(parsePrometheus(text)).map(({ name, series }) => [name, counted(series)]);
  expect(Object.fromEntries(told)).toEqual({
    corral_build_info: { 'corral_build_info{version="1.2.3-\\"odd\\\\name\\"\\n"}': 1 },
    corral_jobs_total: {
      'corral_jobs_total{mode="run",reason="oom"}': 1,
      'corral_jobs_total{mode="attach",reason="oom"}': 1,
    },
    corral_jobs_live: { 'corral_jobs_live{state="running"}': 2, 'corral_jobs_live{state="orphaned"}': 1 },
    corral_job_duration_seconds: Object.fromEntries(
      ["run", "attach"].flatMap((mode) => [
        ...["10", "60", "300", "900", "3600", "14400", "86400", "+Inf"].map((le) => [
          `corral_job_duration_seconds_bucket{mode="${mode}",le="${le}"}`,
          1,
        ]),
        [`corral_job_duration_seconds_sum{mode="${mode}"}`, 2.5],
        [`corral_job_duration_seconds_count{mode="${mode}"}`, 1],
      ]),
    ),
    corral_job_cpu_seconds_total: { corral_job_cpu_seconds_total: 2.5 },
    corral_job_throttled_seconds_total: { corral_job_throttled_seconds_total: 1 },
    corral_job_oom_kills_total: { corral_job_oom_kills_total: 4 },
    corral_constraints_total: {
      'corral_constraints_total{name="io-weight",status="not_enforceable"}': 2,
      'corral_constraints_total{name="memory-limit",status="applied"}': 2,
    },
    corral_platform_sla_total: { 'corral_platform_sla_total{compliant="false"}': 1 },
    corral_platform_sla_violations_total: {
      'corral_platform_sla_violations_total{reason="constraint_not_applied"}': 1,
    },
    corral_results_unreadable_total: { corral_results_unreadable_total: 3 },
  });
  expect(text).not.toContain("evil");
});

test("every value of a label but the names of limits is there before it has happened", async () => {
  const none: JobMetrics = {
    version: "1",
    fold: emptyFold,
    live: { starting: 0, running: 0, ending: 0, orphaned: 0, detached: 0, lingering: 0 },
  };
  const families = parsePrometheus(await renderPrometheus(none));
  const sizes = Object.values(families).map(({ name, series }) => [name, Object.keys(series).length]);
  expect(Object.fromEntries(sizes)).toEqual({
    corral_build_info: 1,
    corral_jobs_total: 18,
    corral_jobs_live: 6,
    corral_job_duration_seconds: 24,
    corral_job_cpu_seconds_total: 1,
    corral_job_throttled_seconds_total: 1,
    corral_job_oom_kills_total: 1,
    corral_constraints_total: 0,
    corral_platform_sla_total: 2,
    corral_platform_sla_violations_total: 5,
    corral_results_unreadable_total: 1,
  });
});

test("the text has the media type that a scraper asks for", () => {
  expect(prometheusContentType).toBe("text/plain; version=0.0.4; charset=utf-8");
});

test("the documents say the same as the text, without what there is none of", () => {
  const time = "2026-01-02T03:04:06.000Z";
  const bucket = (le_sec: number | null, count: number) => ({ le_sec, count });
  const histogram = {
    count: 1,
    sum_sec: 2.5,
    buckets: [
      bucket(0.1, 0),
      bucket(1, 0),
      ...[10, 60, 300, 900, 3600, 14_400, 86_400, null].map((le) => bucket(le, 1)),
    ],
  };
  expect(toMetricsDocument(metrics, time)).toEqual({
    schema: "corral.metrics/1",
    time,
    corral_version: metrics.version,
    jobs: [
      { mode: "run", reason: "oom", count: 1 },
      { mode: "attach", reason: "oom", count: 1 },
    ],
    jobs_live: [
      { state: "running", count: 2 },
      { state: "orphaned", count: 1 },
    ],
    job_durations: [
      { mode: "run", ...histogram },
      { mode: "attach", ...histogram },
    ],
    job_cpu_sec: 2.5,
    job_throttled_sec: 1,
    job_oom_kills: 4,
    constraints: [
      { name: "io-weight", status: "not_enforceable", count: 2 },
      { name: "memory-limit", status: "applied", count: 2 },
    ],
    platform_sla: { compliant: 0, violated: 1, violations: [{ reason: "constraint_not_applied", count: 1 }] },
    results_unreadable: 3,
  });
  expect(toViolationsDocument(metrics, time)).toEqual({
    schema: "corral.violations/1",
    time,
    total: 1,
    violations: [
      {
        job_id: 'evil" 1\n{}',
        reason: "constraint_not_applied",
        duration_sec: 2.5,
        exit_code: null,
        pid: 7,
        end_time: "2026-01-02T03:04:05.678Z",
        start_time: "2026-01-02T03:04:03.178Z",
      },
    ],
  });
});

test("docs/metrics.md lists every metric with its type, its labels and its help, and no other", () => {
  const page = readFileSync(new URL("../../../docs/metrics.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^\| `(corral_\w+)` \| (\w+) \| (.*?) \| (.+) \|$/gm)].map((row) =>
    row.slice(1),
  );
  expect(documented).toEqual(
    Object.entries<MetricFamily>(metricFamilies).map(([name, { type, labels, help }]) => [
      name,
      type,
      labels.length === 0 ? "–" : labels.map((label) => `\`${label}\``).join(", "),
      help,
    ]),
  );
});
