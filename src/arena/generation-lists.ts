import type { ChunkTable } from "./chunk-table.ts";

/** Epochs that have a list of their own; what was last used before them shares the oldest list. */
const generations = 15;

/** Ids at the beginning of the table that are the heads of the lists. */
export const listHeads = generations + 1;

const oldest = 0;
const headOf = (epoch: number): number => 1 + (epoch % generations);

/**
 * The packed chunks in the order in which they were last used, by epoch: a circular list per recent epoch and one for
 * all before. Everything takes constant time, whatever was used when: a chunk is put into the list of its epoch.
 */
export class GenerationLists {
  readonly #table: ChunkTable;
  #epoch = 0;

  constructor(table: ChunkTable) {
    this.#table = table;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Begins the next epoch; the list that it needs is joined to the oldest. */
  advance(): void {
    this.#epoch += 1;
    const { next, previous } = this.#table;
    const head = headOf(this.#epoch);
    const first = next[head] as number;
    if (first === head) return;
    const last = previous[head] as number;
    const tail = previous[oldest] as number;
    next[tail] = first;
    previous[first] = tail;
    next[last] = oldest;
    previous[oldest] = last;
    next[head] = head;
    previous[head] = head;
  }

  /** Adds a chunk that was last used in an epoch up to now. */
  insert(id: number, epoch: number): void {
    const { next, previous } = this.#table;
    const head = this.#epoch - epoch < generations ? headOf(epoch) : oldest;
    const last = previous[head] as number;
    next[last] = id;
    previous[id] = last;
    next[id] = head;
    previous[head] = id;
  }

  remove(id: number): void {
    const { next, previous } = this.#table;
    const after = next[id] as number;
    const before = previous[id] as number;
    next[before] = after;
    previous[after] = before;
  }

  /** A chunk of the least recent epoch that has any, or -1. */
  leastRecent(): number {
    const { next } = this.#table;
    const first = next[oldest] as number;
    if (first !== oldest) return first;
    for (let age = generations - 1; age >= 0; age -= 1) {
      if (age > this.#epoch) continue;
      const head = headOf(this.#epoch - age);
      const id = next[head] as number;
      if (id !== head) return id;
    }
    return -1;
  }

  /** Up to `limit` chunks, those used last first. */
  mostRecent(limit: number): number[] {
    const { previous } = this.#table;
    const ids: number[] = [];
    const collect = (head: number): void => {
      for (let id = previous[head] as number; id !== head && ids.length < limit; id = previous[id] as number)
        ids.push(id);
    };
    for (let age = 0; age < generations && age <= this.#epoch; age += 1) collect(headOf(this.#epoch - age));
    collect(oldest);
    return ids;
  }
}
