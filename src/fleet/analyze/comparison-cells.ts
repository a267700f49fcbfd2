import type { FleetComparison } from "./compare-runs.ts";

/** A table as cells: its heading, and its lines. */
type Table = [heading: readonly string[], lines: readonly (readonly string[])[]];

const fixed = (value: number): string => value.toFixed(2);

const changeText = (percent: number | null): string =>
  percent === null ? "-" : `${percent > 0 ? "+" : ""}${percent.toFixed(1)} %`;

/** How much there is to tell. */
export function comparisonHeading({ base, rows }: FleetComparison): string {
  const changed = rows.filter(({ verdict }) => verdict !== "same").length;
  return `compared with ${base}: ${rows.length} figures, ${changed} changed by 5 % or more`;
}

/** A comparison as tables and lines, for texts and pages alike. */
export function comparisonCells({ runs, notes, rows }: FleetComparison): {
  readonly runs: Table;
  readonly notes: readonly string[];
  readonly changes: Table;
} {
  const runLines = runs.map((one) => [
    one.run,
    one.outcome,
    `${one.agents_completed} of ${one.agents_total}`,
    one.wall_sec === null ? "-" : fixed(one.wall_sec),
    String(one.operations),
    String(one.errors),
  ]);
  const changes = rows
    .filter(({ verdict }) => verdict !== "same")
    .map((row) => [
      row.other,
      `${row.stage === null ? "" : `${row.stage}: `}${row.operation} ${row.size_bucket}`,
      row.figure,
      fixed(row.base),
      fixed(row.value),
      changeText(row.change_pct),
      row.verdict,
    ]);
  return {
    runs: [["run", "outcome", "completed", "seconds", "operations", "errors"], runLines],
    notes: notes.map(({ run, note }) => `${run}: ${note}`),
    changes: [["run", "operations", "figure", "before", "now", "change", ""], changes],
  };
}
