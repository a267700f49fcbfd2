import { CorralError, errnoOf, quote } from "../../report/index.ts";
import type { AttemptRecord, RecordFileFacts } from "../records/index.ts";
import type { Dialect } from "./dialect.ts";
import { dialectOf, originalColumns } from "./dialect.ts";
import { endProblem, readSidecar, sizeOf } from "./file-end.ts";
import { fromCells } from "./read-cells.ts";
import { readCsv } from "./read-csv.ts";
import { readJsonLine } from "./read-json.ts";
import { readLines } from "./read-lines.ts";
import { readOriginal } from "./read-original.ts";

/** What a file turned out to be. */
export interface ImportedFile {
  readonly path: string;
  readonly format: Dialect;
  readonly records: number;
  /** Records of the original with a comma or a newline in a name. */
  readonly recovered: number;
  /** What is wrong from some line on; null when the file is whole. */
  readonly problem: string | null;
}

type OnRecord = (record: AttemptRecord) => void | Promise<void>;

interface Progress {
  records: number;
  recovered: number;
}

async function firstLineOf(path: string): Promise<string> {
  for await (const { text } of readLines(path)) return text;
  throw new RangeError("line 1: is empty");
}

async function* below<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  let isFirst = true;
  for await (const item of items) {
    if (!isFirst) yield item;
    isFirst = false;
  }
}

/** Says on which line a complaint is. */
function atLine<T>(line: number, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw thrown instanceof RangeError ? new RangeError(`line ${line}: ${thrown.message}`) : thrown;
  }
}

async function readSuperset(path: string, onRecord: OnRecord, progress: Progress): Promise<void> {
  for await (const { line, cells } of below(readCsv(path))) {
    await onRecord(atLine(line, () => fromCells(cells)));
    progress.records += 1;
  }
  failOn(endProblem(readSidecar(path), { records: progress.records, bytes: sizeOf(path) }));
}

function failOn(problem: string | null): void {
  if (problem !== null) throw new RangeError(problem);
}

async function readJsonl(path: string, onRecord: OnRecord, progress: Progress): Promise<void> {
  let bytes = 0;
  let end: RecordFileFacts | null = null;
  for await (const { number, text, ended } of readLines(path)) {
    if (!ended) throw new RangeError(`line ${number}: is cut off`);
    if (end !== null) throw new RangeError(`line ${number}: stands behind the end of the run`);
    const one = atLine(number, () => readJsonLine(Buffer.from(text, "latin1").toString("utf8")));
    if (one.kind === "end") {
      end = one.summary.file;
      continue;
    }
    await onRecord(one.record);
    progress.records += 1;
    bytes += text.length + 1;
  }
  failOn(endProblem(end, { records: progress.records, bytes }));
}

async function readClassic(
  path: string,
  dialect: "original" | "oldest",
  onRecord: OnRecord,
  progress: Progress,
): Promise<void> {
  for await (const { record, recovered } of readOriginal(below(readLines(path)), originalColumns(dialect))) {
    await onRecord(record);
    progress.records += 1;
    if (recovered) progress.recovered += 1;
  }
}

async function readAs(dialect: Dialect, path: string, onRecord: OnRecord, progress: Progress): Promise<void> {
  if (dialect === "csv") await readSuperset(path, onRecord, progress);
  else if (dialect === "jsonl") await readJsonl(path, onRecord, progress);
  else await readClassic(path, dialect, onRecord, progress);
}

async function dialectOfFile(path: string): Promise<Dialect> {
  const dialect = dialectOf(await firstLineOf(path));
  if (dialect === null) throw new RangeError("line 1: is neither a header of records nor a record in JSON");
  return dialect;
}

const unreadable = (path: string, problem: string, cause: unknown): CorralError =>
  new CorralError("RECORDS_UNREADABLE", `${quote(path, 300)} ${problem}`, { object: path, cause });

/** A complaint about the file becomes one line that names it; null for what is no complaint. */
function problemOf(thrown: unknown): string | null {
  if (thrown instanceof RangeError) return thrown.message;
  const errno = errnoOf(thrown);
  return errno === null ? null : `cannot be read: ${errno}`;
}

/**
 * Reads a file of records, ours or the original's.
 * @param onRecord called in the order of the file, and awaited
 * @returns with `problem` set when the file is wrong from some line on; what came before has been handed over
 * @throws CorralError RECORDS_UNREADABLE when it is no file of records at all
 */
export async function readRecordFile(path: string, onRecord: OnRecord): Promise<ImportedFile> {
  const progress: Progress = { records: 0, recovered: 0 };
  let dialect: Dialect | null = null;
  let problem: string | null = null;
  try {
    dialect = await dialectOfFile(path);
    await readAs(dialect, path, onRecord, progress);
  } catch (thrown) {
    problem = problemOf(thrown);
    if (problem === null) throw thrown;
    if (dialect === null) throw unreadable(path, problem, thrown);
  }
  return { path, format: dialect, ...progress, problem };
}
