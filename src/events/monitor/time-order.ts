import { FirstInFirstOut } from "../first-in-first-out.ts";

interface Timed {
  readonly timestampNs: bigint;
}

/**
 * Puts events of several rings in the order of their times: each is held until everything that may be earlier has arrived.
 * Events of the same time keep the order of their arrival, and those that come too late come as they do.
 */
export class TimeOrder<T extends Timed> {
  readonly #lateNs: bigint;
  readonly #take: (event: T) => void;
  /** In order; nearly all events arrive at its end. */
  readonly #waiting = new FirstInFirstOut<T>();

  /** @param lateNs how much later than others an event may arrive */
  constructor(lateNs: bigint, take: (event: T) => void) {
    this.#lateNs = lateNs;
    this.#take = take;
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  push(event: T): void {
    this.#waiting.insert(event, (earlier) => earlier.timestampNs <= event.timestampNs);
  }

  /** Hands over what is in order by now. */
  advance(nowNs: bigint): void {
    this.#handOver(nowNs - this.#lateNs);
  }

  /** Hands over the rest. */
  finish(): void {
    this.#handOver(null);
  }

  #handOver(untilNs: bigint | null): void {
    for (let first = this.#waiting.peek(); first !== undefined; first = this.#waiting.peek()) {
      if (untilNs !== null && first.timestampNs > untilNs) return;
      this.#waiting.shift();
      this.#take(first);
    }
  }
}
