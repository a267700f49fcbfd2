import { quote } from "../../report/index.ts";
import type { AttemptRecord, Column } from "../records/index.ts";
import { attemptSchema, columns, spellings } from "../records/index.ts";
import { judgeOriginal } from "./original-outcome.ts";

type Cells = Record<string, unknown>;

/** @throws RangeError naming the column */
function readColumns(cells: readonly string[], table: readonly Column[]): Cells {
  return Object.fromEntries(
    table.map(({ name, kind }, index) => {
      const cell = cells[index] ?? "";
      try {
        return [name, spellings[kind].read(cell)];
      } catch (thrown) {
        if (!(thrown instanceof RangeError)) throw thrown;
        throw new RangeError(`column ${name} is to be ${thrown.message}, not ${quote(cell)}`);
      }
    }),
  );
}

/** Statistics that nobody stated are no zeros. */
function withoutStatistics(record: Cells): AttemptRecord {
  const unknown = columns.filter(({ kind }) => kind === "statistic").map(({ name }) => [name, null]);
  return { ...record, ...Object.fromEntries(unknown) } as AttemptRecord;
}

/** A record from the cells of a file of ours. @throws RangeError */
export function fromCells(cells: readonly string[]): AttemptRecord {
  if (cells.length < columns.length)
    throw new RangeError(`has ${cells.length} cells, and a record has ${columns.length}`);
  const record = readColumns(cells, columns);
  if (record["schema"] !== attemptSchema) throw new RangeError(`is not ${attemptSchema}`);
  return record["stats_reported"] === true ? (record as unknown as AttemptRecord) : withoutStatistics(record);
}

/** Our columns where a file of the original says nothing. */
const nothingSaid: Cells = Object.fromEntries(
  columns.map(({ name, kind }) => [name, kind === "flag" ? false : kind === "text" ? "" : kind === "count" ? 0 : null]),
);

/**
 * A record from the cells of a file of the original.
 * @param id number of the row, which becomes its attempt id
 * @throws RangeError
 */
export function fromOriginal(cells: readonly string[], table: readonly Column[], id: number): AttemptRecord {
  const row = readColumns(cells, table) as unknown as AttemptRecord;
  const ns = (text: string | null | undefined): bigint => BigInt(text ?? 0);
  const judgement = judgeOriginal({
    execNs: ns(row.exec_event_ns),
    deadlineNs: ns(row.deadline_ns),
    exitNs: ns(row.exit_event_ns),
    enrolled: row.enrolled,
    sent: row.compress_sent,
    ack: row.compress_ack,
    exited: row.exited,
    missed: row.missed_due_to_no_enroll,
  });
  const late = Number(ns(row.compress_request_ns) - ns(row.deadline_ns));
  const record = {
    ...nothingSaid,
    ...row,
    ...{ schema: attemptSchema, run_id: "imported", attempt_id: String(id), try: 1, rule: "classic", action: "signal" },
    ...judgement,
    lateness_us: row.compress_request_ns === null || row.deadline_ns === null ? null : Math.round(late / 1000),
    stats_reported: row.compress_ack,
  };
  return row.compress_ack ? record : withoutStatistics(record);
}
