import { formatTable } from "../../report/index.ts";
import type { FleetResults } from "../results/index.ts";
import { statusText } from "../results/index.ts";
import type { FleetComparison } from "./compare-runs.ts";
import type { StoredRun } from "./read-run.ts";

const fixed = (value: number): string => value.toFixed(2);

function resultsTable({ rows }: FleetResults): string {
  const heading = ["operation", "sizes", "ops/s", "MiB/s", "mean us", "p50 us", "p95 us", "p99 us", "max us", "count"];
  return formatTable(
    heading,
    rows.map((row) => [
      ...[row.operation, row.size_bucket, fixed(row.ops_per_sec), fixed(row.throughput_mibps)],
      ...[row.mean_us, row.p50_us, row.p95_us, row.p99_us, row.max_us].map(fixed),
      String(row.count),
    ]),
  );
}

/** Part of all that each agent did, against an equal one. */
function agentsTable({ agents, workload }: StoredRun): string {
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

const section = (title: string, results: FleetResults | null): string =>
  results === null || results.rows.length === 0
    ? ""
    : `\n${title}, ${results.agents.length} agents, ${fixed(results.wall_sec)} s${results.partial ? ", of agents that did not complete" : ""}:\n${resultsTable(results)}`;

/** A run, for people. */
export const runText = (run: StoredRun): string =>
  [
    `${run.directory}\n`,
    statusText(run.status),
    section("Prepare", run.prepare),
    section("Workload", run.workload),
    agentsTable(run),
  ].join("");

/** A comparison, for people: what changed, or that nothing did. */
export function comparisonText({ base, rows }: FleetComparison): string {
  const changed = rows.filter(({ verdict }) => verdict !== "same");
  const heading = `compared with ${base}: ${rows.length} figures, ${changed.length} changed by 5 % or more\n`;
  if (changed.length === 0) return heading;
  const cells = changed.map((row) => [
    row.other,
    `${row.operation} ${row.size_bucket}`,
    row.figure,
    fixed(row.base),
    fixed(row.value),
    row.change_pct === null ? "-" : `${row.change_pct > 0 ? "+" : ""}${row.change_pct.toFixed(1)} %`,
    row.verdict,
  ]);
  return heading + formatTable(["run", "operations", "figure", "before", "now", "change", ""], cells);
}
