import type { CorralError } from "../../report/index.ts";
import type { Attempt } from "../model/index.ts";
import type { RunFacts } from "./attempt-record.ts";
import { toRecord, toTallied } from "./attempt-record.ts";
import type { AttemptRecord } from "./columns.ts";
import { RecordFile } from "./record-file.ts";
import { recordFormats } from "./record-format.ts";
import { checkPlace } from "./record-place.ts";
import type { RunEnd, TalliedRecord } from "./run-tally.ts";
import { RunTally } from "./run-tally.ts";
import type { PolicySummary, RecordFileFacts } from "./summary.ts";

export interface RecordsOptions {
  readonly run: RunFacts;
  /** File, pipe or device for CSV; null: none. */
  readonly csvPath: string | null;
  /** The same for JSON lines. */
  readonly jsonlPath: string | null;
  /** Size at which a file is ended, moved to the next free number and begun anew; null: never. */
  readonly rotateBytes: number | null;
  /** Called once per file that can take no more, such as on a full disk. */
  readonly onError: (error: CorralError) => void;
}

/** Where the records of one run go. */
export interface RecordWriter {
  /** Never waits, never throws; a file that is too slow loses records, and they are counted. */
  write(attempt: Attempt): void;
  /** Records of an earlier run that were in the way, and where they are now. */
  readonly moved: readonly { readonly path: string; readonly to: string }[];
  /** What it came to so far. */
  summarize(end: RunEnd): PolicySummary;
  /** Writes the end of the run to every file. */
  close(end: RunEnd): Promise<PolicySummary>;
}

/** As `RecordWriter`, for who has records already and can wait. */
export interface RecordFiles extends Omit<RecordWriter, "write"> {
  add(record: AttemptRecord): void;
  /** Whether there is any file. */
  readonly isWritten: boolean;
  /** Adds up what is written nowhere. */
  count(record: TalliedRecord): void;
  /** Bytes that wait for the slowest file. */
  readonly queuedBytes: number;
  /** Resolves when nothing waits. */
  drained(): Promise<void>;
}

/** Records that wait for a file beyond which further ones are dropped. */
const mostQueuedBytes = 64 * 2 ** 20;
const patienceMs = 5000;

/** The files of one run, and the sum of what went into them. */
class OpenedFiles implements RecordFiles {
  readonly #run: RunFacts;
  readonly #tally = new RunTally();
  readonly #files: readonly { readonly path: string; readonly file: RecordFile }[];
  #end: RunEnd | null = null;

  constructor({ run, csvPath, jsonlPath, rotateBytes, onError }: RecordsOptions) {
    this.#run = run;
    const named = [
      [recordFormats.csv, csvPath],
      [recordFormats.jsonl, jsonlPath],
    ] as const;
    // All of them first: one that is refused shall not have moved another away.
    for (const [format, path] of named) if (path !== null) checkPlace(path, format);
    const summarize = (file: RecordFileFacts, droppedRecords: number): PolicySummary =>
      this.#tally.summarize(run, this.#end ?? continued(), { droppedRecords, file });
    const options = { mostQueuedBytes, rotateBytes, patienceMs, onError, summarize };
    this.#files = named.flatMap(([format, path]) =>
      path === null ? [] : [{ path, file: new RecordFile(path, format, options) }],
    );
  }

  /** The largest of a figure of the files. */
  #most(of: (file: RecordFile) => number): number {
    return Math.max(0, ...this.#files.map(({ file }) => of(file)));
  }

  get moved(): RecordFiles["moved"] {
    return this.#files.flatMap(({ path, file }) => (file.movedTo === null ? [] : [{ path, to: file.movedTo }]));
  }

  get queuedBytes(): number {
    return this.#most((file) => file.queuedBytes);
  }

  add(record: AttemptRecord): void {
    this.#tally.add(record);
    for (const { file } of this.#files) file.add(record);
  }

  get isWritten(): boolean {
    return this.#files.length > 0;
  }

  count(record: TalliedRecord): void {
    this.#tally.add(record);
  }

  async drained(): Promise<void> {
    await Promise.all(this.#files.map(({ file }) => file.drained()));
  }

  summarize(end: RunEnd): PolicySummary {
    const droppedRecords = this.#most((file) => file.droppedRecords);
    return this.#tally.summarize(this.#run, end, { droppedRecords, file: null });
  }

  async close(end: RunEnd): Promise<PolicySummary> {
    this.#end = end;
    await Promise.all(this.#files.map(({ file }) => file.end()));
    return this.summarize(end);
  }
}

/** The end of a file that is full. */
const continued = (): RunEnd => ({ reason: "continued", endedWallMs: Date.now(), lostEvents: null });

/**
 * Opens the files of one run.
 * @throws CorralError RECORDS_FOREIGN when a file holds something else, RECORDS_UNWRITABLE
 */
export const openRecordFiles = (options: RecordsOptions): RecordFiles => new OpenedFiles(options);

/**
 * Opens the files of one run for its attempts.
 * @throws CorralError RECORDS_FOREIGN, RECORDS_UNWRITABLE
 */
export function openRecords(options: RecordsOptions): RecordWriter {
  const files = openRecordFiles(options);
  return {
    moved: files.moved,
    summarize: (end) => files.summarize(end),
    close: (end) => files.close(end),
    write: (attempt) => (files.isWritten ? files.add(toRecord(attempt, options.run)) : files.count(toTallied(attempt))),
  };
}
