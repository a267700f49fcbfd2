import { resultCells, statusText } from "../results/index.ts";
import type { FleetComparison } from "./compare-runs.ts";
import { comparisonCells, comparisonHeading } from "./comparison-cells.ts";
import type { StoredRun, StoredStage } from "./read-run.ts";
import type { SeriesSecond } from "./read-series.ts";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeText = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd").replace(/[&<>"]/g, (one) => entities[one] ?? one);

const style = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #667085; --rule: #d5dae3; --back: #fff; --0: #2456d6; --1: #c2410c; --2: #0f766e; --3: #7c3aed; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #98a2b3; --rule: #39414f; --back: #14181f; --0: #7aa2ff; --1: #ff9a62; --2: #4fd1c5; --3: #b794f4; } }
body { font: 14px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--back); max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: right; padding: 3px 8px; border-bottom: 1px solid var(--rule); font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; } pre, section { overflow-x: auto; }
svg { width: 100%; min-width: 700px; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: var(--soft); } .axis { stroke: var(--rule); }
polyline { fill: none; stroke-width: 1.5; } .c0 { stroke: var(--0); } .c1 { stroke: var(--1); } .c2 { stroke: var(--2); } .c3 { stroke: var(--3); }
.t0 { color: var(--0); } .t1 { color: var(--1); } .t2 { color: var(--2); } .t3 { color: var(--3); }
`;

const [width, height, left, bottom] = [960, 180, 80, 20];
const colours = 4;

interface Line {
  readonly points: readonly (readonly [sec: number, value: number])[];
}

/** Lines over the seconds since the start, on one scale. */
function chart(title: string, lines: readonly Line[], format: (value: number) => string): string {
  const all = lines.flatMap(({ points }) => points);
  if (all.length === 0) return "";
  const endSec = Math.max(1, ...all.map(([sec]) => sec));
  const top = Math.max(Number.MIN_VALUE, ...all.map(([, value]) => value));
  const x = (sec: number): string => (left + (sec / endSec) * (width - left)).toFixed(1);
  const y = (value: number): string => ((height - bottom) * (1 - value / top)).toFixed(1);
  const drawn = lines.map(({ points }, at) => {
    const coordinates = points.map(([sec, value]) => `${x(sec)},${y(value)}`).join(" ");
    return `<polyline class="c${at % colours}" points="${coordinates}"/>`;
  });
  return [
    `<h3>${escapeText(title)}</h3><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">`,
    `<line class="axis" x1="${left}" y1="${height - bottom}" x2="${width}" y2="${height - bottom}"/>`,
    `<text x="0" y="12">${escapeText(format(top))}</text><text x="0" y="${height - bottom}">0</text>`,
    `<text x="${left}" y="${height - 4}">0 s</text><text x="${width - 60}" y="${height - 4}">${endSec.toFixed(0)} s</text>`,
    ...drawn,
    "</svg>",
  ].join("\n");
}

const linesOf = (runs: readonly StoredRun[], value: (second: SeriesSecond) => number | null): readonly Line[] =>
  runs.map(({ series }) => ({
    points: series.flatMap((second) => {
      const one = value(second);
      return one === null ? [] : [[second.elapsedSec, one] as const];
    }),
  }));

function tableOf(heading: readonly string[], cells: readonly (readonly string[])[]): string {
  const line = (tag: string, texts: readonly string[]): string =>
    `<tr>${texts.map((text) => `<${tag}>${escapeText(text)}</${tag}>`).join("")}</tr>`;
  return `<table>${line("th", heading)}${cells.map((one) => line("td", one)).join("\n")}</table>`;
}

function stageSection({ name, workload }: StoredStage): string {
  const title = name === null ? "" : `<h3>${escapeText(name)}</h3>`;
  if (workload === null) return `${title}<p>It never came to ${name === null ? "its workload" : "this stage"}.</p>`;
  const [heading = [], ...cells] = resultCells(workload);
  return title + tableOf(heading, cells);
}

function runSection(run: StoredRun, at: number): string {
  return [
    `<section><h2 class="t${at % colours}">${escapeText(run.name)}</h2>`,
    ...run.stages.map(stageSection),
    `<pre>${escapeText(statusText(run.status))}</pre></section>`,
  ].join("\n");
}

function comparisonSection(comparison: FleetComparison): string {
  const { runs, notes, changes } = comparisonCells(comparison);
  return [
    `<section><h2>Comparison</h2>${tableOf(...runs)}`,
    notes.length === 0 ? "" : `<ul>${notes.map((one) => `<li>${escapeText(one)}</li>`).join("")}</ul>`,
    `<p>${escapeText(comparisonHeading(comparison))}</p>`,
    changes[1].length === 0 ? "" : tableOf(...changes),
    "</section>",
  ].join("\n");
}

/**
 * Runs as a page that stands alone: rates, latencies and errors over time on common scales, and each run's tables.
 * @param comparison what is different between them; null: that is not wanted
 */
export const runsPage = (runs: readonly StoredRun[], comparison: FleetComparison | null): string =>
  [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeText(runs.map(({ name }) => name).join(", "))}</title><style>${style}</style></head><body>`,
    `<h1>Fleet runs</h1><ol>${runs.map(({ name }, at) => `<li class="t${at % colours}">${escapeText(name)}</li>`).join("")}</ol>`,
    chart(
      "Operations a second",
      linesOf(runs, ({ opsPerSec }) => opsPerSec),
      (value) => `${value.toFixed(0)} ops/s`,
    ),
    chart(
      "99th percentile of each second",
      linesOf(runs, ({ p99Us }) => p99Us),
      (value) => `${value.toFixed(0)} us`,
    ),
    chart(
      "Errors a second",
      linesOf(runs, ({ errors }) => errors),
      (value) => value.toFixed(0),
    ),
    ...(comparison === null ? [] : [comparisonSection(comparison)]),
    ...runs.map(runSection),
    "</body></html>\n",
  ].join("\n");
