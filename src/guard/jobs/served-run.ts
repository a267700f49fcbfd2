import type { RunSpec, StateDirectories } from "../../run/index.ts";

/** A command line as a client has it, and where it stands. */
export interface AskedRun {
  /** Its words from `run` on. */
  readonly words: readonly string[];
  /** The variables that a run is read with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The client is in the foreground of a terminal. */
  readonly foreground: boolean;
}

/** A command line that was read, and can be served here. */
export interface ServedRun {
  /** Its environment is the client's own, which `variables` change. */
  readonly spec: RunSpec;
  readonly directories: StateDirectories;
  /** In this order; null removes a variable. */
  readonly variables: readonly (readonly [string, string | null])[];
  readonly quiet: boolean;
  /** The report goes to stdout. */
  readonly json: boolean;
  /** The file that it goes to, as it was named; null: none. */
  readonly report: string | null;
}

/**
 * Reads a command line by the parser of `corral run`. Null for one that only a process of its own can do.
 * @throws CorralError USAGE
 */
export type ReadServedRun = (asked: AskedRun) => ServedRun | null;
