import { toJsonLine } from "./attempt-record.ts";
import type { AttemptRecord } from "./columns.ts";
import { headers, toCsvLine } from "./csv-line.ts";
import type { PolicySummary } from "./summary.ts";

/** How records and the end of a run are spelled in a file. */
export interface RecordFormat {
  readonly name: "csv" | "jsonl";
  /** What a file begins with. */
  readonly head: string;
  readonly line: (record: AttemptRecord) => string;
  /** Whether a file that begins so is one of records, by whichever version. */
  readonly isOurs: (beginning: string) => boolean;
  /** The end as the last line of the file; null: it is a file of its own, beside it. */
  readonly lastLine: ((summary: PolicySummary) => string) | null;
}

/** Readers of the original take every line below the header for a record, so the end of a CSV file stands beside it. */
const csv: RecordFormat = {
  name: "csv",
  head: `${headers.superset}\n`,
  line: toCsvLine,
  isOurs: (beginning) =>
    beginning.startsWith("pid,generation,comm,workload_name,enrolled,use_mem_arena,exec_event_ns,"),
  lastLine: null,
};

const jsonl: RecordFormat = {
  name: "jsonl",
  head: "",
  line: toJsonLine,
  isOurs: (beginning) => beginning.startsWith('{"schema":"corral.policy-'),
  lastLine: (summary) => `${JSON.stringify(summary)}\n`,
};

export const recordFormats = { csv, jsonl } as const;

/** Where the end of a run is told that a file cannot hold itself. */
export const sidecarOf = (path: string): string => `${path}.summary.json`;
