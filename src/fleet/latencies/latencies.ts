import type { LatencyBuckets } from "../model/index.ts";
import { highestOf, indexOf, midOf, widthOf } from "./layout.ts";

/** Buckets are kept in blocks, since those of one workload lie close together; all of a block are of the same width. */
const blockBits = 7;
const blockLength = 2 ** blockBits;
const withinBlock = blockLength - 1;
/** The most that one entry of a message counts. */
const mostPerEntry = 2 ** 32 - 1;

interface Block {
  /** Half the memory suffices as long as no count can be larger. */
  counts: Uint32Array | Float64Array;
  sum: number;
}

type NumberedBlock = readonly [number: number, block: Block];

const newBlock = (): Block => ({ counts: new Uint32Array(blockLength), sum: 0 });

/** Makes room for so many more operations, whichever buckets they are of. */
function grow(block: Block, more: number): void {
  block.sum += more;
  if (block.sum > mostPerEntry && block.counts instanceof Uint32Array) block.counts = Float64Array.from(block.counts);
}

/** Adds the entries of one block. */
function addTo(
  into: Uint32Array | Float64Array,
  indexes: Uint16Array,
  counts: Uint32Array,
  from: number,
  to: number,
): void {
  for (let entry = from; entry < to; entry += 1) {
    const at = (indexes[entry] ?? 0) & withinBlock;
    into[at] = (into[at] ?? 0) + (counts[entry] ?? 0);
  }
}

/** How many operations took how long: a histogram of which only the parts that have something exist. */
export class Latencies {
  readonly #blocks = new Map<number, Block>();
  /** The blocks, ascending; null: one has come since. */
  #order: readonly NumberedBlock[] | null = null;
  #count = 0;

  /** Adds one operation. */
  record(us: number): void {
    this.add(indexOf(us), 1);
  }

  /** Adds operations to a bucket. */
  add(index: number, count: number): void {
    const block = this.#block(index >>> blockBits);
    const at = index & withinBlock;
    grow(block, count);
    block.counts[at] = (block.counts[at] ?? 0) + count;
    this.#count += count;
  }

  /** Adds the buckets of a message: each block is looked up once, since they ascend. */
  addAll({ indexes, counts }: LatencyBuckets): void {
    for (let from = 0, to = 0; from < indexes.length; from = to) {
      const number = (indexes[from] ?? 0) >>> blockBits;
      let sum = 0;
      for (; to < indexes.length && (indexes[to] ?? 0) >>> blockBits === number; to += 1) sum += counts[to] ?? 0;
      const block = this.#block(number);
      grow(block, sum);
      addTo(block.counts, indexes, counts, from, to);
      this.#count += sum;
    }
  }

  merge(other: Latencies): void {
    for (const [number, theirs] of other.#blocks) {
      if (theirs.sum === 0) continue;
      const ours = this.#block(number);
      grow(ours, theirs.sum);
      const { counts } = ours;
      for (let at = 0; at < blockLength; at += 1) counts[at] = (counts[at] ?? 0) + (theirs.counts[at] ?? 0);
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
      const [midUs, widthUs] = [midOf(first), widthOf(first)];
      for (let at = 0; at < blockLength; at += 1) sumUs += (midUs + at * widthUs) * (counts[at] ?? 0);
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

  #ascending(): readonly NumberedBlock[] {
    this.#order ??= [...this.#blocks].toSorted(([one], [other]) => one - other);
    return this.#order;
  }
}
