import * as v from "valibot";
import { described, expects, section, word } from "../../report/config/index.ts";
import { figureWords, patternWords, phaseMetricNames, seriesMetricNames } from "../model/index.ts";
import { oneKey, wordOrKey } from "./one-of.ts";
import { aboveZero, duration, finite, groupName, index, moduleReference, optional } from "./values.ts";

const number = (description: string) => described(finite("a number"), description);
const cgroup = described(groupName, "Name of a group of the scenario.");
const bounds = {
  at_least: optional(number("Lowest value that is allowed.")),
  at_most: optional(number("Highest value that is allowed.")),
};
const hasBound = (lowest: number | undefined, highest: number | undefined): boolean =>
  lowest !== undefined || highest !== undefined;
const range = { low: number("Lowest."), high: number("Highest.") };
const metric = <const N extends readonly string[]>(names: N, description: string) =>
  described(word(names), description);

const pattern = wordOrKey(patternWords, {
  rate_within: described(section(range), "Change per millisecond between neighbours."),
  steady_within: described(
    section({
      warmup: optional(described(duration, "What is left out at the begin. Default 0s.")),
      tolerance: described(aboveZero("a number above 0"), "Share of the mean: 0.1 is a tenth up or down."),
    }),
    "The series stays near its mean.",
  ),
  converges_to: described(
    section({
      target: number("Where it arrives."),
      tolerance: described(aboveZero("a number above 0"), "How far from that it may be."),
      within: described(duration, "At the latest so long after the first sample."),
    }),
    "Three samples in a row are near a value.",
  ),
  each: described(
    v.pipe(
      section(bounds),
      v.check(({ at_least, at_most }) => hasBound(at_least, at_most), "needs at_least or at_most"),
    ),
    "Every sample; none is missing.",
  ),
  ratio_within: described(section({ cgroup, ...range }), "Sample by sample over the same metric of another group."),
});

/** What is expected of a run. */
export const expectationSchema = oneKey({
  series: described(
    section({
      cgroup,
      metric: metric(seriesMetricNames, "What was sampled."),
      as: optional(
        described(word(["sampled", "rate"], "sampled or rate"), "rate: the growth per second. Default sampled."),
      ),
      step: optional(described(index("the number of a step, from 0"), "Only samples of this step. Default: of all.")),
      holds: described(pattern, "How it runs."),
    }),
    "A pattern of what was sampled of a group.",
  ),
  figure: described(
    v.pipe(
      section({
        cgroup,
        metric: metric(phaseMetricNames, "What is measured."),
        step: optional(described(index("the number of a step, from 0"), "Only this step. Default: the whole run.")),
        as: optional(
          described(word(figureWords), "How samples become a figure. Default: rate of a counter, mean of a gauge."),
        ),
        share_of: optional(
          described(
            v.pipe(v.array(groupName, expects("a list of groups")), v.minLength(1, "needs at least one group")),
            "The figure is a share of the sum of these groups.",
          ),
        ),
        ...bounds,
      }),
      v.check(({ at_least, at_most }) => hasBound(at_least, at_most), "needs at_least or at_most"),
    ),
    "A figure of a group.",
  ),
  phases: described(
    v.pipe(
      section({
        cgroup,
        metric: metric(phaseMetricNames, "What is compared."),
        step: described(index("the number of a step, from 0"), "The step."),
        over: described(index("the number of a step, from 0"), "The step it is compared with."),
        ...bounds,
      }),
      v.check(({ at_least, at_most }) => hasBound(at_least, at_most), "needs at_least or at_most"),
    ),
    "A figure in one step over that in another.",
  ),
  check: described(moduleReference({}), "A function that judges the record."),
});
