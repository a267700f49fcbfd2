import type { LatencyBuckets } from "../model/index.ts";
import { highestOf, indexOf, midOf } from "./layout.ts";

/** Buckets are kept in blocks, since those of one workload lie close together. */
const blockBits = 6;
const blockLength = 2 ** blockBits;
const withinBlock = blockLength - 1;
/** The most that one entry of a message counts. */
const mostPerEntry = 2 ** 32 - 1;

interface Block {
  readonly counts: Float64Array;
  sum: number;
}

const newBlock = (): Block => ({ counts: new Float64Array(blockLength), sum: 0 });

/** How many operations took how long: a histogram of which only the parts that have something exist. */
export class Latencies {
  readonly #blocks = new Map<number, Block>();
  /** Numbers of the blocks, ascending; null: one has come since. */
  #order: readonly number[] | null = null;
  #count = 0;

  /** Adds one operation. */
  record(us: number): void {
    this.add(indexOf(us), 1);
  }

  /** Adds operations to a bucket. */
  add(index: number, count: number): void {
    const block = this.#block(index >>> blockBits);
    const at = index & withinBlock;
    block.counts[at] = (block.counts[at] ?? 0) + count;
    block.sum += count;
    this.#count += count;
  }

  /** Adds the buckets of a message: each block is looked up once, since they ascend. */
  addAll({ indexes, counts }: LatencyBuckets): void {
    let number = -1;
    let block: Block | null = null;
    let sum = 0;
    for (let entry = 0; entry < indexes.length; entry += 1) {
      const index = indexes[entry] ?? 0;
      if (block === null || index >>> blockBits !== number) {
        if (block !== null) block.sum += sum;
        this.#count += sum;
        sum = 0;
        number = index >>> blockBits;
        block = this.#block(number);
      }
      const count = counts[entry] ?? 0;
      const at = index & withinBlock;
      block.counts[at] = (block.counts[at] ?? 0) + count;
      sum += count;
    }
    if (block !== null) block.sum += sum;
    this.#count += sum;
  }

  merge(other: Latencies): void {
    for (const [number, theirs] of other.#blocks) {
      if (theirs.sum === 0) continue;
      const ours = this.#block(number);
      for (let at = 0; at < blockLength; at += 1) ours.counts[at] = (ours.counts[at] ?? 0) + (theirs.counts[at] ?? 0);
      ours.sum += theirs.sum;
    }
    this.#count += other.#count;
  }

  /** Forgets everything, and keeps the memory for what comes next. */
  clear(): void {
    for (const block of this.#blocks.values()) {
      if (block.sum === 0) continue;
      block.counts.fill(0);
      block.sum = 0;
    }
    this.#count = 0;
  }

  get count(): number {
    return this.#count;
  }

  /** Buckets that have something, ascending, each with its count. */
  *buckets(): Generator<readonly [index: number, count: number]> {
    for (const [number, { counts, sum }] of this.#ascending()) {
      if (sum === 0) continue;
      for (let at = 0; at < blockLength; at += 1) {
        const count = counts[at] ?? 0;
        if (count > 0) yield [(number << blockBits) + at, count];
      }
    }
  }

  /** As messages carry it. */
  toBuckets(): LatencyBuckets {
    const [indexes, counts]: [number[], number[]] = [[], []];
    for (const [index, count] of this.buckets())
      for (let left = count; left > 0; left -= mostPerEntry) {
        indexes.push(index);
        counts.push(Math.min(left, mostPerEntry));
      }
    return { indexes: Uint16Array.from(indexes), counts: Uint32Array.from(counts) };
  }

  /** The latency that so many percent of the operations do not exceed, as far as buckets tell it; null without any. */
  percentileUs(percent: number): number | null {
    const wanted = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    for (const [number, { counts, sum }] of this.#ascending()) {
      if (seen + sum < wanted) {
        seen += sum;
        continue;
      }
      for (let at = 0; at < blockLength; at += 1) {
        seen += counts[at] ?? 0;
        if (seen >= wanted) return highestOf((number << blockBits) + at);
      }
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
    let sumUs = 0;
    for (const [number, { counts, sum }] of this.#ascending()) {
      if (sum === 0) continue;
      const first = number << blockBits;
      for (let at = 0; at < blockLength; at += 1) {
        const count = counts[at] ?? 0;
        if (count > 0) sumUs += midOf(first + at) * count;
      }
    }
    return sumUs / this.#count;
  }

  #block(number: number): Block {
    const known = this.#blocks.get(number);
    if (known !== undefined) return known;
    const block = newBlock();
    this.#blocks.set(number, block);
    this.#order = null;
    return block;
  }

  *#ascending(): Generator<readonly [number: number, block: Block]> {
    this.#order ??= [...this.#blocks.keys()].toSorted((one, other) => one - other);
    for (const number of this.#order) {
      const block = this.#blocks.get(number);
      if (block !== undefined) yield [number, block];
    }
  }
}
