import type { Rule } from "../rules/index.ts";
import { conditionsIn } from "../rules/index.ts";
import { RuleDesk } from "./rule-desk.ts";
import type { Needs } from "./selection.ts";
import { needsOf, takesForks } from "./selection.ts";
import type { Timers } from "./timers.ts";

/** A rule at work. */
export interface ActiveRule {
  readonly rule: Rule;
  readonly desk: RuleDesk;
  /** It may have a process that has executed nothing. */
  readonly takesForks: boolean;
  /** It has something to say to a process that has ended. */
  readonly usesExit: boolean;
}

const usesExit = ({ when }: Rule): boolean =>
  [...conditionsIn(when)].some((one) => one.kind === "since" && one.event === "exit");

/** How much is under way by all rules. */
export interface DeskSizes {
  readonly inFlight: number;
  readonly waiting: number;
  readonly mostInFlight: number;
}

/** The rules that are in force now. */
export class RulesInForce {
  readonly #timers: Timers;
  readonly #nowNs: () => bigint;
  #active: readonly ActiveRule[];
  #needs: Needs | null = null;

  constructor(rules: readonly Rule[], timers: Timers, nowNs: () => bigint) {
    this.#timers = timers;
    this.#nowNs = nowNs;
    this.#active = rules.map((rule) => this.#activate(rule));
  }

  #activate(rule: Rule): ActiveRule {
    const desk = new RuleDesk(rule, this.#timers, this.#nowNs);
    return { rule, desk, takesForks: takesForks(rule), usesExit: usesExit(rule) };
  }

  get all(): readonly ActiveRule[] {
    return this.#active;
  }

  /** What must be looked up for the processes of events. */
  needs(): Needs {
    this.#needs ??= needsOf(this.#active.map(({ rule }) => rule));
    return this.#needs;
  }

  usesExit(rule: Rule): boolean {
    return this.#active.some((active) => active.usesExit && active.rule === rule);
  }

  sizes(): DeskSizes {
    const desks = this.#active.map(({ desk }) => desk);
    return {
      inFlight: desks.reduce((sum, { inFlight }) => sum + inFlight, 0),
      waiting: desks.reduce((sum, { waiting }) => sum + waiting, 0),
      mostInFlight: desks.reduce((most, { mostInFlight }) => Math.max(most, mostInFlight), 0),
    };
  }

  /** Other rules take over; one whose text is the same goes on. @returns the rules that go on */
  replace(rules: readonly Rule[]): ReadonlySet<Rule> {
    const before = new Map(this.#active.map((active) => [active.rule.text, active]));
    const kept = new Set<Rule>();
    this.#needs = null;
    this.#active = rules.map((rule) => {
      const same = before.get(rule.text);
      if (same !== undefined) kept.add(same.rule);
      return same ?? this.#activate(rule);
    });
    return kept;
  }
}
