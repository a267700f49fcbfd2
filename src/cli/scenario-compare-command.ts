import { readConfigText } from "../report/config/index.ts";
import { CorralError, parseNumberIn } from "../report/index.ts";
import { readScenarioDocuments } from "../scenario/archive/index.ts";
import type { ComparePolicy } from "../scenario/results/index.ts";
import {
  compareRuns,
  compareText,
  comparisonDocument,
  ownShares,
  parseComparePolicy,
} from "../scenario/results/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { writeText } from "./output.ts";
import type { scenarioCompareFlags } from "./scenario-result-flags.ts";

type CompareFlags = RawFlags<typeof scenarioCompareFlags>;

/** Exit statuses of its own. */
const regressed = 1;
const nothingCompared = 2;

/**
 * `corral scenario compare A B`.
 * @returns 0; 1 for a regression; 2 when no scenario is on both sides
 * @throws CorralError USAGE, CONFIG
 */
export async function scenarioCompareCommand(flags: CompareFlags, args: readonly string[]): Promise<number> {
  const [a, b, ...more] = args;
  if (a === undefined || b === undefined || more.length > 0)
    throw new CorralError("USAGE", "scenario compare takes two results", { fix: "corral scenario compare A B" });
  const policy = policyOf(flags);
  const comparison = compareRuns(readScenarioDocuments(a), readScenarioDocuments(b), policy);
  writeText(
    1,
    flags.json === true ? `${JSON.stringify(comparisonDocument(comparison), null, 2)}\n` : compareText(comparison),
  );
  if (comparison.regressions > 0) return regressed;
  return comparison.scenarios.length === 0 ? nothingCompared : 0;
}

function policyOf({ threshold, policy }: CompareFlags): ComparePolicy {
  const written = policy === undefined ? ownShares : parseComparePolicy(readConfigText(policy), policy);
  return threshold === undefined ? written : { ...written, share: percentOf(threshold) / 100 };
}

function percentOf(text: string): number {
  try {
    return parseNumberIn(text, 0, 1_000_000, { integer: false });
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new CorralError("USAGE", `--threshold ${thrown.message}`, { object: "--threshold", found: text });
  }
}
