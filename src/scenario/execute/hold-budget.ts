import type { RunBook } from "./book.ts";

/**
 * What is left of the scenario's duration. All time counts, from the start of the scenario on: an overrun shortens later steps. Where
 * time is dilated settling and holds count and nothing else: set-up, ops and teardowns take the longer there, and no hold is the
 * shorter for it.
 */
export class HoldBudget {
  readonly #book: Pick<RunBook, "nowMs">;
  readonly #countsAll: boolean;
  #spentMs = 0;

  constructor(book: Pick<RunBook, "nowMs">, countsAll: boolean) {
    this.#book = book;
    this.#countsAll = countsAll;
  }

  /** Until a moment of the plan, which counts from the start of the scenario. */
  leftMs(deadlineMs: number): number {
    return Math.max(0, deadlineMs - (this.#countsAll ? this.#book.nowMs() : this.#spentMs));
  }

  /** So much settling or holding is done, as it was meant: that it ended a little later is no time of the next. */
  spend(ms: number): void {
    this.#spentMs += ms;
  }

  /** Time until now that did not count. */
  get uncountedMs(): number {
    return this.#countsAll ? 0 : Math.max(0, this.#book.nowMs() - this.#spentMs);
  }
}
