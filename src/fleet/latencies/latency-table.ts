import type { LatencyCell, Operation } from "../model/index.ts";
import { operations, sizeBucketOf, sizeBuckets } from "../model/index.ts";
import { Latencies } from "./latencies.ts";

/** Latencies of one kind of operations and one bucket of sizes. */
export interface TableCell {
  readonly operation: Operation;
  readonly sizeBucket: number;
  readonly latencies: Latencies;
  /** What they moved together. */
  bytes: bigint;
}

/** What is read of latencies; who gets them so may not change them. */
export type LatencyFigures = Pick<Latencies, "count" | "meanUs" | "maxUs" | "percentileUs" | "buckets">;

const columns = sizeBuckets.length;

/** Latencies by kinds of operations and by sizes. Adding is the only way in which tables become one. */
export class LatencyTable {
  readonly #cells: (TableCell | undefined)[] = [];

  static of(cells: readonly LatencyCell[]): LatencyTable {
    const table = new LatencyTable();
    table.add(cells);
    return table;
  }

  record(operation: Operation, bytes: number, us: number): void {
    const cell = this.#at(operation, sizeBucketOf(bytes));
    cell.latencies.record(us);
    cell.bytes += BigInt(bytes);
  }

  add(cells: readonly LatencyCell[]): void {
    for (const one of cells) {
      const cell = this.#at(one.operation, one.sizeBucket);
      cell.latencies.addAll(one);
      cell.bytes += one.bytes;
    }
  }

  merge(other: LatencyTable): void {
    for (const { operation, sizeBucket, latencies, bytes } of other.cells()) {
      const cell = this.#at(operation, sizeBucket);
      cell.latencies.merge(latencies);
      cell.bytes += bytes;
    }
  }

  /** Forgets everything, and keeps the memory for what comes next. */
  clear(): void {
    for (const cell of this.#cells) {
      if (cell === undefined) continue;
      cell.latencies.clear();
      cell.bytes = 0n;
    }
  }

  /** Those that have something, by operation and size. */
  cells(): readonly TableCell[] {
    return this.#cells.filter((cell): cell is TableCell => cell !== undefined && cell.latencies.count > 0);
  }

  /** All sizes of some operations as one, as they are now; of all operations when none is named. */
  sum(wanted: readonly Operation[] = operations): { readonly latencies: LatencyFigures; readonly bytes: bigint } {
    const cells = this.cells().filter(({ operation }) => wanted.includes(operation));
    const [first] = cells;
    // Most workloads have one size, and need no sum of it.
    if (first !== undefined && cells.length === 1) return first;
    const latencies = new Latencies();
    for (const cell of cells) latencies.merge(cell.latencies);
    return { latencies, bytes: cells.reduce((sum, { bytes }) => sum + bytes, 0n) };
  }

  /** As messages carry it. */
  toCells(): readonly LatencyCell[] {
    return this.cells().map(({ operation, sizeBucket, bytes, latencies }) => ({
      ...{ operation, sizeBucket, bytes },
      ...latencies.toBuckets(),
    }));
  }

  #at(operation: Operation, sizeBucket: number): TableCell {
    const at = operations.indexOf(operation) * columns + sizeBucket;
    const known = this.#cells[at];
    if (known !== undefined) return known;
    const cell: TableCell = { operation, sizeBucket, latencies: new Latencies(), bytes: 0n };
    this.#cells[at] = cell;
    return cell;
  }
}
