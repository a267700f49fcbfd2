import type { ConfigDocument } from "../../report/config/index.ts";
import { ConfigError } from "../../report/config/index.ts";
import { CorralError } from "../../report/index.ts";
import type { ScenarioProblem } from "./problems.ts";
import { problemLine } from "./problems.ts";

/** Everything that is wrong with a scenario that a program built; code CONFIG. */
export class ScenarioError extends CorralError {
  /** At least one. */
  readonly problems: readonly ScenarioProblem[];

  constructor(name: string, problems: readonly ScenarioProblem[]) {
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
    super("CONFIG", `${first === undefined ? name : problemLine(first)}${more}`, { object: name });
    this.problems = problems;
  }

  /** Every problem, one per line. */
  override toLine(): string {
    return this.problems.map(problemLine).join("\n");
  }
}

/** The file that a scenario was read from. */
interface Origin {
  readonly file: string;
  readonly locate: ConfigDocument["locate"];
}

/** Problems as an error to throw: with line and column, where there is a file. @param origin null: a program built it */
export function refusalOf(name: string, problems: readonly ScenarioProblem[], origin: Origin | null): CorralError {
  if (origin === null) return new ScenarioError(name, problems);
  return new ConfigError(
    origin.file,
    problems.map((problem) => ({ ...origin.locate(problem.path, problem.at), message: problemLine(problem) })),
  );
}
