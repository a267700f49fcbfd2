import type { Latencies, WorkerReport } from "../../workers/index.ts";
import { addLatencies, bucketLowestNs, meanNs, percentileNs, variation } from "../../workers/index.ts";
import type { ScenarioDocument } from "./schema.ts";

export type LatencyStats = ScenarioDocument["works"][number]["latencies"][number];

const kinds = ["wake", "cost", "timer"] as const;

const microseconds = (ns: number | null): number | null => (ns === null ? null : Math.round(ns) / 1000);

/** Durations of all workers that have some, by kind; a kind that none of them has is left out. */
export const latencyStats = (reports: readonly WorkerReport[]): LatencyStats[] =>
  kinds.flatMap((kind) => {
    const having = reports.filter(({ latencyKind }) => latencyKind === kind);
    return having.length === 0 ? [] : [statsOf(kind, having)];
  });

function statsOf(kind: (typeof kinds)[number], reports: readonly WorkerReport[]): LatencyStats {
  const all = addLatencies(reports.map(({ latencies }) => latencies));
  const longest = Math.max(0, ...reports.map(({ maxLatencyNs }) => maxLatencyNs ?? 0));
  // A percentile is the middle of its bucket, which may lie above the longest sample.
  const percentile = (share: number): number | null => {
    const ns = percentileNs(all, share);
    return microseconds(ns === null || longest === 0 ? ns : Math.min(ns, longest));
  };
  return {
    kind,
    samples: all.samples,
    mean_us: microseconds(meanNs(all)),
    p50_us: percentile(0.5),
    p90_us: percentile(0.9),
    p99_us: percentile(0.99),
    p999_us: percentile(0.999),
    max_us: all.samples === 0 ? null : microseconds(longest),
    cv: variation(all),
    histogram: histogramOf(all),
  };
}

/** Samples by powers of two of a microsecond, the first range below one. */
function histogramOf({ buckets }: Latencies): LatencyStats["histogram"] {
  const ranges = new Map<number, number>();
  for (const [bucket, count] of buckets.entries()) {
    if (count === 0) continue;
    const us = bucketLowestNs(bucket) / 1000;
    const below = us < 1 ? 1 : 2 ** (Math.floor(Math.log2(us)) + 1);
    ranges.set(below, (ranges.get(below) ?? 0) + count);
  }
  return [...ranges].map(([below_us, samples]) => ({ below_us, samples }));
}
