import type { LatencyFigures, LatencyTable } from "../latencies/index.ts";
import type { Operation } from "../model/index.ts";
import { operations, sizeBuckets } from "../model/index.ts";

/** Operations of one kind and size: how quick they were, and how many. Latencies in microseconds. */
export interface ResultRow {
  readonly operation: Uppercase<Operation>;
  /** Label of the bucket of sizes; ALL: all of them together. */
  readonly size_bucket: string;
  readonly bucket_idx: number;
  readonly mean_us: number;
  readonly p50_us: number;
  readonly p90_us: number;
  readonly p95_us: number;
  readonly p99_us: number;
  readonly max_us: number;
  readonly avg_bytes: number;
  readonly ops_per_sec: number;
  readonly throughput_mibps: number;
  readonly count: number;
}

/** Numbers of the rows that are about all sizes. */
const indexOfAll: Readonly<Record<Operation, number>> = { meta: 97, get: 98, put: 99 };

const mib = 2 ** 20;

interface Group {
  readonly latencies: LatencyFigures;
  readonly bytes: bigint;
}

/** Figures of one group of operations, which has at least one, over a time that is not empty. */
function figuresOf({ latencies, bytes }: Group, wallMs: number) {
  const seconds = Math.max(wallMs, 1) / 1000;
  const at = (percent: number): number => latencies.percentileUs(percent) ?? 0;
  return {
    mean_us: latencies.meanUs ?? 0,
    p50_us: at(50),
    p90_us: at(90),
    p95_us: at(95),
    p99_us: at(99),
    max_us: latencies.maxUs ?? 0,
    avg_bytes: Number(bytes) / latencies.count,
    ops_per_sec: latencies.count / seconds,
    throughput_mibps: Number(bytes) / mib / seconds,
    count: latencies.count,
  };
}

const nameOf = (operation: Operation) => operation.toUpperCase() as Uppercase<Operation>;

/**
 * One row per kind and size that has operations, and one per kind for all sizes; by number of the bucket.
 * @param wallMs how long the work took; of several agents the longest
 */
export function resultRows(table: LatencyTable, wallMs: number): readonly ResultRow[] {
  const bySize = table.cells().map(
    (cell): ResultRow => ({
      operation: nameOf(cell.operation),
      size_bucket: sizeBuckets[cell.sizeBucket]?.label ?? "",
      bucket_idx: cell.sizeBucket,
      ...figuresOf(cell, wallMs),
    }),
  );
  const all = operations
    .map((operation) => ({ operation, group: table.sum([operation]) }))
    .filter(({ group }) => group.latencies.count > 0)
    .map(
      ({ operation, group }): ResultRow => ({
        operation: nameOf(operation),
        size_bucket: "ALL",
        bucket_idx: indexOfAll[operation],
        ...figuresOf(group, wallMs),
      }),
    );
  return [...bySize, ...all].toSorted((one, other) => one.bucket_idx - other.bucket_idx);
}

/** The columns of a table of results, in their order, each with the decimals of its numbers; null: it is written as it is. */
const decimals = {
  operation: null,
  size_bucket: null,
  bucket_idx: null,
  mean_us: 2,
  p50_us: 2,
  p90_us: 2,
  p95_us: 2,
  p99_us: 2,
  max_us: 2,
  avg_bytes: 0,
  ops_per_sec: 2,
  throughput_mibps: 2,
  count: null,
} as const satisfies Readonly<Record<keyof ResultRow, number | null>>;

/** Names of the columns of a table of results, in their order. */
export const resultColumns = Object.keys(decimals) as readonly (keyof ResultRow)[];

/** A table of results as tab-separated values, with a heading. */
export function resultTsv(rows: readonly ResultRow[]): string {
  const cell = (row: ResultRow, name: keyof ResultRow): string => {
    const [value, digits] = [row[name], decimals[name]];
    return typeof value === "number" && digits !== null ? value.toFixed(digits) : String(value);
  };
  const lines = rows.map((row) => resultColumns.map((name) => cell(row, name)));
  return [resultColumns, ...lines].map((cells) => `${cells.join("\t")}\n`).join("");
}
