import { CorralError } from "../index.ts";

/** One mistake in a file. */
export interface ConfigProblem {
  /** Both count from 1, as editors do. */
  readonly line: number;
  readonly column: number;
  /** What is wrong, and what to do; one line. */
  readonly message: string;
}

/** Everything that is wrong with a configuration file; code CONFIG. */
export class ConfigError extends CorralError {
  readonly file: string;
  /** At least one, in the order of the file. */
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    const ordered = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const [first] = ordered;
    const more = ordered.length > 1 ? ` (and ${ordered.length - 1} more)` : "";
    super("CONFIG", `${first === undefined ? file : problemLine(file, first)}${more}`, { object: file });
    this.file = file;
    this.problems = ordered;
  }

  /** Every problem as `FILE:LINE:COLUMN: message`, one per line. */
  override toLine(): string {
    return this.problems.map((problem) => problemLine(this.file, problem)).join("\n");
  }
}

const problemLine = (file: string, { line, column, message }: ConfigProblem): string =>
  `${file}:${line}:${column}: ${message}`;
