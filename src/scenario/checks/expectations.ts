import { parseDurationMs } from "../../report/index.ts";
import type { Expectation, Expectations, Pattern, Scenario } from "../model/index.ts";
import type { RunRecord } from "../record/index.ts";
import { phaseOfStep } from "../record/index.ts";
import { earlyEnd, excuse } from "./ended-early.ts";
import { inconclusive } from "./finding.ts";
import type { CheckResult, Finding } from "./result.ts";
import { everywhere } from "./result.ts";
import type { Series } from "./series/index.ts";
import {
  convergesTo,
  each,
  groupSeries,
  judgeFigure,
  nondecreasing,
  rateSeries,
  rateWithin,
  ratioAcrossPhases,
  ratioWithin,
  steadyWithin,
  strictlyIncreasing,
} from "./series/index.ts";

/** What a scenario expects of series and phases; its own functions are run by `runUserCheck`. */
export function judgeExpectations(scenario: Scenario, record: RunRecord): CheckResult[] {
  return (scenario.expect ?? []).flatMap((expectation, at) => {
    if ("check" in expectation) return [];
    const found = excuse(judgeOne(expectation, record), earlyEnd(record, phasesOf(expectation)));
    return [{ check: `expect[${at}]`, advisory: false, ...found }];
  });
}

/** Phases that an expectation is about; null: the whole run. */
function phasesOf(expectation: Exclude<Expectation, { readonly check: unknown }>): readonly number[] | null {
  if ("phases" in expectation) return [expectation.phases.step, expectation.phases.over].map(phaseOfStep);
  const { step } = "series" in expectation ? expectation.series : expectation.figure;
  return step === undefined ? null : [phaseOfStep(step)];
}

function judgeOne(expectation: Exclude<Expectation, { readonly check: unknown }>, record: RunRecord): Finding {
  if ("series" in expectation) return judgeSeries(expectation.series, record);
  return "figure" in expectation ? judgeFigure(expectation.figure, record) : judgePhases(expectation.phases, record);
}

function judgePhases({ step, over, ...ratio }: Expectations["phases"], record: RunRecord): Finding {
  return ratioAcrossPhases(record, { ...ratio, phase: phaseOfStep(step), base: phaseOfStep(over) });
}

function judgeSeries({ cgroup, metric, as, step, holds }: Expectations["series"], record: RunRecord): Finding {
  const phase = step === undefined ? undefined : record.phases.find((one) => one.phase === phaseOfStep(step));
  if (step !== undefined && phase === undefined)
    return inconclusive("temporal", { ...everywhere, cgroup }, `${metric} of ${cgroup}: step ${step} did not begin`);
  const stretch = phase === undefined ? {} : { fromMs: phase.startMs, toMs: phase.endMs };
  const read = (name: string): Series => {
    const series = groupSeries(record, name, metric, stretch);
    return as === "rate" ? rateSeries(series) : series;
  };
  const series = read(cgroup);
  if (series.points.every(({ value }) => value === null))
    return inconclusive("temporal", series.where, `${series.label} was not measured`);
  return judgePattern(holds, series, { read, slower: Math.max(1, record.host.dilation) });
}

interface PatternFacts {
  /** The same metric of another group. */
  readonly read: (cgroup: string) => Series;
  /** Limits in time are multiplied by it. */
  readonly slower: number;
}

function judgePattern(holds: Pattern, series: Series, { read, slower }: PatternFacts): Finding {
  if (holds === "nondecreasing") return nondecreasing(series);
  if (holds === "strictly_increasing") return strictlyIncreasing(series);
  if ("rateWithin" in holds) return rateWithin(series, holds.rateWithin.low, holds.rateWithin.high);
  if ("steadyWithin" in holds)
    return steadyWithin(series, parseDurationMs(holds.steadyWithin.warmup ?? "0s"), holds.steadyWithin.tolerance);
  if ("convergesTo" in holds) {
    const { target, tolerance, within } = holds.convergesTo;
    return convergesTo(series, target, tolerance, parseDurationMs(within) * slower);
  }
  if ("each" in holds) return each(series, holds.each);
  return ratioWithin(series, read(holds.ratioWithin.cgroup), holds.ratioWithin.low, holds.ratioWithin.high);
}
