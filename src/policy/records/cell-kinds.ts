/** What a column holds, as the record has it. Those that end in OrZero keep the zero of the original files for "not known". */
export interface CellValues {
  readonly text: string;
  readonly textOrNull: string | null;
  readonly flag: boolean;
  readonly count: number;
  readonly countOrNull: number | null;
  readonly signedOrNull: number | null;
  readonly countOrZero: number | null;
  /** Nanoseconds as decimal digits: a number of JavaScript is too small for them. */
  readonly nsOrNull: string | null;
  readonly nsOrZero: string | null;
  /** Milliseconds with three decimals. */
  readonly msOrZero: number | null;
  /** Null as a whole, for all such columns, when nothing was reported; see `stats_reported`. */
  readonly statistic: number | null;
}

export type CellKind = keyof CellValues;

type AnyValue = CellValues[CellKind];

/** How a kind is spelled in a cell. `read` throws a RangeError that says what a cell of this kind looks like. */
interface Spelling {
  readonly write: (value: AnyValue) => string;
  readonly read: (cell: string) => AnyValue;
  /** Whether JSON may hold this value for it. */
  readonly accepts: (value: unknown) => boolean;
}

const isText = (value: unknown): boolean => typeof value === "string";
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value);
const isCount = (value: unknown): boolean => isWhole(value) && (value as number) >= 0;
const isDigits = (value: unknown): boolean => typeof value === "string" && /^\d{1,20}$/.test(value);
const nullOr =
  (accepts: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === null || accepts(value);

function whole(cell: string): number {
  const value = /^-?\d+$/.test(cell) ? Number(cell) : Number.NaN;
  if (Number.isNaN(value)) throw new RangeError("a whole number");
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(value, Number.MAX_SAFE_INTEGER));
}

function unsigned(cell: string): number {
  const value = whole(cell);
  if (value < 0) throw new RangeError("a whole number from 0");
  return value;
}

function digits(cell: string): string {
  if (!/^\d{1,20}$/.test(cell)) throw new RangeError("nanoseconds");
  return BigInt(cell).toString();
}

const orNull =
  <T>(read: (cell: string) => T) =>
  (cell: string): T | null =>
    cell === "" ? null : read(cell);
const written = (value: AnyValue): string => (value === null ? "" : String(value));
const writtenOrZero = (value: AnyValue): string => (value === null ? "0" : String(value));

/** How each kind is spelled in a CSV file. */
export const spellings: Readonly<Record<CellKind, Spelling>> = {
  text: { write: written, read: (cell) => cell, accepts: isText },
  textOrNull: { write: written, read: orNull((cell) => cell), accepts: nullOr(isText) },
  flag: {
    write: (value) => (value === true ? "1" : "0"),
    read: (cell) => {
      if (cell !== "0" && cell !== "1") throw new RangeError("0 or 1");
      return cell === "1";
    },
    accepts: (value) => typeof value === "boolean",
  },
  count: { write: written, read: unsigned, accepts: isCount },
  countOrNull: { write: written, read: orNull(unsigned), accepts: nullOr(isCount) },
  signedOrNull: { write: written, read: orNull(whole), accepts: nullOr(isWhole) },
  countOrZero: { write: writtenOrZero, read: (cell) => unsigned(cell) || null, accepts: nullOr(isCount) },
  nsOrNull: { write: written, read: orNull(digits), accepts: nullOr(isDigits) },
  nsOrZero: {
    write: writtenOrZero,
    read: (cell) => (digits(cell) === "0" ? null : digits(cell)),
    accepts: nullOr(isDigits),
  },
  msOrZero: {
    write: (value) => Number(value ?? 0).toFixed(3),
    read: (cell) => {
      if (!/^\d+(\.\d+)?$/.test(cell)) throw new RangeError("milliseconds");
      return Number(cell) || null;
    },
    accepts: nullOr((value) => typeof value === "number" && value >= 0),
  },
  statistic: { write: writtenOrZero, read: unsigned, accepts: nullOr(isCount) },
};
