import { spellings } from "./cell-kinds.ts";
import type { AttemptRecord } from "./columns.ts";
import { columns, laterColumns, originalCount } from "./columns.ts";

/** A cell of RFC 4180: quoted only where it must be, so that plain records look as the original's. */
export const csvCell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const headerOf = (names: readonly string[]): string => names.join(",");

/** The first lines that a file of records can have, without their newline. */
export const headers = {
  /** Ours. */
  superset: headerOf(columns.map(({ name }) => name)),
  /** The original's: 33 columns. */
  original: headerOf(columns.slice(0, originalCount).map(({ name }) => name)),
  /** Its oldest: 30 columns. */
  oldest: headerOf(
    columns
      .slice(0, originalCount)
      .map(({ name }) => name)
      .filter((name) => !laterColumns.has(name)),
  ),
} as const;

/** A record as one line of CSV; a name with a newline makes it two, in quotes. */
export const toCsvLine = (record: AttemptRecord): string =>
  `${columns.map(({ name, kind }) => csvCell(spellings[kind].write(record[name]))).join(",")}\n`;
