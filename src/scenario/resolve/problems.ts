import type { ConfigPath } from "../../report/config/index.ts";
import type { Refusal } from "./refusal.ts";
import { isRefusal } from "./refusal.ts";
import type { ScenarioWarning } from "./resolved-scenario.ts";
import { whereIn } from "./where.ts";

/** One thing that is wrong with a scenario. */
export interface ScenarioProblem {
  /** Place in the scenario, with a program's spelling. */
  readonly path: ConfigPath;
  readonly at: "value" | "key";
  /** For people: `step 0, op 1 (set_cpuset)`. */
  readonly where: string;
  /** The rule and what was found. */
  readonly rule: string;
  /** What to do; null: the rule says it. */
  readonly fix: string | null;
  /** True: it is so on this topology only. */
  readonly ofHost: boolean;
}

/** A problem as one line, without the place in a file. */
export const problemLine = ({ where, rule, fix }: ScenarioProblem): string =>
  `${where}: ${rule}${fix === null ? "" : `; ${fix}`}`;

/** Everything that was found of a scenario so far. */
export class Findings {
  readonly problems: ScenarioProblem[] = [];
  readonly warnings: ScenarioWarning[] = [];
  readonly #scenario: unknown;
  /** True: the ops of a loop are gone through again, as if it came to its second round. */
  isSecondRound = false;

  constructor(scenario: unknown) {
    this.#scenario = scenario;
  }

  where(path: ConfigPath): string {
    return whereIn(this.#scenario, path);
  }

  add(path: ConfigPath, { rule, fix, ofHost }: Refusal): void {
    const key = JSON.stringify(path);
    // What is wrong already in the first round is not news in the second.
    if (this.isSecondRound && this.problems.some((one) => JSON.stringify(one.path) === key)) return;
    const told = this.isSecondRound ? `in the second round of the loop ${rule}` : rule;
    this.problems.push({ path, at: "value", where: this.where(path), rule: told, fix, ofHost });
  }

  warn(path: ConfigPath, message: string): void {
    if (!this.isSecondRound) this.warnings.push({ where: this.where(path), message });
  }

  at(...path: ConfigPath): Place {
    return new Place(this, path);
  }
}

/** A place in a scenario, where things can be found wrong. */
export class Place {
  readonly findings: Findings;
  readonly path: ConfigPath;

  constructor(findings: Findings, path: ConfigPath) {
    this.findings = findings;
    this.path = path;
  }

  at(...steps: ConfigPath): Place {
    return new Place(this.findings, [...this.path, ...steps]);
  }

  refuse(refusal: Refusal): null {
    this.findings.add(this.path, refusal);
    return null;
  }

  warn(message: string): void {
    this.findings.warn(this.path, message);
  }

  /** A result, or null for a refusal, which is kept. */
  take<T extends object>(result: T | Refusal): T | null {
    return isRefusal(result) ? this.refuse(result) : result;
  }
}
