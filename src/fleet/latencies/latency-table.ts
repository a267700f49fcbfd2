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
    for (const { operation, sizeBucket, bytes, indexes, counts } of cells) {
      const cell = this.#at(operation, sizeBucket);
      cell.latencies.addAll(indexes, counts);
      cell.bytes += bytes;
    }
  }

  merge(other: LatencyTable): void {
    for (const { operation, sizeBucket, latencies, bytes } of other.cells()) {
      const cell = this.#at(operation, sizeBucket);
      cell.latencies.merge(latencies);
      cell.bytes += bytes;
    }
  }

  /** Those that have something, by operation and size. */
  cells(): readonly TableCell[] {
    return this.#cells.filter((cell) => cell !== undefined);
  }

  /** All sizes of some operations as one; of all operations when none is named. */
  sum(wanted: readonly Operation[] = operations): { readonly latencies: Latencies; readonly bytes: bigint } {
    const latencies = new Latencies();
    let bytes = 0n;
    for (const cell of this.cells().filter(({ operation }) => wanted.includes(operation))) {
      latencies.merge(cell.latencies);
      bytes += cell.bytes;
    }
    return { latencies, bytes };
  }

  /** As messages carry it. */
  toCells(): readonly LatencyCell[] {
    return this.cells().map(({ operation, sizeBucket, bytes, latencies }) => {
      const buckets = [...latencies.buckets()];
      const [indexes, counts] = [buckets.map(([index]) => index), buckets.map(([, count]) => count)];
      return { operation, sizeBucket, bytes, indexes, counts };
    });
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
