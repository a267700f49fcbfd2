import type { ToldDecision } from "./guard-child.ts";

/** A decision of a run, with all that explains it. */
export interface ToldStep {
  /** From when the agents began together; below 0: before. */
  readonly atMs: number;
  readonly decision: ToldDecision;
}

const nsPerMs = 1e6;

/** @param startedNs CLOCK_MONOTONIC, when the agents began */
export const toSteps = (decisions: readonly ToldDecision[], startedNs: bigint): readonly ToldStep[] =>
  decisions.map((decision) => ({
    atMs: Math.round(Number(BigInt(decision.decided_ns) - startedNs) / nsPerMs),
    decision,
  }));

/** How many decisions there were, by action. */
export function countActions(steps: readonly ToldStep[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { decision } of steps) counts.set(decision.action, (counts.get(decision.action) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([one], [other]) => one.localeCompare(other)));
}
