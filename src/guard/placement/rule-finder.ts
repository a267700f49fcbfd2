import type { ExecEvent } from "../../events/index.ts";
import type { MatchFacts, MatchKey } from "../../kernel/match/index.ts";
import { matchProcess } from "../../run/watch/index.ts";
import type { PlacementRule } from "../model/index.ts";

/** Keys that are judged by what an exec tells alone, so that the same answers come to the same verdict. */
const toldKeys: readonly MatchKey[] = ["comm", "exe", "uid", "user"];

/** Verdicts that are remembered at a time; one more, and all are judged anew. */
const most = 4096;

/** Nobody is Corral's own to a verdict that is remembered; that is asked each time. */
const noOwn = { isCorral: () => false };

/** Finds the rule of a process. Programs execute again and again: where rules ask for nothing else, their verdicts are remembered. */
export class RuleFinder {
  readonly #rules: readonly PlacementRule[];
  readonly #remembers: boolean;
  readonly #verdicts = new Map<string, PlacementRule | null>();

  constructor(rules: readonly PlacementRule[]) {
    this.#rules = rules;
    const keys = rules.flatMap(({ match, except }) => [...match, ...except.flat()].map(({ key }) => key));
    this.#remembers = keys.every((key) => toldKeys.includes(key));
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** By all that is known of a process. */
  find(facts: MatchFacts): PlacementRule | null {
    return matchProcess({ rules: this.#rules }, facts)?.rule ?? null;
  }

  /** By what an exec told. @param facts of the same exec */
  findFor({ tgid, ppid, uid, comm, exe }: ExecEvent, facts: MatchFacts): PlacementRule | null {
    if (!this.#remembers || exe === null || uid === null || comm === null || ppid === null) return this.find(facts);
    if (tgid === process.pid || ppid === process.pid) return null;
    // Neither a name nor a path has a NUL.
    const told = `${uid}\0${comm}\0${exe}`;
    const known = this.#verdicts.get(told);
    if (known !== undefined) return known;
    const found = matchProcess({ rules: this.#rules }, facts, noOwn)?.rule ?? null;
    if (this.#verdicts.size >= most) this.#verdicts.clear();
    this.#verdicts.set(told, found);
    return found;
  }
}
