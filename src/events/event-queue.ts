import { FirstInFirstOut } from "./first-in-first-out.ts";

type Waiter<T> = {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (reason: unknown) => void;
};

type Waker = { readonly resolve: (isThere: boolean) => void; readonly reject: (reason: unknown) => void };

/** `finished`: what waits is still handed over. */
type End = { readonly reason: unknown } | "closed" | "finished";

/**
 * A bounded queue between a source that must not wait and one reader that may. What does not fit is refused and
 * counted: old events are worth more than new ones, because the reader's picture stays consistent.
 */
export class EventQueue<T> {
  readonly #limit: number;
  #items = new FirstInFirstOut<T>();
  #waiters: Waiter<T>[] = [];
  readonly #wakers: Waker[] = [];
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
    return this.#items.size;
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
    if (this.#wakers.length > 0 && this.size > 0) for (const { resolve } of this.#wakers.splice(0)) resolve(true);
    return true;
  }

  /**
   * Ends the iteration: at once, dropping what waits, with `reason` thrown once when the end is a failure; or, when it is
   * finished, behind what waits. The first end counts, but what is closed later drops the rest.
   */
  end(end: End): void {
    if (end !== "finished" && (this.#end === null || this.#end === "finished")) this.#items = new FirstInFirstOut();
    if (this.#end !== null) return;
    this.#end = end;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) this.#finish(waiter);
    for (const waker of this.#wakers.splice(0)) this.#finishWaiting(waker);
  }

  #finish({ resolve, reject }: Waiter<T>): void {
    const end = this.#end;
    this.#end = "closed";
    if (end === null || typeof end === "string") resolve({ done: true, value: undefined });
    else reject(end.reason);
  }

  #finishWaiting({ resolve, reject }: Waker): void {
    this.#finish({ resolve: () => resolve(false), reject });
  }

  /** The next item, as soon as there is one. */
  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.size > 0) resolve({ done: false, value: this.#items.shift() as T });
      else if (this.#end !== null) this.#finish({ resolve, reject });
      else this.#waiters.push({ resolve, reject });
    });
  }

  /** Up to `most` items that wait, oldest first; none when none does. Never waits. */
  take(most: number): T[] {
    const items: T[] = [];
    while (items.length < most && this.size > 0) items.push(this.#items.shift() as T);
    return items;
  }

  /** Resolves when `take` has something to give: true; false at the end. What is taken meanwhile by another call is not kept back. */
  ready(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.size > 0) resolve(true);
      else if (this.#end !== null) this.#finishWaiting({ resolve, reject });
      else this.#wakers.push({ resolve, reject });
    });
  }
}
