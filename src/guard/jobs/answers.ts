import type { RunReport } from "../../report/index.ts";
import { CorralError } from "../../report/index.ts";
import type { RecordAhead } from "../../run/index.ts";

/** What the client of a job is to do next; `stderr` is for it to write as it is, first of all. */
export type JobAnswer = DeclinedAnswer | PlannedAnswer | GoingAnswer | EndAnswer;

/** The command line is not for the guard: nothing was done, and Node does it. */
export interface DeclinedAnswer {
  readonly declined: string;
}

/** The group stands: the workload's process is to be made, and to wait before it executes the command. */
export interface PlannedAnswer {
  /** The name that this connection calls its job by. */
  readonly run: string;
  /** The job's id. */
  readonly job: string;
  /** How many of the last words of the command line are the command. */
  readonly command_words: number;
  readonly stderr: string;
  /** Directory of the v2 group that the process is to be born in; null: none. */
  readonly group: string | null;
  /** For the launcher, up to and including `--` (native/BOUNDARY.md). */
  readonly options: readonly string[];
  /** Changes to the environment, one after the other: `NAME=VALUE`, or `NAME` for one that goes. */
  readonly variables: readonly string[];
  /** The workload's stdout is Corral's stderr, for the report goes to stdout. */
  readonly json: boolean;
  /** The file that the report goes to; null: none. */
  readonly report: string | null;
  /** What is put on record before the process may go on without another word; null: it has to wait for one. */
  readonly ahead: Pick<RecordAhead, "path" | "parts"> | null;
  /** The workload leads a process group of its own: no signal of the terminal reaches it. */
  readonly own_group: boolean;
}

/** It may go on. */
export interface GoingAnswer {
  readonly stderr: string;
}

/** It is over, or Corral leaves it. */
export interface EndAnswer {
  readonly exit_status: number;
  readonly stderr: string;
  /** Null where nobody has asked for it. */
  readonly report: RunReport | null;
}

export const saidLine = (line: string): string => `[corral] ${line}\n`;

/** The end of a run that never was a job. */
export function refusedAnswer(thrown: unknown, before: string): EndAnswer {
  const error = CorralError.from(thrown);
  return { exit_status: error.exitStatus, stderr: before + saidLine(error.toLine()), report: null };
}
