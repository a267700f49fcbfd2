import type { ScenarioDocument } from "./schema.ts";

type Phase = ScenarioDocument["phases"][number];
type Change = ScenarioDocument["changes"][number];

type Measured = "avg_imbalance_ratio" | "avg_dsq_depth" | "fallback_rate" | "keep_last_rate" | "iteration_rate";

/** How large a difference between neighbouring phases has to be before it is told; share: of the value before. */
export const boundaries: readonly {
  readonly metric: Measured;
  readonly above: number;
  readonly by: "difference" | "share";
  readonly better: "lower" | "higher";
}[] = [
  { metric: "avg_imbalance_ratio", above: 0.5, by: "difference", better: "lower" },
  { metric: "avg_dsq_depth", above: 3, by: "difference", better: "lower" },
  { metric: "fallback_rate", above: 10, by: "difference", better: "lower" },
  { metric: "keep_last_rate", above: 10, by: "difference", better: "lower" },
  { metric: "iteration_rate", above: 0.3, by: "share", better: "higher" },
];

/** What was different from one phase to the next, where both were measured. */
export const changesBetween = (phases: readonly Phase[]): Change[] =>
  phases.slice(1).flatMap((phase, at) => {
    const before = phases[at];
    return before === undefined ? [] : boundaries.flatMap((boundary) => changeAt(before, phase, boundary));
  });

function changeAt(before: Phase, phase: Phase, { metric, above, by, better }: (typeof boundaries)[number]): Change[] {
  const [a, b] = [before[metric], phase[metric]];
  if (a === null || b === null || (by === "share" && a === 0)) return [];
  const size = Math.abs(by === "share" ? (b - a) / a : b - a);
  if (size <= above) return [];
  const direction = b > a === (better === "higher") ? "improvement" : "degradation";
  return [{ phase: phase.phase, metric, before: a, after: b, direction }];
}
