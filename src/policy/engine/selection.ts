import type { ProcessNode } from "../../events/tree/index.ts";
import { ancestorsOf } from "../../events/tree/index.ts";
import type { Condition as MatchCondition, MatchSubject } from "../../kernel/match/index.ts";
import type { Enrolment } from "../model/index.ts";
import type { Condition, Rule, Selection } from "../rules/index.ts";
import { conditionsIn } from "../rules/index.ts";
import type { Tracked } from "./tracked.ts";
import { subjectOf } from "./tracked.ts";

/** Every key holds. A hidden fact is no match. */
export const matchEverything = (conditions: readonly MatchCondition[], subject: MatchSubject): boolean =>
  conditions.every(({ holds }) => holds(subject) === true);

/** Every key holds or might: what was to be left alone is. */
export const mightMatch = (conditions: readonly MatchCondition[], subject: MatchSubject): boolean =>
  conditions.every(({ holds }) => holds(subject) !== false);

/** The nearest ancestor that fits; null when none does. */
export function findAncestor(node: ProcessNode, conditions: readonly MatchCondition[]): ProcessNode | null {
  for (const ancestor of ancestorsOf(node)) if (matchEverything(conditions, subjectOf(ancestor, null))) return ancestor;
  return null;
}

/** Whether a rule wants the enrolment that a process has, or has not. */
export function enrolmentFits({ enrolment: need, workload, tags }: Selection, enrolment: Enrolment | null): boolean {
  if (enrolment === null) return need !== "required" && workload === null && tags.length === 0;
  if (workload !== null && !workload.fits(enrolment.name)) return false;
  return tags.every(({ key, fits }) => {
    const value = Object.hasOwn(enrolment.tags, key) ? enrolment.tags[key] : undefined;
    return value !== undefined && fits(value);
  });
}

/** Whether a rule has a process, as far as its facts go. */
export function isSelected({ select }: Rule, { node, lookedUp, enrolment }: Tracked): boolean {
  const { match, except, ancestor } = select;
  if (!enrolmentFits(select, enrolment)) return false;
  const subject = subjectOf(node, lookedUp);
  if (!matchEverything(match, subject) || except.some((one) => mightMatch(one, subject))) return false;
  return ancestor === null || findAncestor(node, ancestor) !== null;
}

/**
 * Whether a rule may have a process of which only its event is known.
 * @param subject hides what was not told
 * @param isEnrolled it has enrolled, or may have
 */
export function maySelect({ select }: Rule, subject: MatchSubject, isEnrolled: boolean): boolean {
  const { match, except, enrolment } = select;
  if (enrolment === "required" && !isEnrolled) return false;
  return mightMatch(match, subject) && !except.some((one) => matchEverything(one, subject));
}

/** Whether a condition cannot hold before the process executes a program under our eyes, or enrols. */
function waitsFor(condition: Condition, event: "exec" | "enrol"): boolean {
  if (condition.kind === "since") return condition.event === event;
  if (condition.kind === "all") return condition.of.some((one) => waitsFor(one, event));
  if (condition.kind === "any") return condition.of.every((one) => waitsFor(one, event));
  return condition.kind === "for" && waitsFor(condition.of, event);
}

/** What must be known of processes for a set of rules. */
export interface Needs {
  /** A process that only was forked can be selected. */
  readonly forks: boolean;
  readonly groups: boolean;
  readonly cwd: boolean;
}

const usesGroup = (condition: Condition): boolean =>
  condition.kind === "share" ||
  ("measured" in condition ? condition.measured.of : "of" in condition ? condition.of : null) === "group";

const keysOf = ({ select: { match, except } }: Rule): readonly string[] =>
  [...match, ...except.flat()].map(({ key }) => key);

/** Whether a rule may have a process that has executed nothing since its fork. */
export const takesForks = (rule: Rule): boolean => !waitsFor(rule.when, "exec");

export function needsOf(rules: readonly Rule[]): Needs {
  const keys = new Set(rules.flatMap(keysOf));
  const conditions = rules.flatMap(({ when }) => [...conditionsIn(when)]);
  return {
    forks: rules.some(takesForks),
    // Records name the group of whatever was selected.
    groups: rules.length > 0 || keys.has("cgroup") || conditions.some(usesGroup),
    cwd: keys.has("cwd"),
  };
}
