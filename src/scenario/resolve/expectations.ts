import { quote } from "../../report/index.ts";
import type { Expectation, Pattern } from "../model/index.ts";
import { listNames } from "./context.ts";
import type { Place } from "./problems.ts";
import { refuse } from "./refusal.ts";

/** What expectations can be about. */
export interface Expectable {
  /** Groups that the scenario makes at some time. */
  readonly groups: ReadonlySet<string>;
  /** Number of steps. */
  readonly steps: number;
}

function judgeGroup(name: string, { groups }: Expectable, place: Place): void {
  if (!groups.has(name))
    place
      .at("cgroup")
      .refuse(refuse(`the scenario makes no group ${quote(name)}; it makes: ${listNames(groups)}`, "correct the name"));
}

function judgeStep(step: number, { steps }: Expectable, place: Place): void {
  if (step >= steps)
    place.refuse(refuse(`there is no step ${step}: the last of ${steps} is ${steps - 1}`, "correct the number"));
}

function judgeBounds(low: number | undefined, high: number | undefined, place: Place): void {
  if (low !== undefined && high !== undefined && low > high)
    place.refuse(refuse(`nothing is at least ${low} and at most ${high}`, "swap them"));
}

function judgePattern(pattern: Pattern, about: Expectable, place: Place): void {
  if (typeof pattern === "string") return;
  if ("each" in pattern) judgeBounds(pattern.each.atLeast, pattern.each.atMost, place.at("each"));
  if ("rateWithin" in pattern) judgeBounds(pattern.rateWithin.low, pattern.rateWithin.high, place.at("rateWithin"));
  if ("ratioWithin" in pattern) {
    const { cgroup, low, high } = pattern.ratioWithin;
    judgeGroup(cgroup, about, place.at("ratioWithin"));
    judgeBounds(low, high, place.at("ratioWithin"));
  }
}

/** Whether an expectation is about something that there will be; what is wrong is told at the place. */
export function judgeExpectation(expectation: Expectation, about: Expectable, place: Place): void {
  if ("series" in expectation) {
    const { cgroup, step, holds } = expectation.series;
    const at = place.at("series");
    judgeGroup(cgroup, about, at);
    if (step !== undefined) judgeStep(step, about, at.at("step"));
    judgePattern(holds, about, at.at("holds"));
  }
  if ("phases" in expectation) {
    const { cgroup, step, over, atLeast, atMost } = expectation.phases;
    const at = place.at("phases");
    judgeGroup(cgroup, about, at);
    judgeStep(step, about, at.at("step"));
    judgeStep(over, about, at.at("over"));
    judgeBounds(atLeast, atMost, at);
  }
}
