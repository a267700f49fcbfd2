import { ProcessTree } from "../../events/tree/index.ts";
import type { Condition as MatchCondition, MatchKey, MatchSubject } from "../../kernel/match/index.ts";
import type { Rule } from "../rules/index.ts";
import type { AdoptedProcess } from "./input.ts";
import { findAncestor, matchEverything, mightMatch } from "./selection.ts";
import { subjectOf } from "./tracked.ts";

/** One key of a rule held against a process. */
export interface KeyExplanation {
  readonly key: MatchKey;
  /** The alternatives that were written. */
  readonly wanted: readonly (string | number)[];
  /** What the process has, untrusted text; null where it cannot be read. */
  readonly found: string | null;
  /** Null where it cannot be read: in `match` that is no match, in `except` it is one. */
  readonly holds: boolean | null;
}

/** Whether a rule has a process, as far as its facts go, and why. */
export interface SelectionExplanation {
  readonly rule: Rule;
  readonly match: readonly KeyExplanation[];
  readonly except: readonly { readonly holds: boolean; readonly keys: readonly KeyExplanation[] }[];
  /** Null: whoever they are; else the nearest ancestor that fits, if any. */
  readonly ancestor: { readonly pid: number | null; readonly comm: string | null } | null;
  /** Its facts fit; whether it has enrolled is another question. */
  readonly fits: boolean;
}

const explainKeys = (conditions: readonly MatchCondition[], subject: MatchSubject): readonly KeyExplanation[] =>
  conditions.map(({ key, wanted, holds, found }) => ({ key, wanted, found: found(subject), holds: holds(subject) }));

/** Holds every rule against one of the processes that run; null when it does not. */
export function explainSelection(
  rules: readonly Rule[],
  processes: readonly AdoptedProcess[],
  pid: number,
): readonly SelectionExplanation[] | null {
  const tree = new ProcessTree();
  tree.adopt(
    processes.map(({ process }) => process),
    0n,
  );
  const node = tree.find(pid);
  const own = processes.find(({ process }) => process.tgid === pid);
  if (node === null || own === undefined) return null;
  const subject = subjectOf(node, own.lookedUp);
  return rules.map((rule): SelectionExplanation => {
    const { match, except, ancestor } = rule.select;
    const found = ancestor === null ? null : findAncestor(node, ancestor);
    const exceptions = except.map((one) => ({ holds: mightMatch(one, subject), keys: explainKeys(one, subject) }));
    return {
      rule,
      match: explainKeys(match, subject),
      except: exceptions,
      ancestor: ancestor === null ? null : { pid: found?.tgid ?? null, comm: found?.program?.comm ?? null },
      fits:
        matchEverything(match, subject) &&
        exceptions.every(({ holds }) => !holds) &&
        (ancestor === null || found !== null),
    };
  });
}
