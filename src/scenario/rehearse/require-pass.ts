import { CorralError } from "../../report/index.ts";
import { foldOutcomes } from "../checks/index.ts";
import { against, failureText } from "./failure-text.ts";
import type { Rehearsal } from "./rehearsal.ts";

/** What a test is told by: the context of node:test and that of Vitest are such. */
export interface SkippableTest {
  readonly skip: (reason?: string) => unknown;
}

/** What is to count as passed. */
export interface PassOptions {
  /** True: what is inconclusive does not fail the test, unless the run was ended early. Default false. */
  readonly allowInconclusive?: boolean;
}

/** A scenario did not pass; the message has a line for the run and some for each check that speaks against it. */
export class ScenarioFailure extends CorralError {
  /** The message's first line. */
  override toLine(): string {
    return this.message.split("\n", 1)[0] ?? "";
  }
}

/** Why nothing was judged. */
function skipReason({ record, results }: Rehearsal): string {
  if (record.skipped !== null) return record.skipped;
  return results.find(({ outcome }) => outcome === "skip")?.message ?? "nothing applied";
}

/**
 * Requires of a test that all runs passed. One that the host has too little for, or to which no check applied, skips the test.
 * @throws ScenarioFailure SCENARIO_FAILED, or SCENARIO_INCONCLUSIVE when nothing failed and something could not be judged;
 * CorralError USAGE without any run
 */
export function requirePass(
  t: SkippableTest,
  rehearsals: readonly Rehearsal[],
  { allowInconclusive = false }: PassOptions = {},
): void {
  const [first] = rehearsals;
  if (first === undefined) throw new CorralError("USAGE", "there is no run that could have passed");
  const spoiling = rehearsals.flatMap((one) => against(one, allowInconclusive));
  if (spoiling.length > 0) {
    const isFailed = foldOutcomes(spoiling.map(({ outcome }) => outcome)) === "fail";
    const failure = new ScenarioFailure(
      isFailed ? "SCENARIO_FAILED" : "SCENARIO_INCONCLUSIVE",
      failureText(rehearsals, allowInconclusive),
      { object: first.record.scenario.name },
    );
    // The test's own line is what its runner is to show.
    Error.captureStackTrace(failure, requirePass);
    throw failure;
  }
  if (rehearsals.every(({ verdict }) => verdict === "skip")) t.skip(skipReason(first));
}
