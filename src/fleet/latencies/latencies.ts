import { highestOf, indexOf, midOf } from "./layout.ts";

/** Buckets are kept in blocks, since those of one workload lie close together. */
const blockBits = 6;
const blockLength = 2 ** blockBits;

/** How many operations took how long: a histogram of which only the parts that have something exist. */
export class Latencies {
  readonly #blocks = new Map<number, Float64Array>();
  #count = 0;

  /** Adds one operation. */
  record(us: number): void {
    this.add(indexOf(us), 1);
  }

  /** Adds operations to a bucket. */
  add(index: number, count: number): void {
    let block = this.#blocks.get(index >>> blockBits);
    if (block === undefined) {
      block = new Float64Array(blockLength);
      this.#blocks.set(index >>> blockBits, block);
    }
    const at = index & (blockLength - 1);
    block[at] = (block[at] ?? 0) + count;
    this.#count += count;
  }

  addAll(indexes: readonly number[], counts: readonly number[]): void {
    for (let at = 0; at < indexes.length; at += 1) this.add(indexes[at] ?? 0, counts[at] ?? 0);
  }

  merge(other: Latencies): void {
    for (const [number, theirs] of other.#blocks) {
      const ours = this.#blocks.get(number);
      if (ours === undefined) this.#blocks.set(number, theirs.slice());
      else for (let at = 0; at < blockLength; at += 1) ours[at] = (ours[at] ?? 0) + (theirs[at] ?? 0);
    }
    this.#count += other.#count;
  }

  get count(): number {
    return this.#count;
  }

  /** Buckets that have something, ascending, each with its count. */
  *buckets(): Generator<readonly [index: number, count: number]> {
    for (const number of [...this.#blocks.keys()].toSorted((one, other) => one - other)) {
      const block = this.#blocks.get(number) ?? new Float64Array();
      for (let at = 0; at < block.length; at += 1) {
        const count = block[at] ?? 0;
        if (count > 0) yield [(number << blockBits) + at, count];
      }
    }
  }

  /** The latency that so many percent of the operations do not exceed, as far as buckets tell it; null without any. */
  percentileUs(percent: number): number | null {
    const wanted = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    for (const [index, count] of this.buckets()) {
      seen += count;
      if (seen >= wanted) return highestOf(index);
    }
    return null;
  }

  /** Null without any. */
  get maxUs(): number | null {
    return this.percentileUs(100);
  }

  /** Null without any. */
  get meanUs(): number | null {
    if (this.#count === 0) return null;
    let sum = 0;
    for (const [index, count] of this.buckets()) sum += midOf(index) * count;
    return sum / this.#count;
  }
}
