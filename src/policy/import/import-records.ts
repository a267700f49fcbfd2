import { CorralError, quote } from "../../report/index.ts";
import type { AttemptRecord, PolicySummary, RunFacts } from "../records/index.ts";
import { openRecordFiles, RunTally } from "../records/index.ts";
import type { ImportedFile } from "./read-record-file.ts";
import { readRecordFile } from "./read-record-file.ts";

export interface ImportOptions {
  readonly paths: readonly string[];
  readonly csvPath: string | null;
  readonly jsonlPath: string | null;
  /** Takes what is whole of a file that is not. */
  readonly partial: boolean;
  readonly corralVersion: string;
}

/** `corral.policy-import/1`: what files of records held. */
export interface ImportDocument {
  readonly schema: "corral.policy-import/1";
  readonly files: readonly ImportedFile[];
  readonly summary: PolicySummary;
}

async function readAll(paths: readonly string[], onRecord: (record: AttemptRecord) => void | Promise<void>) {
  const files: ImportedFile[] = [];
  for (const path of paths) files.push(await readRecordFile(path, onRecord));
  return files;
}

/** @throws CorralError RECORDS_UNREADABLE for the first file that is not whole */
function refuseProblems(files: readonly ImportedFile[]): void {
  const wrong = files.find(({ problem }) => problem !== null);
  if (wrong === undefined) return;
  throw new CorralError("RECORDS_UNREADABLE", `${quote(wrong.path, 300)} ${wrong.problem}`, {
    object: wrong.path,
    fix: "--partial takes what is whole of it",
  });
}

/**
 * Reads files of records, ours and the original's, and writes them as ours. Nothing is written before all of them have been
 * read to their ends.
 * @throws CorralError RECORDS_UNREADABLE, RECORDS_FOREIGN, RECORDS_UNWRITABLE
 */
export async function importRecords(options: ImportOptions): Promise<ImportDocument> {
  const tally = new RunTally();
  const files = await readAll(options.paths, (record) => tally.add(record));
  if (!options.partial) refuseProblems(files);
  await writeAll(options);
  const summary = tally.summarize(runOf(options), importEnd, { droppedRecords: 0, file: null });
  return { schema: "corral.policy-import/1", files, summary };
}

const importEnd = { reason: "imported", endedWallMs: null, lostEvents: null } as const;

const runOf = ({ corralVersion }: ImportOptions): RunFacts => ({
  ...{ runId: "imported", bootId: null, host: null, corralVersion, startedWallMs: 0 },
});

async function writeAll(options: ImportOptions): Promise<void> {
  if (options.csvPath === null && options.jsonlPath === null) return;
  const failures: CorralError[] = [];
  const onError = (error: CorralError): void => void failures.push(error);
  const records = openRecordFiles({ ...options, run: runOf(options), rotateBytes: null, onError });
  await readAll(options.paths, async (record) => {
    records.add(record);
    if (records.queuedBytes > mostQueuedBytes) await records.drained();
    throwFirst(failures);
  });
  await records.close(importEnd);
  throwFirst(failures);
}

function throwFirst([failure]: readonly CorralError[]): void {
  if (failure !== undefined) throw failure;
}

const mostQueuedBytes = 2 ** 20;
