import { counted, formatBytes } from "../../../report/index.ts";
import { everywhere, figure, rateSeries } from "../../checks/index.ts";
import type { SeriesMetric } from "../../model/index.ts";
import { seriesMetrics } from "../../model/index.ts";
import type { ScenarioDocument } from "../document/schema.ts";
import { escapeMarkup } from "../markup.ts";
import { groupName } from "../words.ts";
import type { TimeScale } from "./axis.ts";
import { left, right, round, ticks, timeScale, width } from "./axis.ts";
import type { Line } from "./line-chart.ts";
import { lineChart } from "./line-chart.ts";

/** Ops that are drawn; a loop may have thousands, which would be one bar. */
const mostOps = 500;

/** Steps and ops over time, then of every group CPU, memory, pressure and work below each other on the same scale. */
export function timelineSection(document: ScenarioDocument): string {
  const endMs = Math.max(1, document.duration_sec * 1000, ...document.phases.map(({ end_ms }) => end_ms));
  const x = timeScale(endMs);
  const boundaries = document.phases.filter(({ phase }) => phase > 0).map(({ start_ms }) => start_ms);
  const names = [...new Set(document.groups.map(({ name }) => name))];
  return [
    "<section><h2>Timeline</h2>",
    stepsDrawing(document, x, endMs),
    ...names.map((name) => groupDrawing(document, name, x, boundaries)),
    "</section>",
  ].join("\n");
}

function stepsDrawing({ phases, ops }: ScenarioDocument, x: TimeScale, endMs: number): string {
  const box = (phase: ScenarioDocument["phases"][number]): string => {
    const hold = phase.hold_ms ?? phase.end_ms;
    const title = `${phase.label}: +${Math.round(phase.start_ms)} to +${Math.round(phase.end_ms)} ms, ${counted(phase.groups, "group")}, ${counted(phase.workers, "worker")}`;
    return [
      `<g><title>${escapeMarkup(title)}</title>`,
      `<rect class="phase" x="${x(phase.start_ms)}" y="6" width="${span(x, phase.start_ms, phase.end_ms)}" height="18"/>`,
      `<rect class="hold" x="${x(hold)}" y="6" width="${span(x, hold, phase.end_ms)}" height="18"/>`,
      `<text x="${x(phase.start_ms) + 4}" y="19" class="label">${escapeMarkup(phase.label)}</text></g>`,
    ].join("");
  };
  const op = ({ kind, object, at_ms, duration_ms, error }: ScenarioDocument["ops"][number]): string => {
    const title = `+${Math.round(at_ms)} ms ${kind} ${object} (${figure(duration_ms)} ms)${error === null ? "" : `: ${error}`}`;
    return `<rect class="${error === null ? "op" : "op failed"}" x="${x(at_ms)}" y="30" width="${Math.max(1.5, span(x, at_ms, at_ms + duration_ms))}" height="12"><title>${escapeMarkup(title)}</title></rect>`;
  };
  const drawnOps = [...ops.slice(0, mostOps), ...ops.slice(mostOps).filter(({ error }) => error !== null)];
  return [
    `<svg viewBox="0 0 ${width} 64" role="img" aria-label="steps and ops">`,
    `<text x="${left - 6}" y="19" class="scale">steps</text><text x="${left - 6}" y="40" class="scale">ops</text>`,
    ...phases.map(box),
    ...drawnOps.map(op),
    `<line class="axis" x1="${left}" x2="${width - right}" y1="46" y2="46"/>`,
    ...ticks(endMs).map((at) => `<text x="${x(at)}" y="58" class="tick">${figure(round(at))} ms</text>`),
    "</svg>",
    drawnOps.length < ops.length
      ? `<p class="note">${ops.length - drawnOps.length} of ${ops.length} ops are not drawn</p>`
      : "",
  ].join("");
}

const span = (x: TimeScale, fromMs: number, toMs: number): number => round(Math.max(0, x(toMs) - x(fromMs)));

const percent = (value: number): string => `${figure(value * 100)} %`;

/** What is drawn of a group, chart by chart; counters as growth per second times a factor. */
const charts: readonly {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly factor: number;
  readonly lines: readonly (readonly [label: string, metric: SeriesMetric])[];
}[] = [
  {
    title: "CPU: cores used",
    format: figure,
    factor: 1e-6,
    lines: [
      ["used", "cpu_total_us"],
      ["throttled", "throttled_us"],
    ],
  },
  {
    title: "memory",
    format: formatBytes,
    factor: 1,
    lines: [
      ["memory", "memory_current_bytes"],
      ["swap", "swap_current_bytes"],
    ],
  },
  {
    title: "pressure: part of the time in which a task waited",
    format: percent,
    factor: 1e-6,
    lines: [
      ["cpu", "psi_cpu_some_us"],
      ["memory", "psi_memory_some_us"],
      ["io", "psi_io_some_us"],
    ],
  },
  { title: "iterations per second", format: figure, factor: 1, lines: [["iterations", "iterations"]] },
];

function groupDrawing({ groups }: ScenarioDocument, name: string, x: TimeScale, boundaries: readonly number[]): string {
  const drawings = charts.map(({ title, format, factor, lines }) => {
    const drawn = lines.map(([label, metric]): Line => ({ label, points: levels(groups, name, metric, factor) }));
    const having = drawn.filter(({ points }) => points.some(({ value }) => value !== null));
    return lineChart(title, having, { x, format, boundaries });
  });
  return [`<h3>${escapeMarkup(groupName(name))}</h3>`, ...drawings].join("\n");
}

function levels(
  groups: ScenarioDocument["groups"],
  name: string,
  metric: SeriesMetric,
  factor: number,
): Line["points"] {
  return groups
    .filter((group) => group.name === name)
    .flatMap(({ series: { at_ms, metrics } }) => {
      const samples = at_ms.map((atMs, at) => ({ atMs, value: metrics[metric]?.[at] ?? null }));
      const drawn =
        seriesMetrics[metric] === "counter"
          ? rateSeries({ label: name, points: samples, where: everywhere, isCounter: true }).points
          : samples;
      // A group that was made anew is a line of its own.
      return [
        ...drawn.map(({ atMs, value }) => ({ atMs, value: value === null ? null : value * factor })),
        { atMs: 0, value: null },
      ];
    });
}
