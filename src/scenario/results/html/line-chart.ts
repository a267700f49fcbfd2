import { escapeMarkup } from "../markup.ts";
import type { TimeScale } from "./axis.ts";
import { left, niceCeiling, right, round, width } from "./axis.ts";

export interface Line {
  readonly label: string;
  readonly points: readonly { readonly atMs: number; readonly value: number | null }[];
}

const height = 90;
const top = 14;
const bottom = 6;

/** Lines over time with one scale from 0 up; a line is broken where nothing was measured. Empty when no line has a value. */
export function lineChart(
  title: string,
  lines: readonly Line[],
  {
    x,
    format,
    boundaries,
  }: { readonly x: TimeScale; readonly format: (value: number) => string; readonly boundaries: readonly number[] },
): string {
  const values = lines.flatMap(({ points }) => points.flatMap(({ value }) => value ?? []));
  if (values.length === 0) return "";
  const highest = niceCeiling(Math.max(...values));
  const y = (value: number): number =>
    round(height - bottom - (Math.max(0, value) / highest) * (height - top - bottom));
  const legend = lines.map(({ label }, at) => `<tspan class="t${at}" dx="10">${escapeMarkup(label)}</tspan>`).join("");
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(title)}">`,
    `<text x="${left}" y="10" class="title">${escapeMarkup(title)}${lines.length > 1 ? legend : ""}</text>`,
    ...boundaries.map(
      (at) => `<line class="boundary" x1="${x(at)}" x2="${x(at)}" y1="${top}" y2="${height - bottom}"/>`,
    ),
    `<line class="axis" x1="${left}" x2="${width - right}" y1="${y(0)}" y2="${y(0)}"/>`,
    `<text x="${left - 6}" y="${y(highest) + 8}" class="scale">${escapeMarkup(format(highest))}</text>`,
    `<text x="${left - 6}" y="${y(0)}" class="scale">0</text>`,
    ...lines.map((line, at) => drawn(line, at, x, y)),
    "</svg>",
  ].join("");
}

function drawn({ label, points }: Line, at: number, x: TimeScale, y: (value: number) => number): string {
  const runs: string[][] = [[]];
  for (const { atMs, value } of points) {
    if (value === null || !Number.isFinite(value)) runs.push([]);
    else runs.at(-1)?.push(`${x(atMs)},${y(value)}`);
  }
  return runs
    .filter((run) => run.length > 0)
    .map((run) =>
      run.length === 1
        ? `<circle class="c${at}" cx="${run[0]?.split(",")[0]}" cy="${run[0]?.split(",")[1]}" r="1.5"><title>${escapeMarkup(label)}</title></circle>`
        : `<polyline class="c${at}" points="${run.join(" ")}"><title>${escapeMarkup(label)}</title></polyline>`,
    )
    .join("");
}
