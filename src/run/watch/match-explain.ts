import { processFacts } from "../../kernel/index.ts";
import type { Condition, MatchFacts, MatchKey, MatchSubject } from "../../kernel/match/index.ts";
import { toSubject } from "../../kernel/match/index.ts";
import type { WatchConfig, WatchRule } from "./config-types.ts";
import type { MatchContext } from "./match.ts";
import { exceptHolds, matchHolds, reasonToLeave } from "./match.ts";

/** One key held against one process. */
export interface ConditionExplanation {
  readonly key: MatchKey;
  /** The alternatives that were written. */
  readonly wanted: readonly (string | number)[];
  /** What the process has, untrusted text; null where it cannot be read. */
  readonly found: string | null;
  /** Null where it cannot be read: in `match` that is no match, in `except` it is one. */
  readonly holds: boolean | null;
}

/** One rule held against one process. */
export interface RuleExplanation {
  readonly name: string;
  /** `matches`: it would have the process, if no rule before it has. */
  readonly verdict: "matches" | "does_not_match" | "excepted";
  readonly match: readonly ConditionExplanation[];
  readonly except: readonly { readonly holds: boolean; readonly keys: readonly ConditionExplanation[] }[];
}

/** Why a process is governed by a rule, or by none. */
export interface MatchExplanation {
  readonly pid: number;
  /** Why no rule may have it, whatever they say; null when the rules decide. */
  readonly leftAlone: string | null;
  /** Name of the rule that has it, as matchProcess finds it. */
  readonly rule: string | null;
  readonly rules: readonly RuleExplanation[];
}

const explainKeys = (conditions: readonly Condition[], subject: MatchSubject): readonly ConditionExplanation[] =>
  conditions.map(({ key, wanted, holds, found }) => ({ key, wanted, found: found(subject), holds: holds(subject) }));

function explainRule({ name, match, except }: WatchRule, subject: MatchSubject): RuleExplanation {
  const exceptions = except.map((one) => ({ holds: exceptHolds(one, subject), keys: explainKeys(one, subject) }));
  const verdict = !matchHolds(match, subject)
    ? "does_not_match"
    : exceptions.some(({ holds }) => holds)
      ? "excepted"
      : "matches";
  return { name, verdict, match: explainKeys(match, subject), except: exceptions };
}

/** Says of every rule and every key what was found and whether it holds. Reads every fact that any rule asks for. */
export function explainMatch(
  config: Pick<WatchConfig, "rules">,
  facts: MatchFacts,
  context: MatchContext = {},
): MatchExplanation {
  const subject = toSubject(facts, context.factsOf ?? processFacts);
  const leftAlone = reasonToLeave(facts, context);
  const rules = config.rules.map((rule) => explainRule(rule, subject));
  const first = rules.find(({ verdict }) => verdict === "matches");
  return { pid: facts.pid, leftAlone, rule: leftAlone === null ? (first?.name ?? null) : null, rules };
}
