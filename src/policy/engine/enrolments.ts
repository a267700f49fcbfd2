import type { ProcessNode, ProcessTree } from "../../events/tree/index.ts";
import type { ProcessIdentity } from "../../kernel/index.ts";
import type { Enrolment, EnrolmentChange } from "../model/index.ts";
import { EarlyEnrolments } from "./early-enrolments.ts";
import type { LookedUp } from "./input.ts";
import type { Roster } from "./roster.ts";
import type { RulesInForce } from "./rules-in-force.ts";
import { isSelected } from "./selection.ts";
import type { Tracked } from "./tracked.ts";

/** Who has enrolled: processes that are known, and those that will be. */
export class Enrolments {
  readonly #tree: ProcessTree;
  readonly #roster: Roster;
  readonly #rules: RulesInForce;
  readonly early = new EarlyEnrolments();

  constructor(tree: ProcessTree, roster: Roster, rules: RulesInForce) {
    this.#tree = tree;
    this.#roster = roster;
    this.#rules = rules;
  }

  /** @param lookedUp of who enrols */
  onChange(change: EnrolmentChange, lookedUp: LookedUp | null): void {
    if (change.kind === "refused") return;
    const { identity } = change.kind === "enrolled" ? change.enrolment : change;
    const node = this.#nodeOf(identity);
    if (change.kind === "enrolled") {
      if (node === null) this.early.add(change.enrolment, lookedUp);
      else this.#begin(this.#roster.take(node, null), change.enrolment, lookedUp);
      return;
    }
    this.early.end(identity, change.token);
    const tracked = node === null ? null : this.#roster.find(node);
    if (tracked === null || tracked.enrolment?.token !== change.token) return;
    // Its exit or exec is told by an event, which says when it was.
    if (change.why === "exited" || change.why === "superseded") tracked.enrolment = null;
    else this.end(tracked);
  }

  /** Gives a process that no rule has looked at the enrolment that came before its event. */
  claim(node: ProcessNode, lookedUp: LookedUp | null): void {
    if (node.identity === null) return;
    const early = this.early.take(node.identity, node.execNs);
    if (early === null) return;
    const tracked = this.#roster.take(node, lookedUp);
    this.#begin(tracked, early.enrolment, early.lookedUp);
    if (early.isOver) this.end(tracked);
  }

  end(tracked: Tracked): void {
    tracked.enrolment = null;
    this.#roster.close(tracked, ({ select }) => (select.enrolment === "required" ? "unenrolled" : null));
  }

  #begin(tracked: Tracked, enrolment: Enrolment, lookedUp: LookedUp | null): void {
    const { execNs } = tracked.node;
    if (execNs !== null && enrolment.enrolledNs < execNs) return;
    tracked.enrolment = enrolment;
    if (lookedUp !== null) tracked.lookedUp = lookedUp;
    const had = new Set(tracked.cases.map(({ rule }) => rule));
    for (const one of [...tracked.cases]) one.onEnrolled(enrolment);
    for (const active of this.#rules.all)
      if (!had.has(active.rule) && isSelected(active.rule, tracked)) this.#roster.open(active, tracked, "enrolment");
    this.#roster.keepIfUsed(tracked);
  }

  /** The running process of an identity. */
  #nodeOf({ pid, startTicks }: ProcessIdentity): ProcessNode | null {
    const node = this.#tree.find(pid);
    return node?.identity?.startTicks === startTicks ? node : null;
  }
}
