/** What a cell holds; null: nothing was measured. */
export type Cell = string | number | null;

/** A drawing of columns of its sheet: lines over the first row's headings. */
export interface SheetChart {
  readonly title: string;
  /** Heading of the column that runs along the bottom. */
  readonly along: string;
  /** Headings of the columns that are drawn. */
  readonly columns: readonly string[];
}

/** One sheet: a heading in the first row, and what is below it. */
export interface Sheet {
  /** At most 31 characters, as no other of the workbook. */
  readonly name: string;
  readonly heading: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly charts: readonly SheetChart[];
}

/** Letters of a column, by its number from 0: A, Z, AA. */
export function columnLetters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : columnLetters(Math.floor(index / 26) - 1) + last;
}

/** The cells below a heading, as charts name them. Null: no column has it, or nothing is below it. */
export function rangeOf({ name, heading, rows }: Sheet, column: string): string | null {
  const at = heading.indexOf(column);
  if (at === -1 || rows.length === 0) return null;
  const letters = columnLetters(at);
  return `'${name}'!$${letters}$2:$${letters}$${rows.length + 1}`;
}
