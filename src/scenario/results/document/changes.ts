import { total } from "../../../report/index.ts";
import type { PhaseRecord } from "../../record/index.ts";
import type { ScenarioDocument } from "./schema.ts";

type Phase = ScenarioDocument["phases"][number];
type Change = ScenarioDocument["changes"][number];

type Measured = "avg_imbalance_ratio" | "avg_dsq_depth" | "fallback_rate" | "keep_last_rate" | "iteration_rate";

/** How large a difference between phases has to be before it is told; share: of the value before. */
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

/** A shorter hold says more of what went on before it than of itself. */
const leastHoldMs = 200;

/** What was measured in a phase, and of whom. */
interface Seen {
  readonly phase: Phase;
  readonly record: PhaseRecord;
}

/** What is set up is no hold, nor is a step of ops only. */
const isHeld = ({ phase: { hold_ms: begin, end_ms: end } }: Seen): boolean =>
  begin !== null && end - begin >= leastHoldMs;

const isLoop = ({ record }: Seen): boolean => record.rounds !== null;

/**
 * What was different in a phase from the last one before it that is its like: both had a hold, or both a loop. Rates are of the
 * workers that were there in both, for that there are more of them is no improvement.
 * @param phases with the records they were made of, in the same order
 */
export function changesBetween(phases: readonly Phase[], records: readonly PhaseRecord[]): Change[] {
  const held = phases
    .flatMap((phase, at): Seen[] => {
      const record = records[at];
      return record === undefined ? [] : [{ phase, record }];
    })
    .filter(isHeld);
  return held.flatMap((now, at) => {
    const before = held.slice(0, at).findLast((one) => isLoop(one) === isLoop(now));
    return before === undefined ? [] : boundaries.flatMap((boundary) => changeAt(before, now, boundary));
  });
}

/** A figure of two phases, of what both have. */
function valuesOf(metric: Measured, before: Seen, now: Seen): readonly [number | null, number | null] {
  if (metric !== "iteration_rate") return [before.phase[metric], now.phase[metric]];
  const there = ({ record }: Seen): readonly number[] =>
    record.work.filter(({ elapsedMs }) => elapsedMs > 0).map(({ work }) => work);
  const then = new Set(there(before));
  const both = new Set(there(now).filter((work) => then.has(work)));
  return [rateOf(before, both), rateOf(now, both)];
}

function rateOf({ record }: Seen, works: ReadonlySet<number>): number | null {
  const rates = record.work
    .filter(({ work, elapsedMs }) => works.has(work) && elapsedMs > 0)
    .map(({ iterations, elapsedMs }) => (iterations / elapsedMs) * 1000);
  return rates.length === 0 ? null : total(rates);
}

function changeAt(before: Seen, now: Seen, { metric, above, by, better }: (typeof boundaries)[number]): Change[] {
  const [a, b] = valuesOf(metric, before, now);
  if (a === null || b === null || (by === "share" && a === 0)) return [];
  const size = Math.abs(by === "share" ? (b - a) / a : b - a);
  if (size <= above) return [];
  const direction = b > a === (better === "higher") ? "improvement" : "degradation";
  return [{ phase: now.phase.phase, metric, before: a, after: b, direction }];
}
