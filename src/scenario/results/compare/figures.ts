import type { MetricDefinition } from "../../metrics/index.ts";
import { metricDefinition, payloadMetricDefinition, runMetricNames, runMetrics } from "../../metrics/index.ts";
import type { Polarity } from "../../model/index.ts";
import type { ScenarioDocument } from "../document/schema.ts";

/** One figure of one run. A rate keeps what it was made of, so that rates of several runs are pooled, not averaged. */
export interface RunFigure {
  readonly value: number;
  readonly over: { readonly count: number; readonly sec: number } | null;
}

export interface Figures {
  readonly definitions: ReadonlyMap<string, MetricDefinition>;
  readonly values: ReadonlyMap<string, RunFigure>;
}

/**
 * All figures of a run that can be compared, by name: those of the run (`worst_gap_ms`), of each step (`Step[0]/iteration_rate`)
 * and of payloads (`fio@web/jobs.0.read.iops`). What was not measured is left out.
 */
export function figuresOf(document: ScenarioDocument): Figures {
  const definitions = new Map<string, MetricDefinition>();
  const values = new Map<string, RunFigure>();
  const keep = (name: string, definition: MetricDefinition | null, figure: RunFigure): void => {
    if (definition === null || values.has(name)) return;
    definitions.set(name, definition);
    values.set(name, figure);
  };
  for (const name of runMetricNames) {
    const value = document.stats[name];
    if (value !== null)
      keep(name, runMetrics[name], { value, over: name === "iteration_rate" ? pooled(document) : null });
  }
  for (const { label, iteration_rate, iterations, elapsed_ms } of document.phases) {
    const over = elapsed_ms === null ? null : { count: iterations, sec: elapsed_ms / 1000 };
    if (iteration_rate !== null)
      keep(`${label}/iteration_rate`, metricDefinition("iteration_rate"), { value: iteration_rate, over });
  }
  for (const { payload, cgroup, metrics } of document.payloads)
    for (const { name, value, polarity, unit } of metrics)
      keep(`${payload}@${cgroup}/${name}`, payloadMetricDefinition(polarityOf(polarity), unit), { value, over: null });
  return { definitions, values };
}

type WrittenPolarity = ScenarioDocument["payloads"][number]["metrics"][number]["polarity"];

const polarityOf = (polarity: WrittenPolarity): Polarity =>
  typeof polarity === "string" ? polarity : { targetValue: polarity.target_value };

function pooled({ phases }: ScenarioDocument): RunFigure["over"] {
  const measured = phases.filter(({ elapsed_ms }) => elapsed_ms !== null);
  const ms = measured.reduce((sum, { elapsed_ms }) => sum + (elapsed_ms ?? 0), 0);
  return ms === 0 ? null : { count: measured.reduce((sum, { iterations }) => sum + iterations, 0), sec: ms / 1000 };
}

/** Several runs as one figure: rates from their sums, everything else as the mean. */
export function centre(figures: readonly RunFigure[]): number {
  const rates = figures.flatMap(({ over }) => over ?? []);
  if (rates.length === figures.length && rates.length > 0)
    return rates.reduce((sum, { count }) => sum + count, 0) / rates.reduce((sum, { sec }) => sum + sec, 0);
  return figures.reduce((sum, { value }) => sum + value, 0) / figures.length;
}
