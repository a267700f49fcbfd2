import type { ConstraintOutcome } from "../report/index.ts";
import { describeOutcome } from "./summary.ts";

/** The two warnings whose wording other tools look for. */
export const exactWarnings = {
  cannotCreateCgroup: "WARNING: Cannot create cgroup (permission denied)",
  negativeNice: "WARNING: Cannot set negative nice (requires root), using 0",
} as const;

function warningFor(outcome: ConstraintOutcome): string {
  const negative = outcome.requested.startsWith("-");
  if (outcome.name === "nice" && outcome.status === "failed" && negative) return exactWarnings.negativeNice;
  return `WARNING: ${describeOutcome(outcome)}`;
}

/** One warning per limit that was not applied, after the one about the group itself. */
export function warningsFor(outcomes: readonly ConstraintOutcome[], groupDenied: boolean): string[] {
  const dropped = outcomes.filter((outcome) => outcome.status !== "applied").map(warningFor);
  return groupDenied ? [exactWarnings.cannotCreateCgroup, ...dropped] : dropped;
}
