import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { CsvError, parse } from "csv-parse";

/** One record of RFC 4180 and the line it begins on. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** No record of ours is near this; a quote that is never closed shall not fill the memory. */
const mostRecordBytes = 2 ** 20;

const explain = (thrown: unknown): unknown => {
  if (!(thrown instanceof CsvError)) return thrown;
  const why = thrown.code === "CSV_QUOTE_NOT_CLOSED" ? "a quote is not closed" : "is no CSV of RFC 4180";
  const { lines } = thrown;
  return new RangeError(typeof lines === "number" ? `line ${lines}: ${why}` : why);
};

/**
 * The records of a CSV file, its header included, in constant memory.
 * @throws RangeError that names the line, and errors of the file
 */
export async function* readCsv(path: string): AsyncGenerator<CsvRow> {
  const parser = parse({ bom: true, info: true, relax_column_count: true, max_record_size: mostRecordBytes });
  // The iteration below tells what fails.
  pipeline(createReadStream(path), parser, () => {});
  let line = 1;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      yield { line, cells: record };
      line = info.lines + 1;
    }
  } catch (thrown) {
    throw explain(thrown);
  }
}
