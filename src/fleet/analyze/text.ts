import { formatTable } from "../../report/index.ts";
import type { FleetResults } from "../results/index.ts";
import { resultsText, statusText } from "../results/index.ts";
import type { FleetComparison } from "./compare-runs.ts";
import { comparisonCells, comparisonHeading } from "./comparison-cells.ts";
import type { StoredRun, StoredStage } from "./read-run.ts";

const fixed = (value: number): string => value.toFixed(2);

/** Part of all that each agent did, against an equal one. */
function agentsTable({ agents, workload }: StoredStage): string {
  if (agents.length < 2 || workload === null) return "";
  const countOf = ({ rows }: FleetResults): number =>
    rows.filter(({ size_bucket: size }) => size === "ALL").reduce((sum, { count }) => sum + count, 0);
  const all = agents.reduce((sum, agent) => sum + countOf(agent), 0);
  const rows = agents.map((agent) => {
    const count = countOf(agent);
    const share = all === 0 ? "-" : `${((count * 100 * agents.length) / all).toFixed(1)} %`;
    return [
      agent.agents[0] ?? "",
      String(count),
      fixed(agent.wall_sec),
      share,
      agent.partial ? "did not complete" : "",
    ];
  });
  return `\n${formatTable(["agent", "operations", "seconds", "of an equal part", ""], rows)}`;
}

const stageText = (stage: StoredStage): string =>
  [stage.prepare, stage.workload]
    .map((results) => (results === null ? "" : resultsText(results)))
    .concat(agentsTable(stage))
    .join("");

/** A run, for people. */
export const runText = (run: StoredRun): string =>
  [`${run.directory}\n`, statusText(run.status), ...run.stages.map(stageText)].join("");

/** A comparison, for people: which runs, what stands in its way, and what changed, or that nothing did. */
export function comparisonText(comparison: FleetComparison): string {
  const { runs, notes, changes } = comparisonCells(comparison);
  return [
    formatTable(...runs),
    ...notes.map((line) => `NOTE: ${line}\n`),
    `${comparisonHeading(comparison)}\n`,
    changes[1].length === 0 ? "" : formatTable(...changes),
  ].join("");
}
