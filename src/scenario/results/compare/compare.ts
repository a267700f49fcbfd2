import type { ScenarioDocument } from "../document/schema.ts";
import { figuresOf } from "./figures.ts";
import type { MetricChange } from "./judge-metric.ts";
import { judgeMetric } from "./judge-metric.ts";
import type { Pair, Pairing } from "./pairs.ts";
import { pairRuns } from "./pairs.ts";

/** Least shares in place of the metrics' own; the least change in a metric's unit always stays. */
export interface ComparePolicy {
  /** For all metrics; null: their own. */
  readonly share: number | null;
  /** By metric (`worst_gap_ms`, also where it stands behind a slash); goes before `share`. */
  readonly shares: Readonly<Record<string, number>>;
}

export const ownShares: ComparePolicy = { share: null, shares: {} };

export interface ScenarioComparison {
  readonly name: string;
  readonly runsA: number;
  readonly runsB: number;
  /** Every metric that both sides have; those that are 0 on both are left out. */
  readonly changes: readonly MetricChange[];
  /** Metrics that only a has. */
  readonly lost: readonly string[];
}

export interface Comparison extends Omit<Pairing, "pairs"> {
  readonly scenarios: readonly ScenarioComparison[];
  /** Metrics that became worse, and scenarios that do nothing but fail now. */
  readonly regressions: number;
  readonly improvements: number;
  readonly noisy: number;
}

/** Compares the runs of two sides. Repeats of a scenario are pooled, and tell a change from noise. */
export function compareRuns(
  a: readonly ScenarioDocument[],
  b: readonly ScenarioDocument[],
  policy: ComparePolicy = ownShares,
): Comparison {
  const { pairs, ...pairing } = pairRuns(a, b);
  const scenarios = pairs.map((pair) => comparePair(pair, policy));
  const counted = (status: MetricChange["status"]): number =>
    scenarios.flatMap(({ changes }) => changes).filter((change) => change.status === status).length;
  return {
    ...pairing,
    scenarios,
    regressions: counted("regression") + pairing.broken.length,
    improvements: counted("improvement"),
    noisy: counted("noisy"),
  };
}

function comparePair({ name, a, b }: Pair, policy: ComparePolicy): ScenarioComparison {
  const [figuresA, figuresB] = [a.map(figuresOf), b.map(figuresOf)];
  const definitions = new Map(figuresA.flatMap((one) => [...one.definitions]));
  const changes = [...definitions].flatMap(([metric, definition]) => {
    const [ofA, ofB] = [figuresA, figuresB].map((side) => side.flatMap(({ values }) => values.get(metric) ?? []));
    if (ofA === undefined || ofB === undefined || ofA.length === 0 || ofB.length === 0) return [];
    const change = judgeMetric(
      metric,
      definition,
      { a: ofA, b: ofB },
      shareFor(metric, policy) ?? definition.leastShare,
    );
    return change.a.middle === 0 && change.b.middle === 0 ? [] : [change];
  });
  const known = new Set(figuresB.flatMap(({ values }) => [...values.keys()]));
  const lost = [...definitions.keys()].filter((metric) => !known.has(metric));
  return { name, runsA: a.length, runsB: b.length, changes, lost };
}

function shareFor(metric: string, { share, shares }: ComparePolicy): number | null {
  const short = metric.slice(metric.lastIndexOf("/") + 1);
  return shares[metric] ?? shares[short] ?? share;
}
