import { quote } from "../../report/index.ts";
import { metricDefinition } from "../metrics/index.ts";
import { figure } from "./numbers.ts";
import type { Finding, Outcome, Where } from "./result.ts";
import { everywhere } from "./result.ts";

type Value = number | null;

/** What can be claimed of a value. Each says something by itself: claims about one value can be chained. */
export interface Claim {
  atLeast(limit: number): Claim;
  atMost(limit: number): Claim;
  between(low: number, high: number): Claim;
  above(limit: number): Claim;
  below(limit: number): Claim;
  equals(wanted: number): Claim;
}

/** A comparison of two values by what is known of their metric. */
export interface BetterClaim {
  /** Better than the base at all. */
  than(base: Value): void;
  /** Better than the base by this share of it: 0.1 is a tenth. */
  thanBy(base: Value, share: number): void;
}

/** Receives what is claimed. */
export type Tell = (finding: Finding) => void;

/** Claims about one value. Null, which nobody measured, is inconclusive; what is no number fails. */
export function claim(tell: Tell, label: string, value: Value, where: Partial<Where> = {}): Claim {
  const judge = (holds: (value: number) => boolean, words: string): Claim => {
    const told = (outcome: Outcome, message: string): void =>
      tell({
        outcome,
        kind: "claim",
        message: `${label} ${message}`,
        found: value,
        limit: words,
        where: { ...everywhere, ...where },
      });
    if (value === null) told("inconclusive", "was not measured");
    else if (Number.isNaN(value)) told("fail", "is no number");
    else told(holds(value) ? "pass" : "fail", `is ${figure(value)}, ${words} is claimed`);
    return self;
  };
  const self: Claim = {
    atLeast: (limit) => judge((found) => found >= limit, `at least ${figure(limit)}`),
    atMost: (limit) => judge((found) => found <= limit, `at most ${figure(limit)}`),
    between: (low, high) => judge((found) => found >= low && found <= high, `${figure(low)} to ${figure(high)}`),
    above: (limit) => judge((found) => found > limit, `above ${figure(limit)}`),
    below: (limit) => judge((found) => found < limit, `below ${figure(limit)}`),
    equals: (wanted) => judge((found) => found === wanted, figure(wanted)),
  };
  return self;
}

/** Claims that one value of a metric is better than another; inconclusive for a metric that has no better. */
export function claimBetter(tell: Tell, metric: string, candidate: Value): BetterClaim {
  const judge = (base: Value, share: number): void => {
    const told = (outcome: Outcome, message: string): void =>
      tell({
        outcome,
        kind: "claim",
        message: `${metric} ${message}`,
        found: candidate,
        limit: base,
        where: everywhere,
      });
    const polarity = metricDefinition(metric)?.polarity;
    if (polarity !== "higher_better" && polarity !== "lower_better")
      return told(
        "inconclusive",
        `is ${polarity === undefined ? `no metric that is known: ${quote(metric)}` : "neither better nor worse"}`,
      );
    if (candidate === null || base === null) return told("inconclusive", "was not measured on both sides");
    if (base === 0 && share > 0) return told("inconclusive", "has a base of 0");
    const gain = polarity === "higher_better" ? candidate - base : base - candidate;
    const holds = share > 0 ? gain >= Math.abs(base) * share : gain > 0;
    const by = share > 0 ? ` by ${figure(share * 100)} %` : "";
    told(holds ? "pass" : "fail", `is ${figure(candidate)}, better than ${figure(base)}${by} is claimed`);
  };
  return { than: (base) => judge(base, 0), thanBy: (base, share) => judge(base, share) };
}
