type Waiter<T> = {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (reason: unknown) => void;
};

type End = { readonly reason: unknown } | "closed";

/**
 * A bounded queue between a source that must not wait and one reader that may. What does not fit is refused and
 * counted: old events are worth more than new ones, because the reader's picture stays consistent.
 */
export class EventQueue<T> {
  readonly #limit: number;
  #items: T[] = [];
  #head = 0;
  #waiters: Waiter<T>[] = [];
  #end: End | null = null;
  #accepted = 0;
  #refused = 0;

  /** @param limit most events waiting at a time */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get accepted(): number {
    return this.#accepted;
  }

  get refused(): number {
    return this.#refused;
  }

  /** Events that wait for the reader. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  get isHalfFull(): boolean {
    return this.size * 2 >= this.#limit;
  }

  /** False when the queue is full: the reader will not see this item. After the end nothing is taken and nothing counted. */
  push(item: T): boolean {
    if (this.#end !== null) return true;
    if (this.size >= this.#limit) {
      this.#refused += 1;
      return false;
    }
    this.#accepted += 1;
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#items.push(item);
    else waiter.resolve({ done: false, value: item });
    return true;
  }

  /** Drops what waits and ends the iteration, with `reason` thrown once when the end is a failure. */
  end(end: End): void {
    if (this.#end !== null) return;
    this.#items = [];
    this.#head = 0;
    this.#end = end;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) this.#finish(waiter);
  }

  #finish({ resolve, reject }: Waiter<T>): void {
    const end = this.#end;
    this.#end = "closed";
    if (end === null || end === "closed") resolve({ done: true, value: undefined });
    else reject(end.reason);
  }

  /** The next item, as soon as there is one. */
  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.#end !== null) this.#finish({ resolve, reject });
      else if (this.size === 0) this.#waiters.push({ resolve, reject });
      else resolve({ done: false, value: this.#take() });
    });
  }

  #take(): T {
    const item = this.#items[this.#head] as T;
    this.#head += 1;
    // Taken items are let go in large steps: shifting an array costs its length.
    if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
