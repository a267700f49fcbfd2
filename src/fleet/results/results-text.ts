import { counted, formatTable } from "../../report/index.ts";
import type { FleetResults } from "./documents.ts";

const fixed = (value: number): string => value.toFixed(2);

/** The columns that people read, each with its cell of a row; a page has the same. */
const columns: readonly (readonly [heading: string, cell: (row: FleetResults["rows"][number]) => string])[] = [
  ["operation", ({ operation }) => operation],
  ["sizes", ({ size_bucket: size }) => size],
  ["ops/s", (row) => fixed(row.ops_per_sec)],
  ["MiB/s", (row) => fixed(row.throughput_mibps)],
  ["mean us", (row) => fixed(row.mean_us)],
  ["p50 us", (row) => fixed(row.p50_us)],
  ["p95 us", (row) => fixed(row.p95_us)],
  ["p99 us", (row) => fixed(row.p99_us)],
  ["max us", (row) => fixed(row.max_us)],
  ["count", ({ count }) => String(count)],
];

/** A table of results as cells, its heading first. */
export const resultCells = ({ rows }: FleetResults): readonly (readonly string[])[] => [
  columns.map(([heading]) => heading),
  ...rows.map((row) => columns.map(([, cell]) => cell(row))),
];

const titles: Readonly<Record<FleetResults["stage"], string>> = { prepare: "Prepare", workload: "Workload" };

/** Rates and latencies, for people; empty where none were measured. */
export function resultsText(results: FleetResults): string {
  if (results.rows.length === 0) return "";
  const [heading = [], ...lines] = resultCells(results);
  const failed = results.errors === 0 ? "" : `, ${counted(results.errors, "operation")} failed`;
  const about = `${counted(results.agents.length, "agent")}, ${fixed(results.wall_sec)} s${failed}`;
  const partial = results.partial ? ", of agents that did not complete" : "";
  const stage = results.stage_name === null ? "" : ` of the stage ${results.stage_name}`;
  return `\n${titles[results.stage]}${stage}, ${about}${partial}:\n${formatTable(heading, lines)}`;
}
