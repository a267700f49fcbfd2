import { counted, formatTable } from "../../../report/index.ts";
import type { Outcome } from "../../checks/index.ts";
import { figure, foldOutcomes } from "../../checks/index.ts";
import type { ScenarioDocument } from "../document/schema.ts";
import { shown, verdictWords } from "../words.ts";
import { centre, figuresOf } from "./figures.ts";

/** Runs of one scenario as one. */
export interface RepeatSummary {
  readonly scenario: string;
  readonly runs: number;
  /** Fail when one failed, and so on. */
  readonly verdict: Outcome;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Failed checks by name and kind, with the number of runs they failed in. */
  readonly failed: readonly { readonly check: string; readonly kind: string; readonly runs: number }[];
  /** By metric: rates of their sums, others the mean. */
  readonly metrics: readonly {
    readonly metric: string;
    readonly unit: string;
    readonly runs: number;
    readonly middle: number;
    readonly low: number;
    readonly high: number;
  }[];
}

/** Merges repeats: outcomes are folded, figures pooled. @param runs at least one, of one scenario */
export function mergeRepeats(runs: readonly ScenarioDocument[]): RepeatSummary {
  const counted = (outcome: Outcome): number => runs.filter(({ verdict }) => verdict === outcome).length;
  return {
    scenario: runs[0]?.scenario ?? "",
    runs: runs.length,
    verdict: foldOutcomes(runs.map(({ verdict }) => verdict)),
    outcomes: {
      pass: counted("pass"),
      skip: counted("skip"),
      inconclusive: counted("inconclusive"),
      fail: counted("fail"),
    },
    failed: failedChecks(runs),
    metrics: mergedMetrics(runs),
  };
}

function failedChecks(runs: readonly ScenarioDocument[]): RepeatSummary["failed"] {
  const names = runs.map(
    ({ checks }) =>
      new Set(
        checks
          .filter(({ outcome, advisory }) => outcome === "fail" && !advisory)
          .map(({ check, kind }) => `${check}\n${kind}`),
      ),
  );
  return [...new Set(names.flatMap((one) => [...one]))].map((name) => {
    const [check = "", kind = ""] = name.split("\n");
    return { check, kind, runs: names.filter((one) => one.has(name)).length };
  });
}

function mergedMetrics(runs: readonly ScenarioDocument[]): RepeatSummary["metrics"] {
  const all = runs.map(figuresOf);
  const definitions = new Map(all.flatMap((one) => [...one.definitions]));
  return [...definitions].map(([metric, { unit }]) => {
    const figures = all.flatMap(({ values }) => values.get(metric) ?? []);
    const values = figures.map(({ value }) => value);
    return {
      metric,
      unit,
      runs: figures.length,
      middle: centre(figures),
      low: Math.min(...values),
      high: Math.max(...values),
    };
  });
}

/** Repeats for people. */
export function repeatText({ scenario, runs, verdict, outcomes, failed, metrics }: RepeatSummary): string {
  const counts = Object.entries(outcomes)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${outcome}`);
  const heading = `scenario ${shown(scenario)} ${verdictWords[verdict]}: ${counted(runs, "run")}, ${counts.join(", ")}\n`;
  const failures = failed
    .map((one) => `  FAIL ${shown(one.check)} (${one.kind}) in ${one.runs} of ${counted(runs, "run")}\n`)
    .join("");
  const rows = metrics.map(({ metric, unit, middle, low, high, runs: measured }) => [
    `${shown(metric)}${unit === "" ? "" : ` (${unit})`}`,
    figure(middle),
    `${figure(low)} to ${figure(high)}`,
    String(measured),
  ]);
  return `${heading}${failures}${formatTable(["metric", "middle", "range", "runs"], rows)}`;
}
