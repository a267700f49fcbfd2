import type { Dir } from "node:fs";
import { opendir } from "node:fs/promises";
import { join } from "node:path";
import { CorralError, errnoOf } from "../../report/index.ts";
import type { JobCounters } from "./counters.ts";
import { countResult, noCounters } from "./counters.ts";
import type { ResultFacts } from "./result-facts.ts";
import { readResultFile } from "./result-file.ts";
import type { Violation } from "./violations.ts";
import { insertViolation, toViolation } from "./violations.ts";

/** What a directory of results amounts to. */
export interface Fold {
  readonly counters: JobCounters;
  /** The newest violations, newest first. */
  readonly violations: readonly Violation[];
  /** `.json` files that are no result, or could not be read when they were met. */
  readonly unreadable: number;
}

/** Adds one result to a fold; which order results come in makes no difference. */
export function foldResult(fold: Fold, facts: ResultFacts, lastViolations: number): Fold {
  const violation = toViolation(facts);
  return {
    ...fold,
    counters: countResult(fold.counters, facts),
    violations: violation === null ? fold.violations : insertViolation(fold.violations, violation, lastViolations),
  };
}

/** The fold of no results. */
export const emptyFold: Fold = { counters: noCounters, violations: [], unreadable: 0 };

/** How many violations are remembered when nobody says otherwise. */
export const defaultLastViolations = 50;

/** Names listed at a time; between two lists the event loop gets its turn, some 7 ms apart when all are new. */
const namesAtOnce = 256;

/**
 * Folds a directory of results, and when asked again only what has come since: a result never changes, so its name is
 * enough to know it by. Files are read one at a time; what stays in memory is a name per file. A result that was
 * removed stays counted for as long as this object lives.
 */
export class ResultFold {
  readonly #directory: string;
  readonly #lastViolations: number;
  /** Files met, by name, with the number of the look that saw each last. */
  readonly #met = new Map<string, number>();
  /** Of those, the ones that could not be read and are tried again. */
  readonly #failed = new Set<string>();
  #look = 0;
  #fold: Fold = emptyFold;
  #previous: Promise<unknown> = Promise.resolve();

  /** @param directory the results, as `StateDirectories` has it; one that does not exist holds none */
  constructor(directory: string, lastViolations: number = defaultLastViolations) {
    this.#directory = directory;
    this.#lastViolations = lastViolations;
  }

  /**
   * Folds what is new; calls wait for each other.
   * @throws CorralError STATE_UNREADABLE when the directory cannot be listed
   */
  update(): Promise<Fold> {
    const next = this.#previous.then(() => this.#takeNew());
    this.#previous = next.catch(() => {});
    return next;
  }

  async #takeNew(): Promise<Fold> {
    const directory = await openResults(this.#directory);
    if (directory === null) return this.#fold;
    this.#look += 1;
    for await (const { name } of directory) {
      if (!name.endsWith(".json")) continue;
      if (this.#met.has(name) && !this.#failed.has(name)) this.#met.set(name, this.#look);
      else this.#take(name);
    }
    for (const [name, seen] of this.#met) if (seen !== this.#look) this.#forget(name);
    return this.#fold;
  }

  #take(name: string): void {
    const file = readResultFile(join(this.#directory, name));
    if (file.kind === "gone") return;
    const first = !this.#met.has(name);
    this.#met.set(name, this.#look);
    if (file.kind === "failed") this.#failed.add(name);
    else this.#failed.delete(name);
    if (file.kind === "result") this.#fold = foldResult(this.#fold, file.facts, this.#lastViolations);
    else if (first) this.#fold = { ...this.#fold, unreadable: this.#fold.unreadable + 1 };
  }

  #forget(name: string): void {
    this.#met.delete(name);
    this.#failed.delete(name);
  }
}

/** Null when there is no such directory. */
async function openResults(directory: string): Promise<Dir | null> {
  try {
    return await opendir(directory, { bufferSize: namesAtOnce });
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === "ENOENT") return null;
    throw new CorralError("STATE_UNREADABLE", `cannot read the results in ${directory}: ${errno ?? "error"}`, {
      object: directory,
      cause,
      fix: "run it as the user whose jobs are to be counted",
    });
  }
}
