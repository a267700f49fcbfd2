import type { Latencies, LatencyTable } from "../latencies/index.ts";
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
  readonly latencies: Latencies;
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

const two = (value: number): string => value.toFixed(2);
const whole = (value: number): string => value.toFixed(0);
const asIs = (value: string | number): string => String(value);

/** The columns of a table of results, in their order, and how each is written. */
const columns: { readonly [K in keyof ResultRow]: (value: ResultRow[K]) => string } = {
  operation: asIs,
  size_bucket: asIs,
  bucket_idx: asIs,
  mean_us: two,
  p50_us: two,
  p90_us: two,
  p95_us: two,
  p99_us: two,
  max_us: two,
  avg_bytes: whole,
  ops_per_sec: two,
  throughput_mibps: two,
  count: asIs,
};

/** Names of the columns of a table of results, in their order. */
export const resultColumns = Object.keys(columns) as readonly (keyof ResultRow)[];

/** A table of results as tab-separated values, with a heading. */
export function resultTsv(rows: readonly ResultRow[]): string {
  const cell = <K extends keyof ResultRow>(row: ResultRow, name: K): string => columns[name](row[name]);
  const lines = rows.map((row) => resultColumns.map((name) => cell(row, name)));
  return [resultColumns, ...lines].map((cells) => `${cells.join("\t")}\n`).join("");
}
