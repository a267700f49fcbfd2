import { processFacts } from "../../kernel/index.ts";
import type { Condition, MatchFacts, MatchSubject } from "../../kernel/match/index.ts";
import { toSubject } from "../../kernel/match/index.ts";
import type { WatchRule } from "./config-types.ts";

/** What matching must know beside the process itself. */
export interface MatchContext {
  /** Facts of another process, for the key `parent`. Default: those of /proc. */
  readonly factsOf?: (pid: number) => MatchFacts;
  /** Whether a process is a Corral, or helps one. Default: this process and its children. */
  readonly isCorral?: (facts: MatchFacts) => boolean;
}

const isOwn = ({ pid, stat }: MatchFacts): boolean => pid === process.pid || stat?.ppid === process.pid;

/** The part of a rule that says whom it is for. */
export type MatchedRule = Pick<WatchRule, "match" | "except">;

/** Why no rule may have a process, whatever it says, or null. What cannot be read is left alone. */
export function reasonToLeave(facts: MatchFacts, { isCorral = isOwn }: MatchContext): string | null {
  if (facts.pid === 1) return "it is process 1";
  const { stat, kernelThread } = facts;
  if (stat === null || kernelThread === null) return "it is gone";
  if (kernelThread) return "it is a kernel thread";
  // The leader of living threads may have ended before them.
  if (stat.state === "X" || (stat.state === "Z" && stat.numThreads <= 1)) return "it has ended";
  return isCorral(facts) ? "it belongs to Corral" : null;
}

/** Every key holds. A hidden fact is no match. */
export const matchHolds = (conditions: readonly Condition[], subject: MatchSubject): boolean =>
  conditions.every(({ holds }) => holds(subject) === true);

/** Every key holds or might. A hidden fact counts, so that what was to be left alone is. */
export const exceptHolds = (conditions: readonly Condition[], subject: MatchSubject): boolean =>
  conditions.every(({ holds }) => holds(subject) !== false);

/**
 * Finds the rule for a process: the first whose `match` holds and none of whose `except` does. Reads no more facts than
 * the rules ask for; the keys of a rule are asked cheapest first. Check the process' identity before acting on the answer.
 */
export function matchProcess<Rule extends MatchedRule>(
  config: { readonly rules: readonly Rule[] },
  facts: MatchFacts,
  context: MatchContext = {},
): { readonly rule: Rule } | null {
  if (reasonToLeave(facts, context) !== null) return null;
  const subject = toSubject(facts, context.factsOf ?? processFacts);
  const rule = config.rules.find(
    ({ match, except }) => matchHolds(match, subject) && !except.some((one) => exceptHolds(one, subject)),
  );
  return rule === undefined ? null : { rule };
}
