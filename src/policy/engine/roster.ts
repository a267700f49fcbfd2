import type { ProcessNode } from "../../events/tree/index.ts";
import type { Rule } from "../rules/index.ts";
import type { CaseEnd, CaseOrigin } from "./case.ts";
import { Case } from "./case.ts";
import type { EngineHost } from "./host.ts";
import type { KeptCase, LookedUp } from "./input.ts";
import type { ActiveRule } from "./rules-in-force.ts";
import { Tracked } from "./tracked.ts";

/** The processes that are worth remembering, and the cases that rules have of them. */
export class Roster {
  readonly #host: EngineHost;
  readonly #bootId: string;
  readonly #tracked = new Map<number, Tracked>();
  /** Cases whose process is not tracked any more but whose action is under way. */
  readonly #lingering = new Set<Case>();
  #changes = 0;

  constructor(host: EngineHost, bootId: string) {
    this.#host = host;
    this.#bootId = bootId;
  }

  get size(): number {
    return this.#tracked.size;
  }

  /** How often a process was taken up or let go, by a rule or altogether. */
  get changes(): number {
    return this.#changes;
  }

  /** Those that are tracked now, whatever becomes of them meanwhile. */
  all(): readonly Tracked[] {
    return [...this.#tracked.values()];
  }

  /** The processes that a rule has, each with the rules that have it. */
  *cases(): Iterable<Case> {
    for (const { cases } of this.#tracked.values()) yield* cases;
  }

  /** What must outlive this run of the policy. */
  *kept(): Iterable<KeptCase> {
    for (const one of [...this.cases(), ...this.#lingering]) {
      const kept = one.kept();
      if (kept !== null) yield kept;
    }
  }

  /** The process of a node of the tree; null when it is not worth remembering. */
  find(node: ProcessNode): Tracked | null {
    const tracked = this.#tracked.get(node.tgid);
    return tracked !== undefined && tracked.node === node ? tracked : null;
  }

  /** Whether the process that has this pid has enrolled, as far as is known. */
  isEnrolled(tgid: number): boolean {
    return this.#tracked.get(tgid)?.enrolment != null;
  }

  /** The process as it is known, or anew; `keepIfUsed` remembers it. */
  take(node: ProcessNode, lookedUp: LookedUp | null): Tracked {
    return this.find(node) ?? new Tracked(node, lookedUp, this.#bootId);
  }

  /** Remembers the process, or forgets it when there is nothing to remember. */
  keepIfUsed(tracked: Tracked): void {
    const { tgid } = tracked.node;
    const isUsed = !tracked.isEnded && (tracked.cases.length > 0 || tracked.enrolment !== null || tracked.isRemembered);
    const isKept = this.#tracked.get(tgid) === tracked;
    if (isUsed === isKept) return;
    this.#changes += 1;
    if (isUsed) this.#tracked.set(tgid, tracked);
    else this.#tracked.delete(tgid);
  }

  /** A rule has a process from now on. @param before what an earlier run of the policy left of it */
  open({ rule, desk }: ActiveRule, tracked: Tracked, origin: CaseOrigin, before: KeptCase | null = null): void {
    const one = new Case(rule, tracked, desk, this.#host, origin);
    this.#changes += 1;
    tracked.cases = [...tracked.cases, one];
    if (before !== null) one.restore(before);
    one.open();
  }

  /** Closes the cases of a process by the end that `ends` names for their rule; null: they go on. */
  close(tracked: Tracked, ends: (rule: Rule) => CaseEnd | null): void {
    for (const one of [...tracked.cases]) {
      const end = ends(one.rule);
      if (end !== null) one.close(end);
    }
    this.dropClosed(tracked);
  }

  /** Cases that are closed are their process's no more; what is under way in them goes on. */
  dropClosed(tracked: Tracked): void {
    const { cases } = tracked;
    for (const one of cases) if (one.isClosed) this.#lingerIfActing(one);
    tracked.cases = cases.filter((one) => !one.isClosed);
    this.#changes += cases.length - tracked.cases.length;
    this.keepIfUsed(tracked);
  }

  /** Ends a case that is its process's no more. */
  end(one: Case, end: CaseEnd): void {
    one.close(end);
    this.#changes += 1;
    this.#lingerIfActing(one);
  }

  #lingerIfActing(one: Case): void {
    if (!one.isActing) return;
    this.#lingering.add(one);
    one.onOver = () => this.#lingering.delete(one);
  }

  /** Ends everything: what is under way is given up. */
  stop(): void {
    for (const tracked of this.all()) this.close(tracked, () => "stopped");
    for (const one of [...this.#lingering]) one.abandon();
    this.#lingering.clear();
  }
}
