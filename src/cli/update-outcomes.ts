import type { ConstraintOutcome } from "../report/index.ts";
import { describeOutcome } from "../run/index.ts";
import { say } from "./output.ts";

/** One line on stderr for each limit that was changed, and for each warning. */
export function sayOutcomes(constraints: readonly ConstraintOutcome[], warnings: readonly string[]): void {
  for (const outcome of constraints) say(describeOutcome(outcome));
  for (const line of warnings) say(`WARNING: ${line}`);
}
