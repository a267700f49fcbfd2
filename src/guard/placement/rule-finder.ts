import type { ExecEvent } from "../../events/index.ts";
import { processFacts } from "../../kernel/index.ts";
import type { Condition, MatchFacts, MatchKey, MatchSubject } from "../../kernel/match/index.ts";
import { toSubject } from "../../kernel/match/index.ts";
import { matchProcess } from "../../run/watch/index.ts";
import type { PlacementRule } from "../model/index.ts";
import type { RunsOurFile } from "./own-files.ts";
import { runsOurFile, withOwnFile, withStrangeFile } from "./own-files.ts";

/** Keys that are judged by what an exec tells alone, so that the same answers come to the same verdict. */
const toldKeys: readonly MatchKey[] = ["comm", "exe", "uid", "user"];

/** The first rule that holds; undefined: that depends on more than an exec tells. */
type Judgement = PlacementRule | null | undefined;

/** Of who runs the file that the path means to the guard, and of who runs another under the same path. */
interface Verdict {
  readonly ours: Judgement;
  readonly strange: Judgement;
}

/** Verdicts that are remembered at a time; one more, and all are judged anew. */
const most = 4096;

/** Neither a name nor a path has a NUL. */
const keyOf = (uid: number | null, comm: string | null, exe: string | null): string => `${uid}\0${comm}\0${exe}`;

/**
 * Finds the rule of a process. Programs execute again and again: verdicts that what an exec tells is enough for are remembered, whatever else
 * other rules ask for.
 */
export class RuleFinder {
  readonly #rules: readonly PlacementRule[];
  readonly #isOurs: RunsOurFile;
  /** By what was told. */
  readonly #verdicts = new Map<string, Verdict>();

  /** @param isOurs whether the path of a process' program means that file to the guard */
  constructor(rules: readonly PlacementRule[], isOurs: RunsOurFile = runsOurFile) {
    this.#rules = rules;
    this.#isOurs = isOurs;
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
    if (exe === null || uid === null || comm === null || ppid === null) return this.find(facts);
    if (tgid === 1 || tgid === process.pid || ppid === process.pid) return null;
    const told = keyOf(uid, comm, exe);
    const { ours, strange } = this.#verdicts.get(told) ?? this.#remember(told, facts);
    // Most programs have no rule either way, and nobody looks whose file theirs is.
    const judged = ours === strange || this.#isOurs(tgid, exe) ? ours : strange;
    return judged === undefined ? this.find(facts) : judged;
  }

  /** What is remembered of an exec that was judged; null: nothing. */
  remembered({ uid, comm, exe }: ExecEvent): Verdict | null {
    return this.#verdicts.get(keyOf(uid, comm, exe)) ?? null;
  }

  #remember(told: string, facts: MatchFacts): Verdict {
    const verdict = { ours: this.#judge(facts), strange: this.#judge(withStrangeFile(facts)) };
    if (this.#verdicts.size >= most) this.#verdicts.clear();
    this.#verdicts.set(told, verdict);
    return verdict;
  }

  #judge(facts: MatchFacts): Judgement {
    const subject = toSubject(facts, processFacts);
    for (const rule of this.#rules) {
      const fits = fitsAsTold(rule, subject);
      if (fits === null) return undefined;
      if (fits) return rule;
    }
    return null;
  }
}

const isTold = ({ key }: Condition): boolean => toldKeys.includes(key);

/** Whether a rule has a process, as `matchProcess` judges it; null: that depends on more than an exec tells. */
function fitsAsTold({ match, except }: PlacementRule, subject: MatchSubject): boolean | null {
  if (match.some((one) => isTold(one) && one.holds(subject) !== true)) return false;
  // Of an exception a hidden fact counts.
  const open = except.filter((keys) => keys.every((one) => !isTold(one) || one.holds(subject) !== false));
  if (open.some((keys) => keys.every(isTold))) return false;
  return open.length === 0 && match.every(isTold) ? true : null;
}
