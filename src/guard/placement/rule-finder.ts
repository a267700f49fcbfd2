import type { ExecEvent } from "../../events/index.ts";
import { processFacts } from "../../kernel/index.ts";
import type { MatchFacts, MatchKey } from "../../kernel/match/index.ts";
import { matchProcess } from "../../run/watch/index.ts";
import type { PlacementRule } from "../model/index.ts";
import type { RunsOurFile } from "./own-files.ts";
import { runsOurFile, withOwnFile, withStrangeFile } from "./own-files.ts";

/** Keys that are judged by what an exec tells alone, so that the same answers come to the same verdict. */
const toldKeys: readonly MatchKey[] = ["comm", "exe", "uid", "user"];

/** The rule of who runs the file that the path means to the guard, and of who runs another under the same path. */
interface Verdict {
  readonly ours: PlacementRule | null;
  readonly strange: PlacementRule | null;
}

/** Verdicts that are remembered at a time; one more, and all are judged anew. */
const most = 4096;

/** Nobody is Corral's own to a verdict that is remembered; that is asked each time. */
const noOwn = { isCorral: () => false };

/** Neither a name nor a path has a NUL. */
const keyOf = (uid: number | null, comm: string | null, exe: string | null): string => `${uid}\0${comm}\0${exe}`;

/** Finds the rule of a process. Programs execute again and again: where rules ask for nothing else, their verdicts are remembered. */
export class RuleFinder {
  readonly #rules: readonly PlacementRule[];
  readonly #remembers: boolean;
  readonly #isOurs: RunsOurFile;
  readonly #verdicts = new Map<string, Verdict>();

  /** @param isOurs whether the path of a process' program means that file to the guard */
  constructor(rules: readonly PlacementRule[], isOurs: RunsOurFile = runsOurFile) {
    this.#rules = rules;
    this.#isOurs = isOurs;
    const keys = rules.flatMap(({ match, except }) => [...match, ...except.flat()].map(({ key }) => key));
    this.#remembers = keys.every((key) => toldKeys.includes(key));
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** By all that is known of a process. */
  find(facts: MatchFacts): PlacementRule | null {
    const own = (one: MatchFacts): MatchFacts => withOwnFile(one, this.#isOurs);
    return matchProcess({ rules: this.#rules }, own(facts), { factsOf: (pid) => own(processFacts(pid)) })?.rule ?? null;
  }

  /** By what an exec told. @param facts of the same exec */
  findFor({ tgid, ppid, uid, comm, exe }: ExecEvent, facts: MatchFacts): PlacementRule | null {
    if (!this.#remembers || exe === null || uid === null || comm === null || ppid === null) return this.find(facts);
    if (tgid === process.pid || ppid === process.pid) return null;
    const told = keyOf(uid, comm, exe);
    const { ours, strange } = this.#verdicts.get(told) ?? this.#remember(told, facts);
    // Most programs have no rule either way, and nobody looks whose file theirs is.
    return ours === strange || this.#isOurs(tgid, exe) ? ours : strange;
  }

  /** What is remembered of an exec that was judged; null: rules ask for more than that. */
  remembered({ uid, comm, exe }: ExecEvent): Verdict | null {
    return this.#verdicts.get(keyOf(uid, comm, exe)) ?? null;
  }

  #remember(told: string, facts: MatchFacts): Verdict {
    const judge = (one: MatchFacts): PlacementRule | null =>
      matchProcess({ rules: this.#rules }, one, noOwn)?.rule ?? null;
    const verdict = { ours: judge(facts), strange: judge(withStrangeFile(facts)) };
    if (this.#verdicts.size >= most) this.#verdicts.clear();
    this.#verdicts.set(told, verdict);
    return verdict;
  }
}
