import { decodeBytes } from "../../kernel/index.ts";
import type { AttemptRecord, Column } from "../records/index.ts";
import { escapeText } from "../records/index.ts";
import type { OriginalRow } from "./original-row.ts";
import { splitOriginalRow } from "./original-row.ts";
import { fromOriginal } from "./read-cells.ts";
import type { Line } from "./read-lines.ts";

/** A record of the original and whether a name had to be pieced together. */
export interface OriginalRecord {
  readonly record: AttemptRecord;
  readonly recovered: boolean;
}

/** A name may hold newlines, as many as it has bytes: 15 of comm and 31 of the workload's. */
const mostLines = 47;

/** The names of the original are bytes. */
const toText = (cell: string): string => escapeText(decodeBytes(Buffer.from(cell, "latin1")));

/**
 * The records of a file of the original, which does not quote: a name with a comma or a newline is put together again.
 * @param lines what follows the header
 * @throws RangeError that names the line
 */
export async function* readOriginal(
  lines: AsyncIterable<Line>,
  table: readonly Column[],
): AsyncGenerator<OriginalRecord> {
  let pending: Line[] = [];
  let id = 0;
  for await (const line of lines) {
    pending.push(line);
    const row = splitOriginalRow(pending.map(({ text }) => text).join("\n"), table.length);
    if (row !== null && line.ended) {
      id += 1;
      yield toRecord(row, table, id, pending);
      pending = [];
    } else if (pending.length === mostLines || splitsAlone(line, pending, table.length)) break;
  }
  const [first] = pending;
  if (first === undefined) return;
  const cells = first.text.split(",").length;
  throw new RangeError(
    pending.at(-1)?.ended === false
      ? `line ${first.number}: is cut off`
      : `line ${first.number}: is no record; it has ${cells} cells, and a record has ${table.length}`,
  );
}

/** A whole record after the beginning of another: that one was never finished. */
const splitsAlone = (line: Line, pending: readonly Line[], count: number): boolean =>
  pending.length > 1 && splitOriginalRow(line.text, count) !== null;

function toRecord(row: OriginalRow, table: readonly Column[], id: number, lines: readonly Line[]): OriginalRecord {
  const cells = row.cells.map((cell, index) => (table[index]?.kind === "text" ? toText(cell) : cell));
  try {
    return { record: fromOriginal(cells, table, id), recovered: row.recovered || lines.length > 1 };
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new RangeError(`line ${lines[0]?.number}: ${thrown.message}`);
  }
}
