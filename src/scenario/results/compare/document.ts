import * as v from "valibot";
import { count, text, texts } from "../../../report/schema/index.ts";
import { list, number, numberOrNull, oneOf } from "../document/parts.ts";
import type { Comparison } from "./compare.ts";
import { changeStatuses } from "./judge-metric.ts";
import { dimensions } from "./pairs.ts";

const side = (description: string) =>
  v.pipe(
    v.strictObject({
      runs: count("Runs that measured it."),
      middle: number("Mean; of rates, all counts over all time."),
      low: number("Lowest of a run."),
      high: number("Highest of a run."),
    }),
    v.description(description),
  );

const change = v.strictObject({
  metric: text("Metric of the run, of a step (Step[0]/…) or of a payload (name@group/…)."),
  unit: text("For people."),
  status: oneOf(
    changeStatuses,
    "noisy: large enough, and not told from chance; informational: neither way is better; unchanged: too small.",
  ),
  a: side("Before."),
  b: side("After."),
  delta: number("b less a."),
  share: numberOrNull("Of a; null: a is 0."),
  p: numberOrNull("Probability of so large a difference by chance (Welch's test); null: no repeats on both sides."),
});

/** `corral.scenario-compare/1`. */
export const comparisonSchema = v.strictObject({
  schema: v.pipe(v.literal("corral.scenario-compare/1"), v.description("Name and version of this document.")),
  differences: list(
    v.strictObject({ dimension: oneOf(dimensions, "What."), a: texts("Of A."), b: texts("Of B.") }),
    "In what the sides differ, beside the figures.",
  ),
  added: texts("Scenarios that only B has."),
  removed: texts("Scenarios that only A has."),
  broken: list(
    v.strictObject({
      scenario: text("Name, as of those that were compared."),
      passed_a: count("Runs of A that passed."),
      failed_b: count("Runs of B that failed."),
    }),
    "Scenarios that passed in A and of which B has nothing but failures; each is a regression.",
  ),
  excluded: v.pipe(
    v.strictObject({ a: count("Of A."), b: count("Of B.") }),
    v.description("Runs left out, for they failed or were skipped."),
  ),
  scenarios: list(
    v.strictObject({
      scenario: text("Name, and where it ran when both sides have several places."),
      runs_a: count("Runs of A."),
      runs_b: count("Runs of B."),
      changes: list(change, "Every metric that both have."),
      lost: texts("Metrics that only A has."),
    }),
    "What was compared.",
  ),
  regressions: count("Changes for the worse, and scenarios that are broken."),
  improvements: count("Changes for the better."),
  noisy: count("Changes that may be chance."),
});

export type ComparisonDocument = v.InferOutput<typeof comparisonSchema>;

/** A comparison as a document. */
export const comparisonDocument = (comparison: Comparison): ComparisonDocument => ({
  schema: "corral.scenario-compare/1",
  differences: comparison.differences.map(({ dimension, a, b }) => ({ dimension, a: [...a], b: [...b] })),
  added: [...comparison.added],
  removed: [...comparison.removed],
  broken: comparison.broken.map(({ name, passedA, failedB }) => ({
    scenario: name,
    passed_a: passedA,
    failed_b: failedB,
  })),
  excluded: { ...comparison.excluded },
  scenarios: comparison.scenarios.map(({ name, runsA, runsB, changes, lost }) => ({
    scenario: name,
    runs_a: runsA,
    runs_b: runsB,
    changes: changes.map((one) => ({ ...one, a: { ...one.a }, b: { ...one.b } })),
    lost: [...lost],
  })),
  regressions: comparison.regressions,
  improvements: comparison.improvements,
  noisy: comparison.noisy,
});
