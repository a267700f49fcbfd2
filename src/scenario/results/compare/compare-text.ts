import { counted, formatTable } from "../../../report/index.ts";
import { figure } from "../../checks/index.ts";
import { shown } from "../words.ts";
import type { Comparison, ScenarioComparison } from "./compare.ts";
import type { MetricChange, Spread } from "./judge-metric.ts";

/** A comparison for people: what differs, then the changes that mean something, worst first. */
export function compareText(comparison: Comparison): string {
  const { differences, added, removed, broken, excluded, scenarios, regressions, improvements, noisy } = comparison;
  const lines = [
    ...differences.map(({ dimension, a, b }) =>
      shown(`${dimension}: A ${a.join(", ") || "-"}, B ${b.join(", ") || "-"}`),
    ),
    ...added.map((name) => `only in B: ${shown(name)}`),
    ...removed.map((name) => `only in A: ${shown(name)}`),
    ...broken.map(
      ({ name, passedA, failedB }) =>
        `regression: ${shown(name)} passed in ${counted(passedA, "run")} of A, and in none of B: ${failedB} failed`,
    ),
    ...(excluded.a + excluded.b > 0
      ? [`left out, for they failed or were skipped: ${counted(excluded.a, "run")} of A, ${excluded.b} of B`]
      : []),
  ];
  const last =
    scenarios.length === 0 && broken.length === 0
      ? "nothing to compare"
      : `${counted(regressions, "regression")}, ${counted(improvements, "improvement")}, ${noisy} noisy`;
  return `${[...lines, ...scenarios.map(scenarioText), last].join("\n")}\n`;
}

const order: readonly MetricChange["status"][] = ["regression", "improvement", "noisy"];

const scenarioText = (scenario: ScenarioComparison): string =>
  [
    changesText(scenario),
    ...(scenario.lost.length === 0 ? [] : [`measured in A only: ${scenario.lost.map(shown).join(", ")}`]),
  ].join("\n");

function changesText({ name, runsA, runsB, changes }: ScenarioComparison): string {
  const told = order.flatMap((status) => changes.filter((change) => change.status === status));
  const title = `${shown(name)}: ${counted(runsA, "run")} of A, ${runsB} of B`;
  if (told.length === 0) return `${title}: ${counted(changes.length, "metric")}, no change`;
  const table = formatTable(["change", "metric", "A", "B", "delta", "p"], told.map(row));
  return `${title}\n${table.trimEnd()}`;
}

const row = ({ status, metric, unit, a, b, delta, share, p }: MetricChange): readonly string[] => [
  status,
  `${shown(metric)}${unit === "" ? "" : ` (${unit})`}`,
  spreadText(a),
  spreadText(b),
  `${delta > 0 ? "+" : ""}${figure(delta)}${share === null ? "" : ` (${share > 0 ? "+" : ""}${(share * 100).toFixed(1)} %)`}`,
  p === null ? "-" : p < 0.0001 ? "<0.0001" : p.toFixed(4),
];

const spreadText = ({ runs, middle, low, high }: Spread): string =>
  runs === 1 ? figure(middle) : `${figure(middle)} [${figure(low)}, ${figure(high)}]`;
